package courier

import (
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Committed is told of every commit, in order and one at a time. It takes what was
// appended into memory, forgets what has a result now, and has what was made ready
// again read. It waits for nothing; the batch's events are kept, the batch is not.
func (c *Courier) Committed(b *store.Batch) {
	items := c.appended(b.Appends)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	for i, it := range items {
		a := &b.Appends[i]
		for n, name := range a.Plugins {
			if a.Duplicate {
				break
			}
			if n > 0 {
				it = newItem(it.copy, it.order, it.key)
			}
			c.deliverNew(name, it)
		}
	}
	for i := range b.Results {
		c.settle(&b.Results[i])
	}
	for i := range b.Requeues {
		if r := &b.Requeues[i]; r.Queued {
			c.requeued(r)
		}
	}
	c.feedHungry()
}

// appended makes the items. Order keys are read here, where no lock is held.
func (c *Courier) appended(appends []store.Append) []*item {
	items := make([]*item, len(appends))
	r := c.rules.Load()
	for i := range appends {
		if a := &appends[i]; !a.Duplicate {
			items[i] = c.itemOf(store.Copy{Event: a.Event, State: store.Ready, Purpose: sdk.Live}, r.of(a.Event.Command).order)
		}
	}
	return items
}

func (c *Courier) deliverNew(name string, it *item) {
	l := c.lineOf(name, it.copy.Event.Command)
	it.copy.Plugin = name
	it.line, it.command = l, l.commands[it.copy.Event.Command]
	c.append(it)
	c.kick(l)
}

// settle is told that a result is committed.
func (c *Courier) settle(r *store.Result) {
	p := c.plugins[r.Plugin]
	if p == nil {
		return
	}
	it := p.taken[r.Seq]
	if it == nil || !it.reported {
		return
	}
	c.forget(it)
	for _, rd := range p.reads {
		if rd.settled == nil {
			rd.settled = map[uint64]struct{}{}
		}
		rd.settled[r.Seq] = struct{}{}
	}
	l := it.line
	l.unsettled--
	switch {
	case l.retired:
		if l.unsettled == 0 {
			c.kickPlugin(p)
		}
		return
	case l.keys != nil:
		c.settledKey(it, r)
	case r.State == store.Retry:
		l.feed.retryAt(r.DueAt)
	}
	c.kick(l)
}

// requeued is told that a copy is ready again.
func (c *Courier) requeued(r *store.Requeue) {
	if r.Command != "" {
		l := c.lineOf(r.Plugin, r.Command)
		l.readyAgain(r.Seq)
		c.kick(l)
		return
	}
	p := c.plugins[r.Plugin]
	if p == nil {
		return
	}
	for _, l := range p.named {
		l.readyAgain(r.Seq)
		c.kick(l)
	}
}

// readyAgain has the line read a copy that a commit made ready.
func (l *line) readyAgain(seq uint64) {
	f := &l.feed
	f.newest, f.behind = max(f.newest, seq), true
	if seq <= f.cursor || f.current != nil {
		l.rewind(seq - 1)
	}
}

func (c *Courier) kickPlugin(p *plugin) {
	for _, l := range p.named {
		c.kick(l)
	}
}
