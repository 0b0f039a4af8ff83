package inbox_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

// moody is a store that fails at random: before a commit, after it, and when it is read.
type moody struct {
	*storetest.Memory
	random *luck
	unsure bool // a commit that fails may have been made all the same

	mu  sync.Mutex
	bad bool
}

var errMood = errors.New("input/output error")

func (m *moody) mood(bad bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bad = bad
}

func (m *moody) fails() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.bad && m.random.n(3) == 0
}

func (m *moody) Commit(ctx context.Context, b *store.Batch) error {
	m.random.nap(3)
	if !m.fails() {
		return m.Memory.Commit(ctx, b)
	}
	if m.unsure && m.random.n(2) == 0 {
		made := store.Batch{
			Appends: append([]store.Append(nil), b.Appends...), Results: append([]store.Result(nil), b.Results...),
			Requeues: append([]store.Requeue(nil), b.Requeues...),
		}
		_ = m.Memory.Commit(ctx, &made)
	}
	return errMood
}

func (m *moody) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	m.random.nap(5)
	if m.fails() {
		return nil, errMood
	}
	copies, err := m.Memory.Waiting(ctx, q)
	m.random.nap(5) // what it says may be out of date by now
	return copies, err
}

func (m *moody) Due(ctx context.Context, q store.DueQuery) ([]store.Copy, time.Time, error) {
	if m.fails() {
		return nil, time.Time{}, errMood
	}
	copies, next, err := m.Memory.Due(ctx, q)
	m.random.nap(5)
	return copies, next, err
}

// luck is a source of chance for many goroutines.
type luck struct {
	mu sync.Mutex
	r  *rand.Rand
}

func (l *luck) n(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.r.IntN(n)
}

// nap takes up to so many milliseconds of the bubble's time.
func (l *luck) nap(ms int) {
	time.Sleep(time.Duration(l.n(ms*1000)) * time.Microsecond) //nolint:forbidigo // in a bubble: no time passes outside
}

// settings are any that an operator may choose.
func (l *luck) settings() inbox.Settings {
	order := func() inbox.Order { return []inbox.Order{"", inbox.Unordered, inbox.ByUser, inbox.ByGroup}[l.n(4)] }
	return inbox.Settings{
		Memory: []int64{1, 4 << 10, 32 << 10, 1 << 20}[l.n(4)],
		Deliveries: map[string]inbox.Delivery{
			"*": {Order: order(), MaxInFlight: 1 + l.n(20)}, "Sns.*": {Order: order()}, added: {Order: order(), Timeout: time.Minute},
		},
	}
}

// whatever is what a plugin may do with a callback.
func (l *luck) whatever(sdk.Callback) error {
	l.nap(60)
	switch l.n(12) {
	case 0:
		return errFailed
	case 1:
		return &sdk.Fault{Kind: sdk.KindUnavailable, Err: errLost}
	case 2:
		return &sdk.Fault{Kind: sdk.KindUnavailable, Err: errFailed}
	case 3:
		return sdk.Overloaded(time.Duration(l.n(300))*time.Millisecond, errFailed)
	case 4:
		panic("a handler in the gateway")
	case 5:
		return &sdk.Fault{Kind: sdk.KindTimeout, Err: errFailed}
	default:
		return nil
	}
}

var errLost = errors.New("the process ended")

// stress is one life of an inbox with all that may happen to it.
type stress struct {
	*gateway
	random *luck
	store  *moody
	fine   sync.Map // id → how often plugin "fine" has handled it
}

func (s *stress) open(t *testing.T) {
	t.Helper()
	s.gateway = opened(t, s.store, func(o *inbox.Options) {
		o.Settings = s.random.settings()
		o.Lost = func(err error) bool { return errors.Is(err, errLost) }
		o.OrderKey = func(cb sdk.Callback, _ inbox.Order) string { return string(cb.Body[len(cb.Body)-3:]) }
	})
	for _, plugin := range []string{"fine", "flaky", "moved", "to"} {
		s.handled(plugin, s.random.whatever)
	}
	s.handled("fine", func(cb sdk.Callback) error {
		err := s.random.whatever(cb)
		if err == nil {
			n, _ := s.fine.LoadOrStore(cb.ID, new(int))
			*n.(*int)++ //nolint:forcetypeassert // nothing else is put there, and no id is under way twice
		}
		return err
	})
	s.Start()
}

