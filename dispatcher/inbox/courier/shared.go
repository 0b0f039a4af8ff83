package courier

import (
	"slices"
	"time"
)

// What follows is for an archive that gateways share, and that holds for the lines
// without an order only what this gateway was handed. [Courier.Committed] is told of
// results alone then, since what is appended may be another's to deliver.

// Ordered reports whether the settings deliver a command's copies in an order.
func (c *Courier) Ordered(command string) bool {
	return c.rules.Load().of(command).order != Unordered
}

// Appetite is how many copies more the courier has use for, of all that the plugin may be
// handed; inHand counts those that it was handed and that have no result yet, by command.
// It is 0 where the plugin is not served or pauses, and where there is no room in memory.
func (c *Courier) Appetite(plugin string, inHand map[string]int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sated() {
		return 0
	}
	known, open, idle, want := false, false, true, 0
	for l := range c.linesOf(c.plugins[plugin]) {
		if l.keys != nil {
			continue
		}
		n := l.of(inHand)
		known, idle = true, idle && n == 0
		if !l.open() || time.Now().Before(l.until) {
			continue
		}
		open = true
		if n > 0 {
			want += max(0, max(4*l.window.size, minPage)-n)
		}
	}
	if !known || open && idle {
		return minPage // whatever comes first
	}
	return want
}

// sated reports whether nothing can be taken at all; mu is held.
func (c *Courier) sated() bool {
	return !c.started || c.held || c.closed || c.budget.used >= c.budget.limit
}

// of is how many there are of the line's commands.
func (l *line) of(counts map[string]int) (n int) {
	for name := range l.commands {
		n += counts[name]
	}
	return n
}

// Known reports whether there is any line of the plugin.
func (c *Courier) Known(plugin string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.plugins[plugin]
	return p != nil && len(p.named) > 0
}

// linesOf are the plugin's, which may be unknown.
func (c *Courier) linesOf(p *plugin) func(yield func(*line) bool) {
	return func(yield func(*line) bool) {
		if p == nil {
			return
		}
		for _, l := range p.named {
			if !yield(l) {
				return
			}
		}
	}
}

// Offered tells the courier of copies that the archive has now: ready ones, and retries
// that are due. The command is empty where it is not known, and all of the plugin's lines
// look then. It waits for nothing.
func (c *Courier) Offered(plugin, command string, ready []uint64, retries bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	if command != "" {
		c.offered(c.lineOf(plugin, command), ready, retries)
	} else {
		for l := range c.linesOf(c.plugins[plugin]) {
			c.offered(l, ready, retries)
		}
	}
	c.feedHungry()
}

func (c *Courier) offered(l *line, ready []uint64, retries bool) {
	if len(ready) > 0 {
		l.readyAgain(slices.Min(ready))
		l.feed.newest = max(l.feed.newest, slices.Max(ready))
	}
	if retries && l.keys == nil {
		l.feed.dueNow = true
	}
	c.kick(l)
}

// Unsettled counts the plugin's deliveries under way, and those whose result is not
// committed, of a command's line, or of all ordered lines where no command is named. A line
// that has been replaced counts for none.
func (c *Courier) Unsettled(plugin, command string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.plugins[plugin]
	if p == nil {
		return 0
	}
	if command != "" {
		if l := p.lines[command]; l != nil {
			return l.unsettled
		}
		return 0
	}
	for _, l := range p.named {
		if l.keys != nil {
			n += l.unsettled
		}
	}
	return n
}
