package share

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Options are what a [Share] is made from. Store and Serves are needed; a zero field has
// the default in brackets.
type Options struct {
	Store store.Shared
	// Serves says why a plugin cannot be given a command here; empty where it can.
	Serves func(plugin, command string) (why string)
	// Patience is how long a claim is kept of what cannot be served here any more [3 s].
	Patience time.Duration
	// Look is how often the keeper looks for what was forgotten [5 s].
	Look time.Duration
	// Logger is where it reports to; nil for nowhere.
	Logger *slog.Logger
}

// Share has the courier deliver what this gateway was handed. It is safe for concurrent
// use.
type Share struct {
	o       Options
	courier *courier.Courier
	batons  batons
	due     dues

	claiming context.Context //nolint:containedctx // ends with Rest
	rest     context.CancelFunc
	living   context.Context //nolint:containedctx // ends with Close
	end      context.CancelFunc
	running  sync.WaitGroup
	keeping  atomic.Bool
	lost     atomic.Uint64

	mu       sync.Mutex
	started  bool
	ended    bool
	hands    map[string]*hand
	claims   map[*claim]struct{}
	finished []*claim // to be given up
	cached   int64    // bytes of bodies
	outbox   []offer
	tick     time.Duration
	tidy     chan struct{} // takes one: claims are finished, or there is a shorter tick
	post     chan struct{} // takes one: something is in the outbox
}

// New returns a share. [Share.Bind] is next.
func New(o Options) *Share {
	o.Patience, o.Look = cmp.Or(o.Patience, 3*time.Second), cmp.Or(o.Look, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Share{
		o: o, hands: map[string]*hand{}, claims: map[*claim]struct{}{}, tick: time.Second,
		tidy: make(chan struct{}, 1), post: make(chan struct{}, 1),
	}
	s.living, s.end = context.WithCancel(context.Background())
	s.claiming, s.rest = context.WithCancel(s.living)
	s.batons.init()
	s.due.init()
	return s
}

// Bind gives it the courier that reads from it, before anything is asked of either, and has
// the store tell what is applied.
func (s *Share) Bind(c *courier.Courier) {
	s.courier = c
	s.o.Store.Watch(s.applied)
}

// Start begins to claim, for the plugins that something waits for and all that have a
// subscription.
func (s *Share) Start(queues []store.Queue) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.started = true
	for _, h := range s.hands {
		s.begin(h)
	}
	s.mu.Unlock()
	for _, q := range queues {
		if q.Waiting() > 0 {
			s.meet(q.Plugin)
		}
	}
	s.running.Go(s.meetSubscribers)
	s.running.Go(s.keepClaims)
	s.running.Go(s.sendOffers)
	s.running.Go(s.beKeeper)
}

// meetSubscribers claims for whoever has a subscription.
func (s *Share) meetSubscribers() {
	all, err := s.o.Store.Subscriptions(s.claiming)
	if err != nil {
		s.o.Logger.WarnContext(s.claiming, "subscriptions cannot be read: plugins wait until something comes for them", "err", err)
		return
	}
	for _, sub := range all {
		s.meet(sub.Plugin)
	}
}

// meet has copies claimed for the plugin from now on.
func (s *Share) meet(plugin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meetHeld(plugin)
}

// meetHeld is meet where mu is held.
func (s *Share) meetHeld(plugin string) {
	if s.hands[plugin] != nil {
		return
	}
	h := newHand(plugin)
	s.hands[plugin] = h
	if s.started {
		s.begin(h)
	}
}

func (s *Share) begin(h *hand) {
	if !s.ended && s.claiming.Err() == nil {
		s.running.Go(func() { s.serve(h) })
	}
}

// Rest claims nothing any more, and ends to be the keeper. What is in hand is kept.
func (s *Share) Rest() { s.rest() }

// Close gives everything back that has no result. The courier and the committer have ended
// before.
func (s *Share) Close() {
	s.rest()
	s.end()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.running.Wait()
	s.batons.running.Wait()
	s.mu.Lock()
	done := s.finished
	var left []*claim
	for c := range s.claims {
		left = append(left, c)
	}
	s.finished, s.claims = nil, map[*claim]struct{}{}
	s.mu.Unlock()
	for _, c := range done {
		s.giveUp(c)
	}
	s.giveBack(left...)
}

// Keeping reports whether this gateway is the keeper.
func (s *Share) Keeping() bool { return s.keeping.Load() }

// Counts are what is in this gateway's hands, and how many claims it has lost.
type Counts struct {
	Claims, Copies int
	Lost           uint64
}

// Counts returns them.
func (s *Share) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := Counts{Claims: len(s.claims), Lost: s.lost.Load()}
	for _, h := range s.hands {
		n.Copies += len(h.copies)
	}
	return n
}

// signal tells whoever waits on a channel that takes one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pause waits for so long, or until it is woken; false where ctx ends first.
func pause(ctx context.Context, wait time.Duration, wake <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
		return false
	}
	return ctx.Err() == nil
}
