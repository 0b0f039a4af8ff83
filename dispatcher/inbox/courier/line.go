package courier

import (
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// item is a copy in hand.
type item struct {
	copy    store.Copy
	line    *line
	command *command
	// key is what orders it, in a line that is ordered.
	key string
	// size is what it takes of the memory.
	size int64
	// retry says that the copy is in retry in the store, body how long it is.
	retry   bool
	body    int64
	suspect bool
	// order is what key was read by, timeout the attempt's, begun its beginning.
	order   Order
	timeout time.Duration
	begun   time.Time
	// reported says that its result is on its way to the commit.
	reported bool
	// epoch is the window's when the attempt began.
	epoch uint32
}

// line is what is delivered together. It is under the courier's lock.
type line struct {
	plugin   *plugin
	name     string
	order    Order
	commands map[string]*command
	// unasked counts the commands of which Serves has not been asked. Until it has,
	// nothing is delivered: what is new may be earlier than what is in memory.
	unasked int
	window  window
	// ready are the copies in memory that nothing but the window keeps from their
	// delivery; inFlight counts those under way, unsettled those and the ones whose
	// result is not committed.
	ready     queue
	inFlight  int
	unsettled int
	used      int64 // of the memory
	// keys are those of an ordered line; nil in any other.
	keys *keys
	// feed is the line's place in the store.
	feed feed
	// until is when a line that pauses tries again, why it pauses.
	until     time.Time
	why       string
	lastError string
	timer     alarm
	// retired says that the settings have given its commands to other lines. These
	// wait for the retired one's deliveries.
	retired bool
	after   []*line
}

// lineOf returns the line that delivers the plugin's command; mu is held.
func (c *Courier) lineOf(name, cmd string) *line {
	p := c.pluginOf(name)
	if l := p.lines[cmd]; l != nil {
		return l
	}
	r := c.rules.Load().of(cmd)
	l := p.named[r.line]
	if l == nil {
		l = c.newLine(p, r)
	}
	l.commands[cmd] = &command{rule: r}
	l.unasked++
	p.lines[cmd] = l
	c.check(false)
	return l
}

func (c *Courier) pluginOf(name string) *plugin {
	p := c.plugins[name]
	if p == nil {
		p = &plugin{
			name: name, lines: map[string]*line{}, named: map[string]*line{},
			taken: map[uint64]*item{}, suspected: map[uint64]struct{}{},
		}
		c.plugins[name] = p
	}
	return p
}

func (c *Courier) newLine(p *plugin, r rule) *line {
	l := &line{plugin: p, name: r.line, order: r.order, commands: map[string]*command{}, window: newWindow(r.limit)}
	if r.order != Unordered {
		l.keys = newKeys()
	}
	l.timer.ring = func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		l.timer.rang()
		c.kick(l)
		c.feedHungry()
	}
	p.named[r.line] = l
	return l
}

// served are the commands that can be delivered, sorted.
func (l *line) served() []string {
	names := make([]string, 0, len(l.commands))
	for name, d := range l.commands {
		if d.served() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// kick has the line do what it can: deliver, read, set its alarm; mu is held.
func (c *Courier) kick(l *line) {
	if c.closed || !c.started || l.retired {
		return
	}
	c.pump(l)
	c.read(l, false)
	l.arm()
}

// mayStart reports whether anything but the window keeps the line from delivering.
func (c *Courier) mayStart(l *line) bool {
	if !c.started || c.held || c.closed || l.retired || l.unasked > 0 {
		return false
	}
	if !l.until.IsZero() {
		if time.Now().Before(l.until) {
			return false
		}
		l.until = time.Time{}
	}
	return l.first()
}

// first reports whether the deliveries of the lines before it are settled.
func (l *line) first() bool {
	if len(l.after) > 0 {
		l.after = slices.DeleteFunc(l.after, func(o *line) bool { return o.unsettled == 0 })
	}
	return len(l.after) == 0
}

// pump starts what the window has room for; mu is held.
func (c *Courier) pump(l *line) {
	for it := c.next(l); it != nil; it = c.next(l) {
		c.spawn(func() { c.work(it) })
	}
}

// next takes the next item to deliver out of the line, or returns nil; mu is held.
func (c *Courier) next(l *line) *item {
	p := l.plugin
	if p.suspects.len() == 0 && l.ready.len() == 0 || l.inFlight >= l.window.size || !c.mayStart(l) {
		return nil
	}
	it := c.nextSuspect(l)
	if it == nil {
		if l.ready.len() == 0 {
			return nil
		}
		it = l.ready.popFront()
	}
	it.epoch, it.timeout = l.window.epoch, it.command.rule.timeout
	l.inFlight++
	l.unsettled++
	return it
}

// nextSuspect takes a suspect of the line, if none of its plugin is under way.
func (c *Courier) nextSuspect(l *line) *item {
	p := l.plugin
	if p.trial {
		return nil
	}
	for i := range p.suspects.len() {
		if it := p.suspects.at(i); it.line == l {
			p.suspects.filter(func(o *item) bool { return o != it })
			p.trial = true
			return it
		}
	}
	return nil
}

// take puts a copy into memory, where it waits for its delivery; mu is held.
func (c *Courier) take(it *item) {
	l := it.line
	_, it.suspect = l.plugin.suspected[it.copy.Event.Seq]
	if l.keys != nil && !l.keys.enter(it, c.early(&it.copy, time.Now())) {
		return
	}
	c.budget.use(l, it.size)
	if it.copy.State == store.Retry {
		it.retry, it.body = true, int64(len(it.copy.Event.Body))
		l.feed.retries++
		l.feed.retryBytes += it.body
	}
	l.plugin.taken[it.copy.Event.Seq] = it
	if l.keys == nil || l.keys.leads(it) {
		l.makeReady(it)
	}
}

// makeReady has it wait for nothing but the window.
func (l *line) makeReady(it *item) {
	if it.suspect {
		l.plugin.suspects.pushBack(it)
		return
	}
	l.ready.pushBack(it)
}

// putBack has an item wait again whose attempt cannot have reached the plugin. Where
// order does not matter, others get their chance first: it may be the callback.
func (l *line) putBack(it *item) {
	switch {
	case it.suspect:
		l.plugin.suspects.pushBack(it)
	case l.keys != nil:
		l.ready.pushFront(it)
	default:
		l.ready.pushBack(it)
	}
}

// arm sets the alarm for the next moment at which time alone lets the line go on.
func (l *line) arm() {
	again, retry := l.wakeAt()
	if again.IsZero() && retry.IsZero() && l.until.IsZero() {
		l.timer.set(time.Time{})
		return
	}
	now := time.Now()
	var at time.Time
	for _, t := range [...]time.Time{again, retry, l.until} {
		if t.After(now) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	l.timer.set(at)
}
