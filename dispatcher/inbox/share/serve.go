package share

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// askFor is how long one wait for a claim lasts: what is no longer served is not
	// claimed for longer.
	askFor = 2 * time.Second
	// restless and patient bound the wait for an appetite.
	restless = 20 * time.Millisecond
	patient  = 500 * time.Millisecond
	// claimPause is the wait after a claim that failed.
	claimPause = time.Second
	// mostInHand bounds the copies in hand of one plugin, whatever pauses.
	mostInHand = 8192
	// cacheBytes bounds the bodies that are kept from the claim to the delivery.
	cacheBytes = 8 << 20
)

// serve claims for a plugin, as long as there is an appetite.
func (s *Share) serve(h *hand) {
	wait, said := restless, seldom{}
	for s.claiming.Err() == nil {
		s.letGoOfUnserved(h)
		limit := s.appetite(h)
		if limit <= 0 {
			pause(s.claiming, wait, h.wake)
			wait = min(2*wait, patient)
			continue
		}
		wait = restless
		if err := s.claim(h, limit); err != nil {
			if said.again() {
				s.o.Logger.WarnContext(s.claiming, "no callbacks can be claimed", "plugin", h.plugin, "err", err)
			}
			pause(s.claiming, claimPause, nil)
		}
	}
}

// appetite is how many copies more there is use for.
func (s *Share) appetite(h *hand) int {
	s.mu.Lock()
	counts, n := maps.Clone(h.counts), len(h.copies)
	s.mu.Unlock()
	if n >= mostInHand {
		return 0
	}
	limit := s.courier.Appetite(h.plugin, counts)
	if limit > 0 && n == 0 && !s.wanted(h.plugin) {
		return 0
	}
	return limit
}

// wanted reports whether the plugin is served at all here, as far as can be told before
// anything of it is known.
func (s *Share) wanted(plugin string) bool {
	if s.courier.Known(plugin) {
		return true // the courier knows more
	}
	subscriptions, err := s.o.Store.Subscriptions(s.claiming)
	if err != nil {
		return false
	}
	known := false
	for _, sub := range subscriptions {
		if sub.Plugin != plugin {
			continue
		}
		if known = true; s.o.Serves(plugin, sub.Pattern) == "" {
			return true
		}
	}
	return !known
}

// claim waits for a claim, and takes it in.
func (s *Share) claim(h *hand, limit int) error {
	ctx, cancel := context.WithTimeout(s.claiming, askFor)
	defer cancel()
	s.taking(h, +1)
	defer s.taking(h, -1)
	c, err := s.o.Store.Claim(ctx, h.plugin, limit)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	}
	return s.take(h, c)
}

// taking has results noted that come meanwhile: the copies of a claim are read before it
// is in hand.
func (s *Share) taking(h *hand, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.taking += n; h.taking == 0 {
		h.settled = nil
	} else if h.settled == nil {
		h.settled = map[uint64]int{}
	}
}

// take takes a claim in, and tells the courier where to look.
func (s *Share) take(h *hand, handed store.Claim) error {
	c := &claim{Claim: handed, plugin: h.plugin, kept: time.Now()}
	copies, err := s.copiesOf(c)
	if err != nil {
		s.giveBack(c)
		return err
	}
	s.loseOverdue()
	told := map[string]*news{}
	s.mu.Lock()
	for _, o := range copies {
		s.hold(h, c, o, told)
	}
	if c.left == 0 {
		s.finished = append(s.finished, c)
		signal(s.tidy)
	} else {
		s.claims[c] = struct{}{}
		if tick := max(c.Span()/6, 10*time.Millisecond); tick < s.tick {
			s.tick = tick
			signal(s.tidy)
		}
	}
	s.mu.Unlock()
	for command, n := range told {
		s.courier.Offered(h.plugin, command, n.ready, n.retries)
	}
	return nil
}

// copiesOf are the copies of a claim that wait. A claim that has read them need not be
// read again.
func (s *Share) copiesOf(c *claim) ([]store.Copy, error) {
	if read, ok := c.Claim.(interface{ Copies() []store.Copy }); ok {
		return read.Copies(), nil
	}
	return s.o.Store.Copies(s.living, c.plugin, c.Seqs())
}

// news is what the courier is told of a command.
type news struct {
	ready   []uint64
	retries bool
}

// hold takes a copy in hand, unless it is there already, has a result by now, or is
// delivered in an order, which is done from the store; mu is held.
func (s *Share) hold(h *hand, c *claim, o store.Copy, told map[string]*news) {
	seq, command := o.Event.Seq, o.Event.Command
	if attempts, settled := h.settled[seq]; settled && o.Attempts < attempts || h.copies[seq] != nil || s.courier.Ordered(command) {
		return
	}
	x := &held{claim: c, copy: o, size: int64(len(o.Event.Body)), read: true}
	if s.cached+x.size > cacheBytes {
		x.read, x.copy.Event.Body = false, nil
	} else {
		s.cached += x.size
	}
	h.add(x)
	c.left++
	n := told[command]
	if n == nil {
		n = &news{}
		told[command] = n
	}
	if o.State == store.Retry {
		n.retries = true
	} else {
		n.ready = append(n.ready, seq)
	}
}

// letGo takes a copy out of hand. A claim that is left with none is given up; mu is held.
func (s *Share) letGo(h *hand, seq uint64) {
	x := h.remove(seq)
	if x == nil {
		return
	}
	s.uncache(x)
	c := x.claim
	if c.left--; c.left > 0 {
		return
	}
	if _, ours := s.claims[c]; ours {
		delete(s.claims, c)
		s.finished = append(s.finished, c)
		signal(s.tidy)
	}
}

// uncache lets go of a copy's body; mu is held.
func (s *Share) uncache(x *held) {
	if x.read {
		s.cached -= x.size
		x.read, x.copy.Event.Body = false, nil
	}
}
