package pluginmetrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counts is how the asking goes. It is sent with what plugins gave, so that a scrape
// tells of its own collections.
type counts struct {
	collects, dropped     *prometheus.CounterVec
	duration, age, series *prometheus.Desc
}

func newCounts() *counts {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"plugin"}, nil)
	}
	return &counts{
		collects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_plugin_collects_total", Help: "Times that a process of the plugin was asked what it measures, by outcome.",
		}, []string{"plugin", "result"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_plugin_collect_dropped_total", Help: "Families or series of the plugin that were left out, by reason.",
		}, []string{"plugin", "reason"}),
		duration: gauge("switchhook_plugin_collect_duration_seconds", "How long the plugin took to say what it measures, the last time; "+
			"of the slowest process."),
		age: gauge("switchhook_plugin_collect_age_seconds", "How long ago the plugin measured what is shown of it, or was asked first "+
			"where it has given nothing; of the process with the oldest."),
		series: gauge("switchhook_plugin_collect_series", "Series of the plugin's own that are shown, of all its processes."),
	}
}

// add makes the counters of a plugin, at zero.
func (c *counts) add(plugin string) {
	for _, result := range []string{resultOK, resultTimeout, resultFailed, resultBadData} {
		c.collects.WithLabelValues(plugin, result)
	}
	for _, r := range Reasons() {
		c.dropped.WithLabelValues(plugin, string(r))
	}
}

// remove takes them away.
func (c *counts) remove(plugin string) {
	c.collects.DeletePartialMatch(prometheus.Labels{"plugin": plugin})
	c.dropped.DeletePartialMatch(prometheus.Labels{"plugin": plugin})
}

func (c *counts) collected(plugin, result string) { c.collects.WithLabelValues(plugin, result).Inc() }

func (c *counts) left(plugin string, d drops) {
	for reason, drop := range d {
		c.dropped.WithLabelValues(plugin, string(reason)).Add(float64(drop.count))
	}
}

func (c *counts) collect(ch chan<- prometheus.Metric) {
	c.collects.Collect(ch)
	c.dropped.Collect(ch)
}

// told is what the plugins' processes are asked for now comes to: the gauges of all
// plugins with a process. It is called with the lock.
func (c *Collector) told(now time.Time) []prometheus.Metric {
	var all []prometheus.Metric
	for _, p := range c.plugins {
		if len(p.processes) == 0 {
			continue
		}
		var took, age time.Duration
		n := 0
		for _, proc := range p.processes {
			took = max(took, proc.took)
			since := proc.met
			if !proc.at.IsZero() {
				since = proc.at
			}
			age = max(age, now.Sub(since))
			for _, f := range proc.fresh(now) {
				n += f.weight
			}
		}
		for desc, value := range map[*prometheus.Desc]float64{
			c.counts.duration: took.Seconds(), c.counts.age: age.Seconds(), c.counts.series: float64(n),
		} {
			all = append(all, prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, p.name))
		}
	}
	return all
}
