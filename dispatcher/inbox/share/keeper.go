package share

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// dueStep is the least time between two looks for what is due.
	dueStep = 20 * time.Millisecond
	// dueAtOnce bounds the retries that one question brings beside those offered before,
	// dueBytes their bodies, and mostOffered those that are offered and not settled.
	dueAtOnce   = 256
	dueBytes    = 16 << 20
	mostOffered = 4096
)

// keeper is what the keeper has in mind while it is one.
type keeper struct {
	*Share
	began time.Time
	look  time.Time // when it looks next for what was forgotten
	// suspects are what may have been forgotten.
	suspects map[suspectOf]*suspect
	many     map[lineOf]bool
}

// beKeeper waits to be the keeper, and is it.
func (s *Share) beKeeper() {
	var said seldom
	for s.claiming.Err() == nil {
		err := s.o.Store.Baton(s.claiming, "keeper", s.keep)
		if err != nil && s.claiming.Err() == nil {
			if said.again() {
				s.o.Logger.WarnContext(s.claiming, "nobody may be there to offer what is to be tried again", "err", err)
			}
			pause(s.claiming, batonPause, nil)
		}
	}
}

// keep is the keeper's work.
func (s *Share) keep(held context.Context) {
	k := &keeper{Share: s, began: time.Now(), look: time.Now(), suspects: map[suspectOf]*suspect{}, many: map[lineOf]bool{}}
	s.due.reset()
	s.keeping.Store(true)
	defer s.keeping.Store(false)
	if tended, ok := s.o.Store.(store.Tended); ok {
		done := make(chan struct{})
		go func() {
			defer close(done)
			tended.Keep(held)
		}()
		defer func() { <-done }()
	}
	k.run(held)
}

func (k *keeper) run(held context.Context) {
	k.askForAll(held)
	for {
		if !time.Now().Before(k.look) {
			k.look = time.Now().Add(k.lookAround(held))
		}
		k.offerDue(held)
		next := k.look
		if due := k.due.earliest(); !due.IsZero() && due.Before(next) {
			next = due
		}
		if !pause(held, dueStep, nil) || !pause(held, time.Until(next), k.due.wake) {
			return
		}
	}
}

// askForAll has the store asked for what is due by now.
func (k *keeper) askForAll(held context.Context) {
	stats, err := k.o.Store.Stats(held)
	if err != nil {
		k.o.Logger.WarnContext(held, "retries wait until others come: what waits cannot be read", "err", err)
		return
	}
	for _, q := range stats.Queues {
		if q.Retry > 0 {
			k.due.ask(q.Plugin, k.began)
		}
	}
}

// offerDue offers what is due.
func (k *keeper) offerDue(held context.Context) {
	plugins := k.due.now()
	if len(plugins) == 0 {
		return
	}
	stats, err := k.o.Store.Stats(held)
	if err != nil {
		for _, plugin := range plugins {
			k.due.ask(plugin, time.Now().Add(batonPause))
		}
		return
	}
	commands := map[string][]string{}
	for _, q := range stats.Queues {
		if q.Retry > 0 && !k.courier.Ordered(q.Command) {
			commands[q.Plugin] = append(commands[q.Plugin], q.Command)
		}
	}
	for _, plugin := range plugins {
		if len(commands[plugin]) > 0 {
			k.offerDueOf(held, store.Line{Plugin: plugin, Commands: commands[plugin]})
		}
	}
}

// offerDueOf offers what is due of a plugin. What was due before this gateway became the
// keeper was offered by the one before, or is found to be forgotten.
func (k *keeper) offerDueOf(held context.Context, l store.Line) {
	now := time.Now()
	limit := min(k.due.asking(l.Plugin), mostOffered) + dueAtOnce
	defer k.due.asked()
	copies, next, err := k.o.Store.Due(held, store.DueQuery{
		Line: l, Now: now, Latest: k.courier.Latest(now), Limit: limit, MaxBytes: dueBytes,
	})
	if err != nil {
		k.due.ask(l.Plugin, now.Add(batonPause))
		return
	}
	var fresh []uint64
	for i := range copies {
		c := &copies[i]
		if !k.due.offer(c) || c.DueAt.Before(k.began) {
			continue
		}
		fresh = append(fresh, c.Event.Seq)
		delete(k.suspects, suspectOf{l.Plugin, c.Event.Seq})
	}
	if len(fresh) > 0 {
		if err := k.o.Store.Offer(held, l.Plugin, fresh, false); err != nil {
			k.due.takeBack(l.Plugin, fresh...)
			k.due.ask(l.Plugin, now.Add(batonPause))
			return
		}
	}
	switch {
	case next.IsZero():
	case next.After(now):
		k.due.ask(l.Plugin, next)
	case len(fresh) > 0:
		k.due.ask(l.Plugin, now.Add(dueStep))
	default: // those that were offered have to be settled first
		k.due.ask(l.Plugin, now.Add(batonPause/4))
	}
}
