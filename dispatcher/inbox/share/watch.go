package share

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// offerWithin bounds one offer.
const offerWithin = 10 * time.Second

// offer is copies that are to be handed out.
type offer struct {
	plugin string
	seqs   []uint64
}

// applied is told of every change, whoever has made it, before the commit that made it
// returns.
func (s *Share) applied(a store.Applied) {
	if b := a.Batch; b != nil {
		s.settle(b.Results)
		s.tellOrdered(b)
	}
	for _, plugin := range a.Reshaped {
		s.reshaped(plugin)
	}
}

// settle lets go of what has a result.
func (s *Share) settle(results []store.Result) {
	if len(results) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range results {
		r := &results[i]
		h := s.hands[r.Plugin]
		if h == nil {
			continue
		}
		if h.settled != nil {
			h.settled[r.Seq] = r.Attempts
		}
		s.letGo(h, r.Seq)
		signal(h.wake)
	}
	if s.keeping.Load() {
		s.due.results(results)
	}
}

// lineOf is a plugin and a command.
type lineOf struct{ plugin, command string }

// tellOrdered tells the courier of what is to be delivered in an order and was made ready:
// the one that holds the baton reads it, and others begin to want it. It takes note of
// plugins that nothing was heard of before.
func (s *Share) tellOrdered(b *store.Batch) {
	told := map[lineOf][]uint64{}
	note := func(plugin, command string, seq uint64) {
		if command == "" || s.courier.Ordered(command) {
			l := lineOf{plugin, command}
			told[l] = append(told[l], seq)
		}
	}
	s.mu.Lock()
	for i := range b.Appends {
		if a := &b.Appends[i]; !a.Duplicate {
			for _, plugin := range a.Plugins {
				s.meetHeld(plugin)
				note(plugin, a.Event.Command, a.Event.Seq)
			}
		}
	}
	for i := range b.Requeues {
		if r := &b.Requeues[i]; r.Queued {
			s.meetHeld(r.Plugin)
			note(r.Plugin, r.Command, r.Seq)
		}
	}
	s.mu.Unlock()
	for l, seqs := range told {
		s.courier.Offered(l.plugin, l.command, seqs, false)
	}
}

// reshaped has everything read again that is known of a plugin.
func (s *Share) reshaped(plugin string) {
	s.mu.Lock()
	var names []string
	for name, h := range s.hands {
		if plugin != "*" && plugin != name {
			continue
		}
		names = append(names, name)
		for _, x := range h.copies {
			s.uncache(x) // so that it is found out whether it waits
		}
	}
	if plugin != "*" {
		s.meetHeld(plugin)
	}
	s.mu.Unlock()
	for _, name := range names {
		s.due.forget(name)
		s.courier.Reload(name)
	}
}

// Committed is told of this gateway's own commits, in order: what an operator has made
// ready is offered. An offer that a crash loses is the keeper's to make.
func (s *Share) Committed(b *store.Batch) {
	ready := map[string][]uint64{}
	for i := range b.Requeues {
		if r := &b.Requeues[i]; r.Queued && (r.Command == "" || !s.courier.Ordered(r.Command)) {
			ready[r.Plugin] = append(ready[r.Plugin], r.Seq)
		}
	}
	if len(ready) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for plugin, seqs := range ready {
		s.outbox = append(s.outbox, offer{plugin, seqs})
	}
	signal(s.post)
}

// sendOffers makes the offers of what was made ready.
func (s *Share) sendOffers() {
	for {
		s.mu.Lock()
		out := s.outbox
		s.outbox = nil
		s.mu.Unlock()
		for _, o := range out {
			ctx, cancel := context.WithTimeout(s.living, offerWithin)
			if err := s.o.Store.Offer(ctx, o.plugin, o.seqs, false); err != nil {
				s.o.Logger.WarnContext(ctx, "what was made ready cannot be offered: the keeper does it later", "plugin", o.plugin, "err", err)
			}
			cancel()
		}
		if !pause(s.living, time.Hour, s.post) {
			return
		}
	}
}
