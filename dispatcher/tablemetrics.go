package dispatcher

import (
	"slices"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// tableMetrics tells at every scrape what the table of the moment says: nothing of
// it has to be kept up to date, or removed when a route, an app or a plugin goes.
type tableMetrics struct {
	table *atomic.Pointer[Table]

	route       *prometheus.Desc
	limit       *prometheus.Desc
	appInFlight *prometheus.Desc
	appLimit    *prometheus.Desc
}

func newTableMetrics(table *atomic.Pointer[Table]) *tableMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return &tableMetrics{
		table: table,
		route: desc("switchhook_route_info",
			"1 for every plugin that a command is routed to, with the mode in which it is answered.", "command", "plugin", "mode"),
		limit: desc("switchhook_callbacks_in_flight_limit",
			"How many callbacks of the command may be under way at once: the sum over the apps, each of which has its own; 0 where nothing is routed.", "command"),
		appInFlight: desc("switchhook_app_callbacks_in_flight",
			"Places of the app in use: its callbacks under way since the routes last changed.", "app"),
		appLimit: desc("switchhook_app_callbacks_in_flight_limit",
			"Places of the app; events leave a quarter of them to callbacks whose answer Tencent waits for.", "app"),
	}
}

// Describe implements [prometheus.Collector].
func (m *tableMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.route, m.limit, m.appInFlight, m.appLimit} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (m *tableMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	t := m.table.Load()
	for _, s := range t.serving {
		gauge(m.route, 1, s.command, s.plugin, s.mode.String())
	}
	for command, limit := range t.limits() {
		gauge(m.limit, limit, command)
	}
	for id, app := range t.apps {
		gauge(m.appInFlight, app.limit.now.Load(), id)
		gauge(m.appLimit, app.limit.max, id)
	}
}

// serving is that a plugin serves a command, as a label set.
type serving struct {
	command, plugin string
	mode            Mode
}

// servingOf says which plugin serves what, once for all apps that are alike.
func servingOf(routes []RouteInfo) []serving {
	var all []serving
	known := make(map[serving]bool)
	for _, r := range routes {
		for _, plugin := range r.Handlers {
			s := serving{labelOf(r.Command), plugin, r.Mode}
			if !known[s] {
				known[s] = true
				all = append(all, s)
			}
		}
	}
	return slices.Clip(all)
}

// limits adds up the routes' limits by command. What nobody names has the sum of the
// patterns that cover it.
func (t *Table) limits() map[string]int64 {
	limits := map[string]int64{labelOther: 0}
	for _, r := range t.routes {
		limits[labelOf(r.Command)] += int64(r.MaxInFlight)
	}
	return limits
}

// labelOf returns the metric label of a command or a pattern: its own name, unless it
// stands for commands that nobody has named.
func labelOf(subject string) string {
	if !exact(subject) {
		return labelOther
	}
	return subject
}
