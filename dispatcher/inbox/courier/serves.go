package courier

// command is what a line knows of one of its commands.
type command struct {
	rule rule
	// asked says that Serves was asked, why what it said.
	asked bool
	why   string
}

func (d *command) served() bool { return d.asked && d.why == "" }

// check asks Serves in the background about what it has not been asked about, or about
// all there is; mu is held.
func (c *Courier) check(all bool) {
	if c.closed {
		return
	}
	c.recheck, c.recheckAll = true, c.recheckAll || all
	if !c.checking {
		c.checking = true
		c.spawn(c.askServes)
	}
}

// question is one to Serves.
type question struct {
	line    *line
	command string
	why     string
}

func (c *Courier) askServes() {
	for {
		questions, more := c.questions()
		if !more {
			return
		}
		for i := range questions {
			q := &questions[i]
			q.why = c.o.Serves(q.line.plugin.name, q.command)
		}
		c.answered(questions)
	}
}

func (c *Courier) questions() (all []question, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.recheck || c.closed {
		c.checking = false
		return nil, false
	}
	for l := range c.lines() {
		if l.unasked == 0 && !c.recheckAll {
			continue
		}
		for name, d := range l.commands {
			if !d.asked || c.recheckAll {
				all = append(all, question{line: l, command: name})
			}
		}
	}
	c.recheck, c.recheckAll = false, false
	return all, true
}

// answered takes the answers over. A command that was not served before is read from
// the store, and one that is no longer is let go of.
func (c *Courier) answered(questions []question) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, q := range questions {
		d := q.line.commands[q.command]
		if d == nil {
			continue
		}
		if !d.asked {
			q.line.unasked--
		}
		before := d.served()
		d.asked, d.why = true, q.why
		if d.served() != before {
			c.letGo(q.line)
			q.line.reread()
		}
	}
	c.kickAll()
}

// kickAll has every line look at what it can do; mu is held.
func (c *Courier) kickAll() {
	for l := range c.lines() {
		c.kick(l)
	}
	c.feedHungry()
}
