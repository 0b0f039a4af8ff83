package courier

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// feed is a line's place in the store.
type feed struct {
	// behind says that copies wait in the store beyond the cursor that are not in
	// hand; up to it all are, but for those in retry.
	behind bool
	cursor uint64
	// newest is the latest event that a commit told of. While unknown, there may be
	// later ones that no commit told of.
	newest  uint64
	unknown bool
	// back is where to read on after the read under way, if rewound meanwhile.
	back   uint64
	rewind bool
	// dueNow says that retries may be due, dueAt when the earliest is; asked is when
	// the store was asked last. Ordered lines know by their keys.
	dueNow bool
	dueAt  time.Time
	asked  time.Time
	// retries counts the copies in hand that are in retry in the store too, and their
	// bodies.
	retries     int
	retryBytes  int64
	pageLast    bool // the last read was a page
	current     *read
	tail        []*item // hot events that were committed during the page read under way
	tailed      bool    // none of them is missing
	hungry      bool
	again       time.Time // no read before that, since the store failed
	failures    int
	lastProblem string
}

// dueStep is the least time between two questions for retries.
const dueStep = 20 * time.Millisecond

// rewind has the line read again what comes after seq.
func (l *line) rewind(seq uint64) {
	f := &l.feed
	f.behind = true
	if f.current == nil || f.current.kind != page {
		f.cursor = min(f.cursor, seq)
		if l.keys != nil {
			f.cursor = l.keys.rewound(f.cursor)
		}
		return
	}
	if !f.rewind || seq < f.back {
		f.rewind, f.back = true, seq
	}
}

// reread has the line read everything from the store again, and what is being read
// thrown away.
func (l *line) reread() {
	l.rewind(0)
	l.discard()
	l.feed.unknown = true
	l.feed.dueNow = l.keys == nil
}

// discard has what is being read thrown away, and read again.
func (l *line) discard() {
	if l.feed.current != nil {
		l.feed.current.stale = true
	}
}

// lookAgain has the line find a copy again that it lets go of.
func (l *line) lookAgain(it *item) {
	switch {
	case l.keys != nil:
		if o := l.keys.byName[it.key]; o != nil && o.lead == it {
			o.lead = nil
			if o.skipsAll() {
				l.keys.hold(it.key, o, it.copy.Event.Seq, time.Now())
				return
			}
		}
		// What is being read may hold later ones of the key.
		l.discard()
		l.rewind(it.copy.Event.Seq - 1)
	case it.copy.State == store.Retry:
		l.feed.dueNow = true
	default:
		l.rewind(it.copy.Event.Seq - 1)
	}
}

// retryAt is told that a copy is to be tried again.
func (f *feed) retryAt(due time.Time) {
	if f.dueAt.IsZero() || due.Before(f.dueAt) {
		f.dueAt = due
	}
}

// early reports whether a copy's next attempt is still to come. No attempt is ever due
// later than the longest wait from now: where one seems to be, the clock has been put
// back since, and the copy is due.
func (c *Courier) early(o *store.Copy, now time.Time) bool {
	return o.State == store.Retry && o.DueAt.After(now) && !o.DueAt.After(c.Latest(now))
}

// Latest is when the last of all attempts is due that can be known of now.
func (c *Courier) Latest(now time.Time) time.Time {
	retry := c.rules.Load().retry
	return now.Add(max(retry.MaxAge, retry.MaxBackoff))
}

// dueFrom is when the store is to be asked for retries; zero for never.
func (f *feed) dueFrom() time.Time {
	if f.dueAt.IsZero() && !f.dueNow {
		return time.Time{}
	}
	least := f.asked.Add(dueStep)
	if f.dueNow || f.dueAt.Before(least) {
		return least
	}
	return f.dueAt
}

// append takes a hot event in, or leaves it to the store; mu is held.
func (c *Courier) append(it *item) {
	l, f, seq := it.line, &it.line.feed, it.copy.Event.Seq
	f.newest, f.unknown = max(f.newest, seq), false
	if !f.behind && seq <= f.cursor {
		return // a page had it already
	}
	keep := c.keeps(it)
	if !f.behind && keep {
		f.cursor = seq
		c.take(it)
		return
	}
	f.behind = true
	if f.current == nil || f.current.kind != page {
		return
	}
	f.tailed = f.tailed && keep
	if f.tailed {
		c.budget.use(l, it.size)
		f.tail = append(f.tail, it)
	}
}

// keeps reports whether a hot event is to wait in memory.
func (c *Courier) keeps(it *item) bool {
	l := it.line
	if !c.started || !it.command.served() || l.order != it.order || !l.first() {
		return false
	}
	return c.budget.fits(it.size) && !l.full()
}

// full reports whether the line holds up as many keys as it may remember.
func (l *line) full() bool { return l.keys != nil && l.keys.held >= maxHeld }

// dropTail leaves the hot events of the time of a read to the store.
func (c *Courier) dropTail(l *line) {
	for _, it := range l.feed.tail {
		c.budget.release(l, it.size)
	}
	l.feed.tail = nil
}