// act does one thing that may happen at any time; what is refused is no matter here.
func (s *stress) act(ctx context.Context) {
	switch s.random.n(12) {
	case 0:
		_, _ = s.Replay(ctx, inbox.ReplayOrder{Purpose: sdk.Replay, Filter: store.Filter{Plugin: "flaky"}}, nil)
	case 1:
		_, _ = s.Move(ctx, "moved", "to")
	case 2:
		_, _ = s.Move(ctx, "to", "moved")
	case 3:
		_, _ = s.Unsubscribe(ctx, "moved", "*")
	case 4:
		_ = s.Subscribe(ctx, store.Subscription{Plugin: "moved", Pattern: "*", Since: time.Now().Add(-time.Second)})
	case 5, 6, 7:
		s.Configure(s.random.settings())
	case 8, 9:
		s.serve(s.random.n(2) == 0, []string{"fine", "flaky", "moved", "to"}[s.random.n(4)])
	case 10:
		s.Refresh()
	default:
		s.store.mood(s.random.n(2) == 0)
	}
}

// send accepts callbacks for a while, and returns those that were accepted.
func (s *stress) send(ctx context.Context) map[string]bool {
	var mu sync.Mutex
	accepted := map[string]bool{} // the client's ledger
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 40 {
				cb := s.callback([]string{added, sent, "Sns.CallbackFriendAdd"}[s.random.n(3)])
				within, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				if s.Accept(within, cb, []string{"fine", "flaky", "moved"}) == nil {
					mu.Lock()
					accepted[cb.ID] = true
					mu.Unlock()
				}
				cancel()
				s.random.nap(50)
			}
		})
	}
	callers.Wait()
	return accepted
}

func TestNothingIsForgottenOrDoubledByAnyTurnOfEvents(t *testing.T) {
	t.Parallel()
	for range 6 {
		seed := rand.Uint64()
		synctest.Test(t, func(t *testing.T) { stressed(t, seed) })
	}
}

func stressed(t *testing.T, seed uint64) {
	t.Helper()
	s := &stress{random: &luck{r: rand.New(rand.NewPCG(seed, seed))}}
	s.store = &moody{Memory: memory(storetest.MemoryOptions{}), random: s.random, unsure: seed%2 == 0}
	s.open(t)
	var operators sync.WaitGroup
	operators.Go(func() {
		for range 40 {
			s.random.nap(80)
			s.act(t.Context())
		}
	})
	accepted := s.send(t.Context())
	operators.Wait()
	s.store.mood(false)
	s.serve(true, "fine", "flaky", "moved", "to")
	synctest.Wait()
	// From here on nobody has anything read again, so that what is overlooked stays so.
	maps.Copy(accepted, s.send(t.Context()))
	time.Sleep(60 * time.Hour) //nolint:forbidigo // in a bubble: the last retries are due by then
	synctest.Wait()
	if n := s.waiting(); n > 0 {
		status, err := s.Status(t.Context())
		t.Errorf("seed %d: %d copies wait for ever: %+v, %v", seed, n, status.Lines, err)
	}
	for id := range accepted {
		if _, handled := s.fine.Load(id); !handled {
			t.Errorf("%s was accepted and never handled", id)
		}
	}
	s.fine.Range(func(id, n any) bool {
		if *n.(*int) > 1 { //nolint:forcetypeassert // nothing else is put there
			t.Errorf("%v was handled %d times", id, *n.(*int)) //nolint:forcetypeassert // the same
		}
		return true
	})
	if !s.store.unsure {
		s.lawHolds()
	}
}
