package courier

import (
	"container/heap"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// maxHeld bounds the keys of a line that a copy in retry holds up; beyond it the line
// reads no further before one of them is free. maxPassed bounds the copies that are
// passed over and remembered one by one, for each key.
const (
	maxHeld   = 10_000
	maxPassed = 64
)

// keys keep the copies of an ordered line in order: of each key one is under way, and
// the next is not before what became of that one is committed. It is under the
// courier's lock.
type keys struct {
	byName map[string]*key
	held   int // keys that a copy in retry holds up
	queued int // copies in memory behind the first of their key
	dues   dueHeap
	// freed are keys that nothing holds up any more, whose passed-over copies are to
	// be read again.
	freed []string
}

// key is one user or group with something in hand.
type key struct {
	// lead is ready, under way, or has a result that is not committed; queue are the
	// copies in memory behind it.
	lead  *item
	queue []*item
	// held is the Seq of a copy that holds up the others and is not in memory, due when
	// it is to be read; 0 where none does.
	held uint64
	due  time.Time
	// passed are the first copies that were passed over because the key was held up.
	// They are read one by one once it is free. skipped is the first one beyond them;
	// 0 where there is none. From there on the line reads again.
	passed  []uint64
	skipped uint64
}

func newKeys() *keys { return &keys{byName: map[string]*key{}} }

// enter takes an item's place in its key, and reports whether it is to be kept in
// memory there. Early says that it is in retry, and not due yet.
func (k *keys) enter(it *item, early bool) bool {
	seq := it.copy.Event.Seq
	o := k.byName[it.key]
	switch {
	case o == nil && early:
		o = &key{}
		k.byName[it.key] = o
		k.hold(it.key, o, seq, it.copy.DueAt)
		return false
	case o == nil:
		k.byName[it.key] = &key{lead: it}
		return true
	case o.held == seq && early:
		k.release(o)
		k.hold(it.key, o, seq, it.copy.DueAt)
		return false
	case o.held == seq:
		k.release(o)
		o.lead = it
		return true
	case o.held != 0 || o.skipsAll() || early:
		o.skip(seq)
		return false
	case o.lead == nil:
		o.lead = it
		return true
	}
	o.queue = append(o.queue, it)
	k.queued++
	return true
}

// leads reports whether the item is the one of its key to be delivered next.
func (k *keys) leads(it *item) bool {
	o := k.byName[it.key]
	return o != nil && o.lead == it
}

func (k *keys) hold(name string, o *key, seq uint64, due time.Time) {
	o.held, o.due = seq, due
	k.held++
	heap.Push(&k.dues, dueKey{at: due, seq: seq, name: name})
}

func (k *keys) release(o *key) {
	if o.held != 0 {
		o.held, o.due = 0, time.Time{}
		k.held--
	}
}

// skip passes a copy over. It may have been before.
func (o *key) skip(seq uint64) {
	at, known := slices.BinarySearch(o.passed, seq)
	switch {
	case known:
	case at < len(o.passed) || o.skipped == 0 && len(o.passed) < maxPassed:
		o.passed = slices.Insert(o.passed, at, seq)
	case o.skipped == 0 || seq < o.skipped:
		o.skipped = seq
	}
}

// skipsAll reports whether copies were passed over, so that what comes now is later.
func (o *key) skipsAll() bool { return len(o.passed) > 0 || o.skipped != 0 }

// nextDue returns the copy that holds up a key and is due first.
func (k *keys) nextDue() (d dueKey, ok bool) {
	for len(k.dues) > 0 {
		d = k.dues[0]
		if o := k.byName[d.name]; o != nil && o.held == d.seq && o.due.Equal(d.at) {
			return d, true
		}
		heap.Pop(&k.dues)
	}
	return dueKey{}, false
}

// evict lets go of all copies that queue, and forgets the keys that have nothing else.
func (k *keys) evict(drop func(*item)) {
	for name, o := range k.byName {
		queue := o.queue
		o.queue = nil
		k.queued -= len(queue)
		for _, it := range queue {
			drop(it)
		}
		k.forgetIdle(name, o)
	}
}

// forgetHeld forgets what was held up or passed over: all of it is read again.
func (k *keys) forgetHeld() {
	for name, o := range k.byName {
		k.release(o)
		o.passed, o.skipped = nil, 0
		k.forgetIdle(name, o)
	}
	k.dues, k.freed = nil, nil
}

func (k *keys) forgetIdle(name string, o *key) {
	if o.lead == nil && len(o.queue) == 0 && o.held == 0 && !o.skipsAll() {
		delete(k.byName, name)
	}
}

// rewound is told that the line reads again from the cursor on, and returns it, or a
// lower one: an operator may have made an older copy ready, which was passed over too.
func (k *keys) rewound(cursor uint64) uint64 {
	for _, name := range k.freed {
		if o := k.byName[name]; o != nil && o.lead == nil && o.held == 0 {
			if o.skipped != 0 {
				cursor = min(cursor, o.skipped-1)
			}
			o.skipped = 0
			k.forgetIdle(name, o)
		}
	}
	k.freed = nil
	return cursor
}

// settledKey moves the item's key on; mu is held.
func (c *Courier) settledKey(it *item, r *store.Result) {
	k := it.line.keys
	o := k.byName[it.key]
	if o == nil || o.lead != it {
		return
	}
	o.lead = nil
	if r.State != store.Retry {
		c.advance(it.line, it.key, o)
		return
	}
	k.hold(it.key, o, r.Seq, r.DueAt)
	for _, behind := range o.queue {
		o.skip(behind.copy.Event.Seq)
		c.forget(behind)
	}
	k.queued -= len(o.queue)
	o.queue = nil
}

// freeKey is told that the copy that held up a key waits no more.
func (c *Courier) freeKey(l *line, name string, seq uint64) {
	if o := l.keys.byName[name]; o != nil && o.held == seq {
		l.keys.release(o)
		c.advance(l, name, o)
	}
}

// advance has the next copy of a key take its turn.
func (c *Courier) advance(l *line, name string, o *key) {
	switch {
	case len(o.queue) > 0:
		o.lead = o.queue[0]
		o.queue[0] = nil
		o.queue = o.queue[1:]
		l.keys.queued--
		l.makeReady(o.lead)
	case len(o.passed) > 0:
		l.keys.hold(name, o, o.passed[0], time.Now())
		o.passed = o.passed[1:]
	case o.skipped != 0:
		l.keys.freed = append(l.keys.freed, name)
		l.rewind(o.skipped - 1)
	default:
		delete(l.keys.byName, name)
	}
}

// dueKey is a key that is held up until a time.
type dueKey struct {
	at   time.Time
	seq  uint64
	name string
}

// dueHeap has the earliest first.
type dueHeap []dueKey

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop are heap's.
func (h *dueHeap) Push(x any) { *h = append(*h, x.(dueKey)) } //nolint:forcetypeassert // heap.Push is called with nothing else

// Pop removes the last.
func (h *dueHeap) Pop() any {
	old := *h
	d := old[len(old)-1]
	*h = old[:len(old)-1]
	return d
}
