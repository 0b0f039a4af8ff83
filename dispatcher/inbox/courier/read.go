package courier

import (
	"slices"
	"strconv"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Of the reads: how many are under way at once, the bodies and the copies that one
// asks for, and the least room that one is worth.
const (
	maxReads  = 4
	pageBytes = 512 << 10
	maxPage   = 512
	minPage   = 16
	leastRead = 8 << 10
	// readPause is the first span of the pauses after a read that failed.
	readPause = time.Second
)

// kind is what a read asks for.
type kind uint8

const (
	nothing kind = iota
	page         // what comes next
	due          // retries that are due
	point        // the copy that holds up a key
)

// read is a question to the store, with what happens meanwhile.
type read struct {
	kind   kind
	line   store.Line
	order  Order
	after  uint64
	due    dueKey
	limit  int
	bytes  int64
	budget int64 // what is set aside for it
	// mark is the newest event when it began; unknown says that there may be later
	// ones.
	mark    uint64
	unknown bool
	// settled are the copies whose result was committed meanwhile; the answer may be
	// older than that. stale says that the answer is worth nothing.
	settled map[uint64]struct{}
	stale   bool
}

// read asks the store for what the line wants, if there is room and it is the line's
// turn; mu is held.
func (c *Courier) read(l *line, turn bool) {
	f := &l.feed
	if f.current != nil || f.hungry {
		return
	}
	what, d := c.wanted(l)
	if what == nothing || c.budget.enough(l) {
		return
	}
	limit := min(max(4*l.window.size, minPage), maxPage)
	if !l.until.IsZero() {
		limit = 1
	}
	var room int64
	if c.budget.reads < maxReads && (turn || len(c.budget.hungry) == 0) {
		room = c.room(l, int64(limit)*overhead+pageBytes)
	}
	if room == 0 {
		c.queueUp(l)
		return
	}
	rd := l.newRead(what, d, limit, room)
	f.current = rd
	c.budget.reads++
	c.budget.use(l, room)
	l.plugin.reads = append(l.plugin.reads, rd)
	c.spawn(func() { c.fetch(l, rd) })
}

// newRead is a question for which there is room.
func (l *line) newRead(what kind, d dueKey, limit int, room int64) *read {
	f := &l.feed
	limit = max(1, min(limit, int(room/(2*overhead))))
	rd := &read{
		kind: what, line: store.Line{Plugin: l.plugin.name, Commands: l.served()}, order: l.order, after: f.cursor, due: d,
		limit: limit, bytes: max(1, room-int64(limit)*overhead), budget: room, mark: f.newest, unknown: f.unknown,
	}
	switch what {
	case due:
		f.dueNow, f.dueAt, f.asked = false, time.Time{}, time.Now()
		rd.limit += f.retries
		rd.bytes += f.retryBytes
	case point:
		rd.after, rd.limit = d.seq-1, 1
	default:
		f.tailed = true
	}
	f.pageLast = what == page
	return rd
}

// wanted says what the line has to read next.
func (c *Courier) wanted(l *line) (kind, dueKey) {
	f := &l.feed
	if !l.asks() || c.held || !l.open() {
		return nothing, dueKey{}
	}
	now := time.Now()
	if now.Before(f.again) || now.Before(l.until) {
		return nothing, dueKey{}
	}
	more := f.behind && !l.full()
	retry, d := l.retryDue(now)
	if retry != nothing && (!more || f.pageLast) {
		return retry, d
	}
	if more {
		return page, dueKey{}
	}
	return retry, d
}

// asks reports whether the store has something for the line, and the line has not
// enough in memory.
func (l *line) asks() bool {
	f := &l.feed
	if !f.behind && !f.dueNow && f.dueAt.IsZero() && (l.keys == nil || len(l.keys.dues) == 0) {
		return false
	}
	if !l.until.IsZero() {
		return l.ready.len() == 0
	}
	return l.ready.len() < 2*l.window.size
}

// retryDue says whether retries are due.
func (l *line) retryDue(now time.Time) (kind, dueKey) {
	if l.keys != nil {
		if d, ok := l.keys.nextDue(); ok && !now.Before(d.at) {
			return point, d
		}
		return nothing, dueKey{}
	}
	from := l.feed.dueFrom()
	if from.IsZero() || now.Before(from) || l.feed.retries >= maxPage {
		return nothing, dueKey{}
	}
	return due, dueKey{}
}

// wakeAt is when time alone makes the line read; zero for never.
func (l *line) wakeAt() (again, retry time.Time) {
	if l.keys != nil {
		if d, ok := l.keys.nextDue(); ok {
			retry = d.at
		}
		return l.feed.again, retry
	}
	return l.feed.again, l.feed.dueFrom()
}

// open reports whether the line has commands to deliver, and may.
func (l *line) open() bool {
	if l.unasked > 0 || !l.first() {
		return false
	}
	for _, d := range l.commands {
		if d.served() {
			return true
		}
	}
	return false
}

// fetch asks the store.
func (c *Courier) fetch(l *line, rd *read) {
	copies, next, err := c.ask(rd)
	items := make([]*item, len(copies))
	for i := range copies {
		items[i] = c.itemOf(copies[i], rd.order)
	}
	for _, corrupt := range c.fetched(l, rd, items, next, err) {
		if i := slices.IndexFunc(items, func(it *item) bool { return it.copy.Event.Seq == corrupt.Seq }); i >= 0 {
			c.tellCorrupt(items[i], corrupt)
		}
		c.o.Report(corrupt)
	}
}

func (c *Courier) ask(rd *read) (copies []store.Copy, next time.Time, err error) {
	if rd.kind == due {
		now := time.Now()
		return c.o.Archive.Due(c.ctx, store.DueQuery{
			Line: rd.line, Now: now, Latest: c.Latest(now), Limit: rd.limit, MaxBytes: rd.bytes,
		})
	}
	copies, err = c.o.Archive.Waiting(c.ctx, store.WaitingQuery{
		Line: rd.line, After: rd.after, Retries: rd.order != Unordered, Limit: rd.limit, MaxBytes: rd.bytes,
	})
	return copies, time.Time{}, err
}

// itemOf is a copy in hand, of no line yet.
func (c *Courier) itemOf(o store.Copy, order Order) *item {
	key := ""
	if order != Unordered && !o.Corrupt {
		key = c.orderKey(&o.Event, order)
	}
	return newItem(o, order, key)
}

func newItem(o store.Copy, order Order, key string) *item {
	return &item{copy: o, order: order, key: key, size: overhead + int64(len(o.Event.Body))}
}

// orderKey is what orders an event; what nothing orders has a key of its own.
func (c *Courier) orderKey(e *store.Event, order Order) string {
	if key := c.o.OrderKey(e.Callback(), order); key != "" {
		return key
	}
	return "\x00" + strconv.FormatUint(e.Seq, 10)
}

// feedHungry lets the lines read that wait for their turn; mu is held.
func (c *Courier) feedHungry() {
	b := &c.budget
	for len(b.hungry) > 0 {
		l := b.hungry[0]
		b.hungry = b.hungry[1:]
		l.feed.hungry = false
		if c.closed || !c.started || l.retired {
			continue
		}
		if c.read(l, true); l.feed.hungry {
			// Those that were evicted for it, in vain, come after it.
			b.hungry = slices.Insert(slices.DeleteFunc(b.hungry, func(o *line) bool { return o == l }), 0, l)
			return
		}
	}
}

func without(all []*read, one *read) []*read {
	return slices.DeleteFunc(all, func(o *read) bool { return o == one })
}
