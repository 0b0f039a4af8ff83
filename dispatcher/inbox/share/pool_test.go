package share_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

var errDead = errors.New("the cluster cannot be reached")

// pool is what the stores of several gateways have in common: one memory, and who has what
// in hand.
type pool struct {
	span      time.Duration // of claims
	batonSpan time.Duration

	commits sync.Mutex // one change at a time, its watchers included
	memory  *storetest.Memory

	mu       sync.Mutex
	members  []*member
	commands []string
	place    uint64
	queues   map[string][]*message // by plugin
	batons   map[string]*member
	waiting  int // copies
}

func newPool() *pool {
	return &pool{
		span: time.Minute, batonSpan: 300 * time.Millisecond, memory: storetest.NewMemory(storetest.MemoryOptions{}),
		queues: map[string][]*message{}, batons: map[string]*member{},
	}
}

// message is something that is handed out.
type message struct {
	place uint64
	seqs  []uint64
	offer bool
	doubt bool
	// holder has it in hand until then; nil for nobody.
	holder *handed
	until  time.Time
	done   bool
}

// member is one gateway's store.
type member struct {
	*storetest.Memory
	pool     *pool
	watchers []func(store.Applied)
	dead     chan struct{}
	died     time.Time
	silent   atomic.Bool // the cluster takes nothing back from it
	asked    atomic.Int64
}

var _ store.Shared = (*member)(nil)

// join opens a store for another gateway.
func (p *pool) join() *member {
	m := &member{Memory: p.memory, pool: p, dead: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.members = append(p.members, m)
	return m
}

// kill has the cluster be gone for a gateway.
func (p *pool) kill(m *member) {
	p.commits.Lock()
	defer p.commits.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	m.died = time.Now()
	close(m.dead)
}

func (m *member) isDead() bool {
	select {
	case <-m.dead:
		return true
	default:
		return false
	}
}

func (m *member) Watch(f func(store.Applied)) {
	m.pool.commits.Lock()
	defer m.pool.commits.Unlock()
	m.watchers = append(m.watchers, f)
}

func (m *member) Trouble() (why string, since time.Time) { return "", time.Time{} }

func (m *member) Close() error { return nil }

func (m *member) Commit(ctx context.Context, b *store.Batch) error {
	return m.change(func() (store.Applied, error) {
		if err := m.Memory.Commit(ctx, b); err != nil {
			return store.Applied{}, err
		}
		m.pool.appended(b)
		return store.Applied{Batch: b}, nil
	})
}

func (m *member) Move(ctx context.Context, from, to string) (copies int, err error) {
	err = m.change(func() (store.Applied, error) {
		copies, err = m.Memory.Move(ctx, from, to)
		return store.Applied{Reshaped: []string{from, to}}, err
	})
	return copies, err
}

func (m *member) Subscribe(ctx context.Context, all ...store.Subscription) error {
	return m.change(func() (store.Applied, error) {
		a := store.Applied{}
		for _, s := range all {
			a.Reshaped = append(a.Reshaped, s.Plugin)
		}
		return a, m.Memory.Subscribe(ctx, all...)
	})
}

func (m *member) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	err = m.change(func() (store.Applied, error) {
		dead, err = m.Memory.Unsubscribe(ctx, plugin, pattern)
		return store.Applied{Reshaped: []string{plugin}}, err
	})
	return dead, err
}

func (m *member) change(do func() (store.Applied, error)) error {
	p := m.pool
	p.commits.Lock()
	defer p.commits.Unlock()
	if m.isDead() {
		return errDead
	}
	a, err := do()
	if err != nil {
		return err
	}
	p.mu.Lock()
	members := slices.Clone(p.members)
	p.mu.Unlock()
	for _, other := range members {
		a.Own = other == m
		for _, f := range other.watchers {
			if !other.isDead() {
				f(a)
			}
		}
	}
	return nil
}

// appended has the new copies handed out.
func (p *pool) appended(b *store.Batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.place++
	for _, r := range b.Results {
		if r.Changed && r.State != store.Retry {
			p.waiting--
		}
	}
	for _, r := range b.Requeues {
		if r.Queued {
			p.waiting++
		}
	}
	entries := map[string]*message{}
	for _, a := range b.Appends {
		if a.Duplicate {
			continue
		}
		if !slices.Contains(p.commands, a.Event.Command) {
			p.commands = append(p.commands, a.Event.Command)
		}
		for _, plugin := range a.Plugins {
			if entries[plugin] == nil {
				entries[plugin] = &message{place: p.place}
				p.queues[plugin] = append(p.queues[plugin], entries[plugin])
			}
			p.waiting++
			entries[plugin].seqs = append(entries[plugin].seqs, a.Event.Seq)
		}
	}
}

