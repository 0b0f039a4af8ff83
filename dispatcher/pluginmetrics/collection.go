package pluginmetrics

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// plugin is what is known of a plugin that measures itself.
type plugin struct {
	name      string
	processes map[any]*process
	// wrong holds, for each thing that went wrong and was logged, the replicas with
	// which it has not gone well since.
	wrong map[string]map[int]struct{}
	// told is when each of them was logged last.
	told map[string]time.Time
}

// process is what is known of one process. All of it is guarded by the collector's
// lock.
type process struct {
	plugin *plugin
	source Process
	met    time.Time
	gone   bool
	names  map[string]struct{} // those that it holds

	flight *flight // the collection under way
	late   bool    // the last one was
	took   time.Duration

	given []*family // what it gave last, at that time
	at    time.Time
}

// fresh returns what the process gave last, unless that is too old.
func (p *process) fresh(now time.Time) []*family {
	if now.Sub(p.at) > maxAge {
		return nil
	}
	return p.given
}

// flight is a collection under way.
type flight struct {
	process *process
	begun   time.Time
	counted bool // as too late
	done    chan struct{}
}

// The outcomes of a collection: the label of switchhook_plugin_collects_total.
const (
	resultOK      = "ok"
	resultTimeout = "timeout"
	resultFailed  = "failed"
	resultBadData = "bad_data"
)

// start begins a collection. It is called with the lock.
func (c *Collector) start(p *process) {
	f := &flight{process: p, begun: time.Now(), done: make(chan struct{})}
	p.flight = f
	c.work.Go(func() {
		families, dropped, err := p.collect(c.life)
		c.settle(f, families, dropped, err)
	})
}

// collect asks the process and reads its answer. Whatever goes wrong on the way costs
// this collection alone.
func (p *process) collect(ctx context.Context) (families []*family, dropped drops, err error) {
	defer func() {
		if r := recover(); r != nil {
			families, dropped, err = nil, drops{Malformed: {count: 1}}, fmt.Errorf("%w: reading it panicked: %v", errBroken, r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer, err := p.source.Collect(ctx)
	if errors.Is(err, ErrTooLarge) {
		return nil, drops{TooLarge: {count: 1}}, err
	}
	if err != nil {
		return nil, nil, err
	}
	return decode(answer, p.plugin.name, strconv.Itoa(p.source.Replica), p.source.Hide)
}

// settle takes the outcome of a collection.
func (c *Collector) settle(f *flight, families []*family, dropped drops, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(f.done)
	p := f.process
	p.flight, p.took = nil, time.Since(f.begun)
	p.late = p.took > wait
	if p.gone || c.closed {
		return
	}
	result := resultOK
	switch {
	case p.late:
		result = resultTimeout
	case err == nil:
	case dropped != nil:
		result = resultBadData
	default:
		result = resultFailed
	}
	if err == nil {
		if dropped == nil {
			dropped = make(drops)
		}
		p.given, p.at = c.admit(p, families, dropped), time.Now()
	}
	if !f.counted {
		c.counts.collected(p.plugin.name, result)
	}
	c.counts.left(p.plugin.name, dropped)
	c.remark(p, result, err)
	c.remarkDrops(p, dropped, err)
}

// admit returns those of the families whose names the process may have.
func (c *Collector) admit(p *process, families []*family, dropped drops) []*family {
	admitted := families[:0]
	for _, f := range families {
		if r, holder := c.names.hold(p, f); r != "" {
			dropped.add(r, f.name, 1)
			dropped.blame(r, f.name, holder)
			continue
		}
		admitted = append(admitted, f)
	}
	return admitted
}

// overdue counts collections that a scrape has waited for in vain.
func (c *Collector) overdue(flights []*flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range flights {
		if f.process.flight != f || f.process.gone || f.counted {
			continue
		}
		f.counted, f.process.late = true, true
		c.counts.collected(f.process.plugin.name, resultTimeout)
		c.remark(f.process, resultTimeout, errLate)
	}
}

var errLate = errors.New("no answer within " + wait.String())
