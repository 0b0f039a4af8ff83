package pluginmetrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

const (
	// wait is how long a scrape waits for what plugins give.
	wait = 800 * time.Millisecond
	// patience is how long one collection may take in all: a late one is shown later.
	patience = 30 * time.Second
	// maxAge is how long what a process gave last is shown.
	maxAge = 2 * time.Minute
)

// ErrTooLarge is what [Process.Collect] returns, wrapped or not, when the answer is
// beyond what a process may give.
var ErrTooLarge = errors.New("the answer is above the limit of 1 MiB")

// Plugin is a plugin that measures itself.
type Plugin struct {
	// Name is its name in this gateway, the label plugin.
	Name string
	// Processes are those that can be asked now. There may be none.
	Processes []Process
}

// Process is one process of a plugin.
type Process struct {
	// ID is comparable and tells the process from every other one, the one before it in
	// its place included.
	ID any
	// Replica is its number among the plugin's processes, the label replica.
	Replica int
	// Collect asks it for messages io.prometheus.client.MetricFamily, each behind its
	// length. It is called from a goroutine of its own, never twice at once for one
	// process, and should end soon after ctx does.
	Collect func(ctx context.Context) ([]byte, error)
	// Hide takes the process's secrets out of a text: of names, helps and the values of
	// labels. It is called from many goroutines. Nil hides nothing.
	Hide func(text string) string
}

// Options configure a [Collector]. Plugins is needed.
type Options struct {
	// Plugins returns the plugins that measure themselves. It is called at every scrape,
	// from many goroutines at once, and has to be quick.
	Plugins func() []Plugin
	// Logger is told what is left out; nil means slog.Default.
	Logger *slog.Logger
}

// Collector asks plugins what they measure. It is a prometheus.Collector, to be
// registered once, and may be used from many goroutines at once. Close is due.
type Collector struct {
	options Options
	counts  *counts
	life    context.Context //nolint:containedctx // Collections outlive the scrape that began them.
	end     context.CancelFunc
	work    sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	plugins map[string]*plugin
	names   names
}

// New returns a collector that has asked nobody yet.
func New(o Options) (*Collector, error) {
	if o.Plugins == nil {
		return nil, errors.New("pluginmetrics options: Plugins is missing")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	c := &Collector{options: o, counts: newCounts(), plugins: make(map[string]*plugin), names: newNames()}
	c.life, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Close ends the collections under way and waits for them. A scrape that comes later
// shows what was collected before.
func (c *Collector) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.end()
	c.work.Wait()
}

// Describe implements [prometheus.Collector]. It describes nothing, because nobody
// knows what plugins will measure.
func (c *Collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector]: it asks every plugin, and sends what they
// gave, and how the asking went.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	c.ask(func(string) bool { return true })
	c.mu.Lock()
	shown, told := c.shown(c.sorted(), time.Now()), c.told(time.Now())
	c.mu.Unlock()
	for _, m := range append(shown, told...) {
		ch <- m
	}
	c.counts.collect(ch)
}

// Of returns what asks one plugin, and nobody else, each time that it gathers. The
// error says that there is no such plugin, or none that measures itself.
func (c *Collector) Of(name string) (prometheus.GathererFunc, error) {
	c.mu.Lock()
	c.meet()
	_, ok := c.plugins[name]
	c.mu.Unlock()
	if !ok {
		return nil, fmt.Errorf("there is no plugin %q that offers metrics", clip(name))
	}
	r := prometheus.NewRegistry()
	if err := r.Register(only{c, name}); err != nil {
		return nil, fmt.Errorf("register the metrics of plugin %s: %w", name, err)
	}
	return r.Gather, nil
}

// only collects what one plugin gives.
type only struct {
	*Collector

	name string
}

// Collect implements [prometheus.Collector].
func (o only) Collect(ch chan<- prometheus.Metric) {
	o.ask(func(name string) bool { return name == o.name })
	o.mu.Lock()
	var shown []prometheus.Metric
	if p, ok := o.plugins[o.name]; ok {
		shown = o.shown([]*plugin{p}, time.Now())
	}
	o.mu.Unlock()
	for _, m := range shown {
		ch <- m
	}
}

// ask begins a collection of every process that is wanted and has none, and waits for
// those that may be in time.
func (c *Collector) ask(wanted func(plugin string) bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	flights := c.begin(wanted)
	for i, f := range flights {
		select {
		case <-f.done:
		case <-timer.C:
			c.overdue(flights[i:])
			return
		}
	}
}

// begin takes note of who is there and starts what is to be started.
func (c *Collector) begin(wanted func(plugin string) bool) []*flight {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.meet()
	var flights []*flight
	for name, p := range c.plugins {
		if !wanted(name) {
			continue
		}
		for _, proc := range p.processes {
			if proc.flight == nil {
				c.start(proc)
			}
			if !proc.late {
				flights = append(flights, proc.flight)
			}
		}
	}
	return flights
}

// meet takes note of the plugins and processes that are there now, and lets go of those
// that are not. It is called with the lock.
func (c *Collector) meet() {
	here := make(map[string]bool)
	for _, p := range c.options.Plugins() {
		here[p.Name] = true
		known, ok := c.plugins[p.Name]
		if !ok {
			known = &plugin{name: p.Name, processes: make(map[any]*process), wrong: make(map[string]map[int]struct{}), told: make(map[string]time.Time)}
			c.plugins[p.Name] = known
			c.counts.add(p.Name)
		}
		c.meetProcesses(known, p.Processes)
	}
	for name, p := range c.plugins {
		if !here[name] {
			c.meetProcesses(p, nil)
			delete(c.plugins, name)
			c.counts.remove(name)
		}
	}
}

func (c *Collector) meetProcesses(p *plugin, processes []Process) {
	here := make(map[any]bool, len(processes))
	for _, source := range processes {
		here[source.ID] = true
		if _, ok := p.processes[source.ID]; !ok {
			p.processes[source.ID] = &process{plugin: p, source: source, met: time.Now(), names: make(map[string]struct{})}
		}
	}
	for id, proc := range p.processes {
		if !here[id] {
			proc.gone = true
			c.names.release(proc)
			delete(p.processes, id)
		}
	}
}

// sorted returns the plugins by name. It is called with the lock.
func (c *Collector) sorted() []*plugin {
	all := make([]*plugin, 0, len(c.plugins))
	for _, p := range c.plugins {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *plugin) int { return cmp.Compare(a.name, b.name) })
	return all
}

// shown returns what the plugins gave that is not too old. It is called with the lock.
func (c *Collector) shown(plugins []*plugin, now time.Time) []prometheus.Metric {
	var all []prometheus.Metric
	for _, p := range plugins {
		for _, proc := range p.processes {
			for _, f := range proc.fresh(now) {
				for _, m := range f.series {
					all = append(all, given{f.desc, m})
				}
			}
		}
	}
	return all
}

// given is one series as a plugin gave it. It is never changed.
type given struct {
	desc   *prometheus.Desc
	metric *dto.Metric
}

// Desc implements [prometheus.Metric].
func (g given) Desc() *prometheus.Desc { return g.desc }

// Write implements [prometheus.Metric].
func (g given) Write(out *dto.Metric) error {
	out.Label, out.Counter, out.Gauge, out.Untyped = g.metric.GetLabel(), g.metric.GetCounter(), g.metric.GetGauge(), g.metric.GetUntyped()
	out.Summary, out.Histogram = g.metric.GetSummary(), g.metric.GetHistogram()
	return nil
}
