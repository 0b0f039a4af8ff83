package pluginhost

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// censusTime is how long a scrape may take to look at processes. Each look is a matter
// of microseconds; those that come after it are left out of that scrape.
const censusTime = 2 * time.Second

// census tells at every scrape what the plugins' processes take: places for calls, and
// what the system says of each, whatever language it is written in. What is read at the
// moment of the scrape cannot be forgotten when a process ends.
type census struct {
	host            *Host
	inFlight, limit *prometheus.Desc
	ofProcess       []figure
}

// figure is one thing that the system says of a process.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
	of   func(figures) (value float64, known bool)
}

// figures are what the system says of a process; a negative one is not known.
type figures struct{ cpuSeconds, residentBytes, openFDs, maxFDs, threads float64 }

// unknownFigures is what is known of a process that cannot be looked at.
func unknownFigures() figures { return figures{-1, -1, -1, -1, -1} }

func newCensus(h *Host) *census {
	ofPlugin := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"plugin"}, nil)
	}
	ofProcess := func(name, help string, kind prometheus.ValueType, of func(figures) float64) figure {
		return figure{prometheus.NewDesc(name, help, []string{"plugin", "replica"}, nil), kind, func(f figures) (float64, bool) {
			value := of(f)
			return value, value >= 0
		}}
	}
	return &census{
		host: h,
		inFlight: ofPlugin("switchhook_plugin_calls_in_flight", "Calls of one command that the plugin has and has not answered, "+
			"of the command with the most."),
		limit: ofPlugin("switchhook_plugin_calls_in_flight_limit", "Calls of one command that the plugin may have at once, over all its processes."),
		ofProcess: []figure{
			ofProcess("switchhook_plugin_process_cpu_seconds_total", "Processor time of the plugin's process, its user's and the system's.",
				prometheus.CounterValue, func(f figures) float64 { return f.cpuSeconds }),
			ofProcess("switchhook_plugin_process_resident_memory_bytes", "Memory of the plugin's process that is in RAM.",
				prometheus.GaugeValue, func(f figures) float64 { return f.residentBytes }),
			ofProcess("switchhook_plugin_process_open_fds", "Files and sockets that the plugin's process has open.",
				prometheus.GaugeValue, func(f figures) float64 { return f.openFDs }),
			ofProcess("switchhook_plugin_process_max_fds", "Files and sockets that the plugin's process may have open.",
				prometheus.GaugeValue, func(f figures) float64 { return f.maxFDs }),
			ofProcess("switchhook_plugin_process_threads", "Threads of the plugin's process.",
				prometheus.GaugeValue, func(f figures) float64 { return f.threads }),
		},
	}
}

// Describe implements [prometheus.Collector].
func (c *census) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.inFlight
	ch <- c.limit
	for _, f := range c.ofProcess {
		ch <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (c *census) Collect(ch chan<- prometheus.Metric) {
	end := time.Now().Add(censusTime)
	for _, d := range c.host.deployments() {
		inFlight, limit := d.pool.Busiest()
		ch <- prometheus.MustNewConstMetric(c.inFlight, prometheus.GaugeValue, float64(inFlight), d.plan.name)
		ch <- prometheus.MustNewConstMetric(c.limit, prometheus.GaugeValue, float64(limit), d.plan.name)
		for _, in := range d.readyInstances() {
			if time.Now().Before(end) {
				c.look(ch, d.plan.name, in)
			}
		}
	}
}

// look tells of one process. Its id may be another's once it has ended.
func (c *census) look(ch chan<- prometheus.Metric, plugin string, in *instance) {
	if in.pid <= 0 {
		return
	}
	seen := figuresOf(in.pid)
	if in.ended() {
		return
	}
	for _, f := range c.ofProcess {
		if value, known := f.of(seen); known {
			ch <- prometheus.MustNewConstMetric(f.desc, f.kind, value, plugin, strconv.Itoa(in.number))
		}
	}
}
