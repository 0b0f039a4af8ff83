package app

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// brakeMetrics tells at every scrape which brakes are in force, so that none can be
// forgotten in the metrics when it ends.
type brakeMetrics struct {
	app     *App
	inForce *prometheus.Desc
	drift   *prometheus.Desc
}

func newBrakeMetrics(a *App) *brakeMetrics {
	return &brakeMetrics{
		app: a,
		inForce: prometheus.NewDesc("switchhook_brake_in_force",
			"1 for every brake that an operator has put in force; its target is a command or a plugin.", []string{"brake", "target"}, nil),
		drift: prometheus.NewDesc("switchhook_plugin_drift",
			"1 while what serves is not what the plugin's file is; plugin ls says why.", []string{"plugin"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (m *brakeMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.inForce
	ch <- m.drift
}

// Collect implements [prometheus.Collector].
func (m *brakeMetrics) Collect(ch chan<- prometheus.Metric) {
	var bypassed []string
	for _, b := range m.app.bypasses.inForce(time.Now()) {
		bypassed = append(bypassed, b.Command) // sorted; one for each app
	}
	for _, command := range slices.Compact(bypassed) {
		ch <- prometheus.MustNewConstMetric(m.inForce, prometheus.GaugeValue, 1, "bypass", command)
	}
	for _, p := range m.app.host.Status() {
		for _, brake := range brakeNames(p) {
			ch <- prometheus.MustNewConstMetric(m.inForce, prometheus.GaugeValue, 1, brake, p.Name)
		}
		drift := 0.0
		if p.Drift != "" {
			drift = 1
		}
		ch <- prometheus.MustNewConstMetric(m.drift, prometheus.GaugeValue, drift, p.Name)
	}
}

// brakeNames are the plugin's brakes as a label has them: the first word of each.
func brakeNames(p pluginhost.Status) []string {
	names := make([]string, len(p.Brakes))
	for i, brake := range p.Brakes {
		names[i], _, _ = strings.Cut(brake, " ")
	}
	slices.Sort(names)
	return slices.Compact(names)
}
