package share

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// lookAt bounds the copies of a plugin and a command that are looked at, lookAtMany
	// where many were found forgotten the last time.
	lookAt     = 1000
	lookAtMany = 10_000
	// longestWait is the longest wait until what nobody has taken is offered again.
	longestWait = 5 * time.Minute
)

// suspectOf is one copy.
type suspectOf struct {
	plugin string
	seq    uint64
}

// suspect is a copy that waits. It was forgotten where it still waits as it did when
// everything is settled that had been handed out by then.
type suspect struct {
	state    store.State
	attempts int
	placed   bool // it was seen twice, the second time when the handing out was at place
	place    uint64
	tries    int       // offers in vain
	again    time.Time // not looked at before
	seen     time.Time
}

// lookAround offers what was forgotten, and returns how long it is until the next look.
func (k *keeper) lookAround(held context.Context) time.Duration {
	now := time.Now()
	stats, err := k.o.Store.Stats(held)
	if err != nil {
		return k.o.Look
	}
	queues := map[string][]string{}
	for _, q := range stats.Queues {
		if q.Waiting() > 0 && !k.courier.Ordered(q.Command) {
			queues[q.Plugin] = append(queues[q.Plugin], q.Command)
		}
	}
	found := false
	for plugin, commands := range queues {
		found = k.lookAtPlugin(held, now, plugin, commands) || found
	}
	for of, x := range k.suspects {
		if !x.seen.Equal(now) {
			delete(k.suspects, of)
		}
	}
	if found {
		return k.o.Look / 5
	}
	return k.o.Look
}

// lookAtPlugin offers what was forgotten of a plugin, and reports whether anything was.
func (k *keeper) lookAtPlugin(held context.Context, now time.Time, plugin string, commands []string) bool {
	done, last, err := k.o.Store.Places(held, plugin)
	if err != nil {
		if why, _ := k.o.Store.Trouble(); why == "" { // or it is told of by whoever has it
			k.o.Logger.WarnContext(held, "what may have been forgotten cannot be told", "plugin", plugin, "err", err)
		}
		k.spare(plugin, now)
		return false
	}
	var forgotten []uint64
	for _, command := range commands {
		n := len(forgotten)
		for _, c := range k.waiting(held, plugin, command) {
			if k.suspected(now, &c, done, last) {
				forgotten = append(forgotten, c.Event.Seq)
			}
		}
		k.many[lineOf{plugin, command}] = len(forgotten) > n
	}
	if len(forgotten) == 0 {
		return false
	}
	if err := k.o.Store.Offer(held, plugin, forgotten, true); err != nil {
		k.o.Logger.WarnContext(held, "what was forgotten cannot be offered", "plugin", plugin, "err", err)
		return false
	}
	k.o.Logger.DebugContext(held, "callbacks that nobody had in hand are offered again", "plugin", plugin, "callbacks", len(forgotten))
	return true
}

// spare keeps what is known of a plugin's suspects.
func (k *keeper) spare(plugin string, now time.Time) {
	for of, x := range k.suspects {
		if of.plugin == plugin {
			x.seen = now
		}
	}
}

// waiting are the first copies of a command that are ready, and of those that are due. Those
// that have to wait for another attempt do not hide others, however many they are.
func (k *keeper) waiting(held context.Context, plugin, command string) []store.Copy {
	limit := lookAt
	if k.many[lineOf{plugin, command}] {
		limit = lookAtMany
	}
	now := time.Now()
	all, _, err := k.o.Store.Due(held, store.DueQuery{
		Line: store.Line{Plugin: plugin, Commands: []string{command}}, Now: now, Latest: k.courier.Latest(now),
		Limit: limit, MaxBytes: dueBytes,
	})
	if err != nil {
		return nil
	}
	q := store.ScanQuery{Filter: store.Filter{Plugin: plugin, Command: command, States: []store.State{store.Ready}}, Limit: limit}
	for n := 0; n < limit; {
		page, err := k.o.Store.Scan(held, q)
		if err != nil {
			break
		}
		all, n = append(all, page.Copies...), n+len(page.Copies)
		if q.After = page.Next; page.Next == nil {
			break
		}
	}
	return all
}

// suspected looks at a copy, and reports whether it was forgotten and is to be offered.
func (k *keeper) suspected(now time.Time, c *store.Copy, done, last uint64) bool {
	if c.State == store.Retry && c.DueAt.After(now) && !c.DueAt.After(k.courier.Latest(now)) {
		return false
	}
	of := suspectOf{c.Plugin, c.Event.Seq}
	x := k.suspects[of]
	if x == nil || x.state != c.State || x.attempts != c.Attempts {
		k.suspects[of] = &suspect{state: c.State, attempts: c.Attempts, seen: now}
		return false
	}
	x.seen = now
	switch {
	case now.Before(x.again):
		return false
	case !x.placed:
		x.placed, x.place = true, last
		return false
	case done < x.place:
		return false
	}
	x.placed = false
	x.tries++
	x.again = now.Add(min(longestWait, k.o.Look<<min(x.tries-1, 10)))
	return true
}
