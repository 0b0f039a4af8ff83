package courier

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// fetched takes an answer in and returns the results of what is corrupt.
func (c *Courier) fetched(l *line, rd *read, items []*item, next time.Time, err error) (corrupt []store.Result) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := &l.feed
	f.current = nil
	l.plugin.reads = without(l.plugin.reads, rd)
	c.budget.reads--
	c.budget.release(l, rd.budget)
	switch {
	case err != nil:
		c.readFailed(l, rd, err)
	case rd.stale || l.retired || c.closed:
		f.dueNow = f.dueNow || rd.kind == due
		c.dropTail(l)
	default:
		f.failures, f.lastProblem = 0, ""
		corrupt = c.takeAll(l, rd, items)
		c.readOn(l, rd, items, next)
	}
	if f.rewind {
		f.rewind, f.cursor = false, min(f.cursor, f.back)
		if l.keys != nil {
			f.cursor = l.keys.rewound(f.cursor)
		}
	}
	c.kick(l)
	c.feedHungry()
	return corrupt
}

// takeAll takes those that are not in hand already.
func (c *Courier) takeAll(l *line, rd *read, items []*item) (corrupt []store.Result) {
	for _, it := range items {
		seq := it.copy.Event.Seq
		if _, settled := rd.settled[seq]; settled || l.plugin.taken[seq] != nil || rd.kind == point && seq != rd.due.seq {
			continue
		}
		it.line, it.command = l, l.commands[it.copy.Event.Command]
		if it.copy.Corrupt {
			it.reported, it.size = true, 0 // its body is not kept
			l.plugin.taken[seq] = it
			l.unsettled++
			corrupt = append(corrupt, store.Result{
				Plugin: l.plugin.name, Seq: seq, State: store.Dead, Attempts: it.copy.Attempts, At: time.Now(),
				Reason: store.Corrupt, Error: "what was read is not what was written",
			})
			continue
		}
		if it.command != nil {
			c.take(it)
		}
	}
	return corrupt
}

// readOn moves the line's place in the store on.
func (c *Courier) readOn(l *line, rd *read, items []*item, next time.Time) {
	switch rd.kind {
	case due:
		if !next.IsZero() {
			l.feed.retryAt(next)
		}
	case point:
		if len(items) == 0 || items[0].copy.Event.Seq != rd.due.seq || items[0].copy.Corrupt {
			c.freeKey(l, rd.due.name, rd.due.seq)
		}
	case page, nothing:
		c.pageRead(l, rd, items)
	}
}

// pageRead moves the cursor on. The page that reaches what is newest and the hot
// events that were committed while it was read are all there is.
func (c *Courier) pageRead(l *line, rd *read, items []*item) {
	f := &l.feed
	last := f.cursor
	if len(items) > 0 {
		last = items[len(items)-1].copy.Event.Seq
	} else {
		f.newest, f.unknown = max(f.newest, f.cursor), false
	}
	f.cursor = max(f.cursor, last)
	caughtUp := len(items) == 0 || !rd.unknown && last >= rd.mark
	if caughtUp && f.tailed && !f.rewind {
		f.behind = false
		f.cursor = max(f.cursor, rd.mark)
	}
	tail := f.tail
	c.dropTail(l)
	if f.behind {
		return
	}
	for _, it := range tail {
		if seq := it.copy.Event.Seq; seq > f.cursor {
			f.cursor = seq
			c.take(it)
		}
	}
}

// readFailed has the line try again later.
func (c *Courier) readFailed(l *line, rd *read, err error) {
	f := &l.feed
	c.dropTail(l)
	f.dueNow = f.dueNow || rd.kind == due
	if c.ctx.Err() != nil {
		return
	}
	f.failures++
	f.lastProblem = "read what waits: " + err.Error()
	f.again = time.Now().Add(c.jitter(doubled(readPause, f.failures, longPause)))
	c.o.Logger.Error("callbacks that wait cannot be read", "plugin", l.plugin.name, "line", l.name, "err", err)
}
