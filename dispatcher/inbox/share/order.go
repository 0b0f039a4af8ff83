package share

import (
	"context"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// elsewhere is why an ordered line is not served where another gateway has the baton.
	elsewhere = "one gateway at a time delivers these in order, which is not this one now"
	// batonPause is the wait after a baton that could not be waited for.
	batonPause = time.Second
	// unsettledPause is how often it is looked whether deliveries in order are over.
	unsettledPause = 10 * time.Millisecond
)

// batons are those of the plugins that something is delivered to in an order.
type batons struct {
	running sync.WaitGroup
	mu      sync.Mutex
	plugins map[string]*orderBaton
}

// orderBaton is what is known of one plugin's.
type orderBaton struct {
	served map[string]struct{} // the ordered commands that are served here
	want   context.CancelFunc  // ends the waiting for it, or the holding; nil where it is not wanted
	held   bool
	// doubt is the latest event when it came: whoever had it before may have had these.
	doubt uint64
}

func (b *batons) init() { b.plugins = map[string]*orderBaton{} }

func (b *batons) doubtful(plugin string, seq uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.plugins[plugin]
	return p != nil && seq <= p.doubt
}

// Serves says why the courier cannot deliver: what the options say, and for what is
// delivered in an order that another gateway holds the baton. It is wanted from the first
// question to the last command that is not served here any more.
func (s *Share) Serves(plugin, command string) (why string) {
	why = s.o.Serves(plugin, command)
	held := s.wantBaton(plugin, command, why == "" && s.courier.Ordered(command))
	if why != "" || held || !s.courier.Ordered(command) {
		return why
	}
	return elsewhere
}

func (s *Share) wantBaton(plugin, command string, served bool) (held bool) {
	b := &s.batons
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.plugins[plugin]
	if p == nil {
		if !served {
			return false
		}
		p = &orderBaton{served: map[string]struct{}{}}
		b.plugins[plugin] = p
	}
	if served {
		p.served[command] = struct{}{}
	} else {
		delete(p.served, command)
	}
	switch {
	case len(p.served) > 0 && p.want == nil && s.living.Err() == nil:
		ctx, cancel := context.WithCancel(s.living)
		p.want = cancel
		b.running.Go(func() { s.waitForBaton(ctx, plugin, p) })
	case len(p.served) == 0 && p.want != nil:
		p.want()
	}
	return p.held
}

// waitForBaton waits for the baton, holds it, and waits for it again where it was lost.
func (s *Share) waitForBaton(ctx context.Context, plugin string, p *orderBaton) {
	defer func() {
		s.batons.mu.Lock()
		p.want()
		p.want = nil
		again := len(p.served) > 0
		s.batons.mu.Unlock()
		if again && s.living.Err() == nil {
			s.courier.Refresh() // it has been wanted again meanwhile
		}
	}()
	var said seldom
	for ctx.Err() == nil {
		var failed error
		err := s.o.Store.Baton(ctx, "order."+plugin, func(held context.Context) { failed = s.holdBaton(held, plugin, p) })
		if err == nil {
			err = failed
		}
		if err != nil && ctx.Err() == nil {
			if said.again() {
				s.o.Logger.WarnContext(ctx, "callbacks cannot be delivered in order", "plugin", plugin, "err", err)
			}
			pause(ctx, batonPause, nil)
		}
	}
}

// holdBaton has the courier deliver the plugin's ordered lines. It begins once this gateway
// knows all that the one before it has written, and returns when its deliveries are
// settled, unless the baton was lost.
func (s *Share) holdBaton(held context.Context, plugin string, p *orderBaton) error {
	if err := s.o.Store.Commit(held, &store.Batch{}); err != nil {
		return err
	}
	stats, err := s.o.Store.Stats(held)
	if err != nil {
		return err
	}
	s.setHeld(p, true, stats.LastSeq)
	<-held.Done()
	s.setHeld(p, false, stats.LastSeq)
	s.batons.mu.Lock()
	given := len(p.served) == 0
	s.batons.mu.Unlock()
	for given && s.courier.Unsettled(plugin, "") > 0 && pause(s.living, unsettledPause, nil) { //nolint:contextcheck // held has ended
		continue
	}
	return nil
}

func (s *Share) setHeld(p *orderBaton, held bool, doubt uint64) {
	s.batons.mu.Lock()
	p.held, p.doubt = held, doubt
	s.batons.mu.Unlock()
	s.courier.Refresh()
}