func (m *member) Copies(ctx context.Context, plugin string, seqs []uint64) (all []store.Copy, err error) {
	if m.isDead() {
		return nil, errDead
	}
	m.pool.mu.Lock()
	commands := slices.Clone(m.pool.commands)
	m.pool.mu.Unlock()
	seqs = slices.Sorted(slices.Values(seqs))
	for after := seqs[0] - 1; after < seqs[len(seqs)-1]; {
		page, err := m.Waiting(ctx, store.WaitingQuery{
			Line: store.Line{Plugin: plugin, Commands: commands}, After: after, Retries: true, Limit: 2 * len(seqs),
		})
		if err != nil || len(page) == 0 {
			return all, err
		}
		for _, c := range page {
			if _, asked := slices.BinarySearch(seqs, c.Event.Seq); asked {
				all = append(all, c)
			}
			after = c.Event.Seq
		}
	}
	return all, nil
}

func (m *member) Claim(ctx context.Context, plugin string, _ int) (store.Claim, error) { //nolint:ireturn // the interface's own
	for ctx.Err() == nil && !m.isDead() {
		if c := m.tryClaim(plugin); c != nil {
			copies, err := m.Copies(ctx, plugin, c.message.seqs)
			if err != nil {
				return nil, errors.Join(err, c.Release(0))
			}
			for _, o := range copies {
				if o.State == store.Ready || c.message.offer {
					c.copies = append(c.copies, o)
				}
			}
			if len(c.copies) > 0 {
				return c, nil
			}
			_ = c.Done()
			continue
		}
		wait(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, errDead
}

// wait waits a moment.
func wait(ctx context.Context) {
	timer := time.NewTimer(2 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (m *member) tryClaim(plugin string) *handed {
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queues[plugin] = slices.DeleteFunc(p.queues[plugin], func(g *message) bool { return g.done })
	for _, g := range p.queues[plugin] {
		if g.holder != nil && time.Now().Before(g.until) {
			continue
		}
		g.doubt = g.doubt || g.holder != nil
		c := &handed{member: m, message: g, doubt: g.doubt}
		g.holder, g.until = c, time.Now().Add(p.span)
		return c
	}
	return nil
}

func (m *member) Offer(_ context.Context, plugin string, seqs []uint64, doubt bool) error {
	if m.isDead() {
		return errDead
	}
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	p.place++
	p.queues[plugin] = append(p.queues[plugin], &message{place: p.place, seqs: slices.Clone(seqs), offer: true, doubt: doubt})
	return nil
}

func (m *member) Places(_ context.Context, plugin string) (done, last uint64, err error) {
	if m.isDead() {
		return 0, 0, errDead
	}
	p := m.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	done = p.place
	for _, g := range p.queues[plugin] {
		if !g.done {
			done = min(done, g.place-1)
		}
	}
	return done, p.place, nil
}

func (m *member) Baton(ctx context.Context, name string, hold func(context.Context)) error {
	for ctx.Err() != nil || !m.take(name) {
		if wait(ctx); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	held, lose := context.WithCancel(ctx)
	defer lose()
	go func() {
		select {
		case <-m.dead:
			lose()
		case <-held.Done():
		}
	}()
	hold(held)
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	if m.pool.batons[name] == m && m.died.IsZero() {
		delete(m.pool.batons, name)
	}
	return nil
}

func (m *member) take(name string) bool {
	m.pool.mu.Lock()
	defer m.pool.mu.Unlock()
	has := m.pool.batons[name]
	if m.isDead() || has != nil && (has.died.IsZero() || time.Since(has.died) < m.pool.batonSpan) {
		return false
	}
	m.pool.batons[name] = m
	return true
}

// handed is a claim.
type handed struct {
	member  *member
	message *message
	copies  []store.Copy
	doubt   bool
}

func (c *handed) Seqs() (seqs []uint64) {
	for _, o := range c.copies {
		seqs = append(seqs, o.Event.Seq)
	}
	return seqs
}

func (c *handed) Copies() []store.Copy { return c.copies }
func (c *handed) Doubt() bool          { return c.doubt }
func (c *handed) Span() time.Duration  { return c.member.pool.span }
func (c *handed) Keep() error {
	return c.do(func(g *message) { g.until = time.Now().Add(c.member.pool.span) })
}
func (c *handed) Done() error { return c.do(func(g *message) { g.done = true }) }
func (c *handed) Release(time.Duration) error {
	if c.member.silent.Load() {
		c.member.asked.Add(1)
		return errDead
	}
	return c.do(func(g *message) { g.holder, g.offer = nil, true })
}

func (c *handed) do(f func(g *message)) error {
	if c.member.isDead() {
		return errDead
	}
	c.member.pool.mu.Lock()
	defer c.member.pool.mu.Unlock()
	if c.message.holder == c {
		f(c.message)
	}
	return nil
}
