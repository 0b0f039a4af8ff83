package courier

// overhead is what an event takes beside its body.
const overhead = 768

// budget is the memory that bodies may take. It is under the courier's lock.
type budget struct {
	limit, used int64
	// users counts the lines that use some of it.
	users int
	// reads counts the reads under way.
	reads int
	// hungry are the lines that want to read and wait for their turn.
	hungry []*line
}

func (b *budget) use(l *line, n int64) {
	if l.used == 0 && n > 0 {
		b.users++
	}
	b.used += n
	l.used += n
}

func (b *budget) release(l *line, n int64) {
	b.used -= n
	l.used -= n
	if l.used == 0 && n > 0 {
		b.users--
	}
}

// share is what one line may take where all that want some get the same, l with them
// where there is one.
func (b *budget) share(l *line) int64 {
	n := b.users + len(b.hungry)
	if l != nil && l.used == 0 && !l.feed.hungry {
		n++
	}
	return b.limit / int64(max(1, n))
}

// fits reports whether a hot event has room: those that wait for their turn to read
// come first.
func (b *budget) fits(n int64) bool {
	return b.used == 0 || len(b.hungry) == 0 && b.used+n <= b.limit
}

// enough reports whether the line has its share; it reads on once it has delivered
// some of it.
func (b *budget) enough(l *line) bool { return l.used > 0 && b.share(l)-l.used < leastRead }

// room makes room for a line to read want bytes, and returns how much it may: 0 where
// it has to wait until others release some. mu is held.
func (c *Courier) room(l *line, want int64) int64 {
	b := &c.budget
	least := min(want, leastRead)
	want = min(want, max(b.share(l)-l.used, least))
	for b.limit-b.used < want && c.evictLargest(l) {
		continue
	}
	switch free := b.limit - b.used; {
	case free >= least:
		return min(want, free)
	case b.used == 0:
		return least // one event always has room
	default:
		return 0
	}
}

// evictLargest takes memory from the line that has the most, if that is more than
// its share and some of it only waits.
func (c *Courier) evictLargest(but *line) bool {
	var victim *line
	share := c.budget.share(but)
	for l := range c.lines() {
		if l != but && l.used > share && l.idle() && (victim == nil || l.used > victim.used) {
			victim = l
		}
	}
	if victim == nil {
		return false
	}
	if !c.evict(victim, (victim.ready.len()+victim.suspects())/2) {
		return false
	}
	c.queueUp(victim) // it reads again what it had
	return true
}

// idle reports whether something in the line's memory only waits.
func (l *line) idle() bool {
	return l.ready.len() > 0 || l.keys != nil && l.keys.queued > 0 || l.suspects() > 0
}

// suspects counts those of the line that wait for their turn.
func (l *line) suspects() (n int) {
	all := &l.plugin.suspects
	for i := range all.len() {
		if all.at(i).line == l {
			n++
		}
	}
	return n
}

// queueUp has a line wait for its turn to read.
func (c *Courier) queueUp(l *line) {
	if !l.feed.hungry {
		l.feed.hungry = true
		c.budget.hungry = append(c.budget.hungry, l)
	}
}

// letGo takes everything that waits out of memory; mu is held.
func (c *Courier) letGo(l *line) {
	c.evict(l, 0)
	if l.keys != nil {
		l.keys.forgetHeld()
	}
}

// evict lets go of the copies that wait, but for the first keep of those whose turn is
// next, suspects and others, and has them read again later. It reports whether there
// were any. mu is held.
func (c *Courier) evict(l *line, keep int) bool {
	n := 0
	drop := func(it *item) { n++; c.drop(it) }
	i := 0
	kept := func(it *item) bool {
		if it.line != l {
			return true
		}
		if i++; i <= keep {
			return true
		}
		drop(it)
		return false
	}
	if l.plugin.suspects.len() > 0 {
		l.plugin.suspects.filter(kept)
	}
	l.ready.filter(kept)
	if l.keys != nil {
		l.keys.evict(drop)
	}
	return n > 0
}

// drop lets go of a copy that waits; it is read again.
func (c *Courier) drop(it *item) {
	c.forget(it)
	it.line.lookAgain(it)
}

// forget lets go of a copy for good.
func (c *Courier) forget(it *item) {
	l := it.line
	delete(l.plugin.taken, it.copy.Event.Seq)
	c.budget.release(l, it.size)
	it.size = 0
	if it.retry {
		l.feed.retries--
		l.feed.retryBytes -= it.body
	}
}
