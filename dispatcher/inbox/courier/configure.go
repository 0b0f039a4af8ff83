package courier

// Configure takes new settings over. Where they deliver commands together that were
// apart, or the other way round, the new lines begin once the deliveries of the old
// ones are settled.
func (c *Courier) Configure(s Settings) {
	r := newRules(s)
	c.rules.Store(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.budget.limit = r.memory
	for _, p := range c.plugins {
		var old []*line
		for _, l := range p.named {
			if !l.takes(r) {
				old = append(old, l)
			}
		}
		for _, l := range old {
			c.retire(l)
		}
		for _, l := range old {
			for name := range l.commands {
				next := c.lineOf(p.name, name)
				next.after = append(append(next.after, l), l.after...)
				next.reread()
			}
		}
	}
	for c.budget.used > c.budget.limit && c.evictLargest(nil) {
		continue
	}
	c.kickAll()
}

// takes has the line take new rules over, and reports whether it can.
func (l *line) takes(r *rules) bool {
	for name, d := range l.commands {
		now := r.of(name)
		if now.line != l.name || now.order != l.order {
			return false
		}
		d.rule = now
		if now.limit != l.window.limit {
			l.window.resize(now.limit)
		}
	}
	return true
}

// retire ends a line but for its deliveries under way; mu is held.
func (c *Courier) retire(l *line) {
	c.letGo(l)
	l.discard()
	l.retired = true
	l.timer.stop()
	delete(l.plugin.named, l.name)
	for name := range l.commands {
		delete(l.plugin.lines, name)
	}
}
