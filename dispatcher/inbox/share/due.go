package share

import (
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// dues are what the keeper knows of the copies that wait for another attempt.
type dues struct {
	wake chan struct{} // takes one: something falls due earlier

	mu sync.Mutex
	// next is when the store is to be asked for what is due, by plugin.
	next map[string]time.Time
	// offered are the copies that are due and were offered, with their attempts.
	offered map[string]map[uint64]int
	// settled are the attempts of what has got a result while the store is asked: a copy
	// that was read before has fewer.
	settled map[suspectOf]int
}

func (d *dues) init() {
	d.wake = make(chan struct{}, 1)
	d.reset()
}

func (d *dues) reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next, d.offered = map[string]time.Time{}, map[string]map[uint64]int{}
}

// results takes note of what attempts have led to.
func (d *dues) results(results []store.Result) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range results {
		r := &results[i]
		delete(d.offered[r.Plugin], r.Seq)
		if d.settled != nil {
			d.settled[suspectOf{r.Plugin, r.Seq}] = r.Attempts
		}
		if r.State == store.Retry {
			d.at(r.Plugin, r.DueAt)
		}
	}
}

// ask has the store asked for the plugin's at a time.
func (d *dues) ask(plugin string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at(plugin, at)
}

func (d *dues) at(plugin string, at time.Time) {
	if old, ok := d.next[plugin]; !ok || at.Before(old) {
		d.next[plugin] = at
		signal(d.wake)
	}
}

// now are the plugins that the store is to be asked for; they are forgotten.
func (d *dues) now() (plugins []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for plugin, at := range d.next {
		if !at.After(now) {
			plugins = append(plugins, plugin)
			delete(d.next, plugin)
		}
	}
	return plugins
}

// earliest is when the store is to be asked next; zero for never.
func (d *dues) earliest() (at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, next := range d.next {
		if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at
}

// asking is told that the store is going to be asked, and counts the plugin's copies that
// were offered and have no result.
func (d *dues) asking(plugin string) (outstanding int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = map[suspectOf]int{}
	return len(d.offered[plugin])
}

// asked is told that the answer was dealt with.
func (d *dues) asked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settled = nil
}

// offer takes note that a copy is offered; false where it was, or has a result by now.
func (d *dues) offer(c *store.Copy) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if attempts, ok := d.settled[suspectOf{c.Plugin, c.Event.Seq}]; ok && c.Attempts < attempts {
		return false
	}
	seqs := d.offered[c.Plugin]
	if seqs == nil {
		seqs = map[uint64]int{}
		d.offered[c.Plugin] = seqs
	}
	if attempts, ok := seqs[c.Event.Seq]; ok && attempts == c.Attempts {
		return false
	}
	seqs[c.Event.Seq] = c.Attempts
	return true
}

// takeBack forgets offers that were not made.
func (d *dues) takeBack(plugin string, seqs ...uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, seq := range seqs {
		delete(d.offered[plugin], seq)
	}
}

// forget forgets a plugin's offers.
func (d *dues) forget(plugin string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.offered, plugin)
}
