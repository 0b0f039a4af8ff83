package share

import (
	"slices"
	"time"
)

// keepClaims keeps what is in hand, and gives up what is finished.
func (s *Share) keepClaims() {
	var said seldom
	for {
		s.mu.Lock()
		done, tick := s.finished, s.tick
		s.finished = nil
		s.mu.Unlock()
		for _, c := range done {
			s.giveUp(c)
		}
		s.keepDue(&said)
		s.loseOverdue()
		if !pause(s.living, tick, s.tidy) {
			return
		}
	}
}

// keepDue keeps the claims that a third of their span is over of. Where one cannot be kept,
// the others have to wait for the next time.
func (s *Share) keepDue(said *seldom) {
	s.mu.Lock()
	var due []*claim
	for c := range s.claims {
		if time.Since(c.kept) >= c.Span()/3 {
			due = append(due, c)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(due, func(a, b *claim) int { return a.kept.Compare(b.kept) })
	for _, c := range due {
		asked := time.Now()
		if asked.Sub(c.kept) >= c.Span() {
			continue // it is lost
		}
		if err := c.Keep(); err != nil {
			if said.again() {
				s.o.Logger.WarnContext(s.living, "claims cannot be kept: where that lasts, other gateways deliver them", "plugin", c.plugin, "err", err)
			}
			return
		}
		s.mu.Lock()
		c.kept = asked
		s.mu.Unlock()
	}
}

// loseOverdue takes out of hand what others may have been handed by now. What of it is
// under way is delivered to the end, and may be by another too.
func (s *Share) loseOverdue() {
	s.mu.Lock()
	lost := map[string]int{}
	for c := range s.claims {
		if time.Since(c.kept) >= c.Span() {
			delete(s.claims, c)
			s.dropClaim(c)
			lost[c.plugin]++
		}
	}
	s.mu.Unlock()
	for plugin, n := range lost {
		s.lost.Add(uint64(n)) //nolint:gosec // not negative
		s.o.Logger.WarnContext(s.living, "claims are lost to other gateways, and some callbacks may be delivered twice", "plugin", plugin, "claims", n)
		s.courier.Reload(plugin)
	}
}

// dropClaim takes a claim's copies out of hand; mu is held.
func (s *Share) dropClaim(c *claim) {
	h := s.hands[c.plugin]
	for seq, x := range h.copies {
		if x.claim == c {
			s.uncache(h.remove(seq))
		}
	}
}

// giveUp ends a claim all of whose copies have a result.
func (s *Share) giveUp(c *claim) {
	if err := c.Done(); err != nil {
		s.o.Logger.WarnContext(s.living, "a claim cannot be given up, and is handed out again in vain", "plugin", c.plugin, "err", err)
	}
}

// giveBack has claims handed out again. Where that fails, the cluster does not answer: the
// others are not tried, each of which would take as long.
func (s *Share) giveBack(claims ...*claim) {
	for i, c := range claims {
		if err := c.Release(0); err != nil {
			s.o.Logger.WarnContext(s.living, "claims cannot be given back, and are handed out once their time is over",
				"plugin", c.plugin, "claims", len(claims)-i, "err", err)
			return
		}
	}
}

// letGoOfUnserved gives back what this gateway cannot deliver any more: all of it at once
// where that is everything in hand of a plugin, so that others get it; else those commands
// are left to the keeper, which offers them again and again until they find somebody.
func (s *Share) letGoOfUnserved(h *hand) {
	s.mu.Lock()
	var commands []string
	for command := range h.counts {
		commands = append(commands, command)
	}
	s.mu.Unlock()
	var overdue []string
	for _, command := range commands {
		if s.unservedFor(h, command) >= s.o.Patience && s.courier.Unsettled(h.plugin, command) == 0 {
			overdue = append(overdue, command)
		}
	}
	if len(overdue) == 0 {
		return
	}
	s.mu.Lock()
	var back []*claim
	if len(overdue) == len(h.counts) {
		for c := range s.claims {
			if c.plugin == h.plugin {
				delete(s.claims, c)
				s.dropClaim(c)
				back = append(back, c)
			}
		}
	} else {
		for seq, x := range h.copies {
			if slices.Contains(overdue, x.copy.Event.Command) {
				s.letGo(h, seq)
			}
		}
	}
	s.mu.Unlock()
	s.giveBack(back...)
}

// unservedFor is how long a command has not been served here; 0 where it is.
func (s *Share) unservedFor(h *hand, command string) time.Duration {
	why := s.o.Serves(h.plugin, command)
	s.mu.Lock()
	defer s.mu.Unlock()
	if why == "" {
		delete(h.unserved, command)
		return 0
	}
	since, known := h.unserved[command]
	if !known {
		since = time.Now()
		h.unserved[command] = since
	}
	return time.Since(since)
}
