package dispatcher

import (
	"github.com/prometheus/client_golang/prometheus"
)

// labelOther stands for every command that neither the catalogue nor the
// operator nor a plugin names, so that no request can mint a series.
const labelOther = "other"

// metrics are the core's series. Children are looked up when a table is built;
// counting a callback looks nothing up and allocates nothing.
type metrics struct {
	callbacks  *prometheus.CounterVec
	apps       *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	defaulted  *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	inFlight   *prometheus.GaugeVec
	other      *routeMetrics
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		callbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_callbacks_total",
			Help: "Authenticated callbacks, by command and by what became of them.",
		}, []string{"command", "outcome"}),
		apps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_app_callbacks_total",
			Help: "Authenticated callbacks, by app and by what became of them.",
		}, []string{"app", "outcome"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_deliveries_total",
			Help: "Attempts to have a callback handled by a plugin, by what became of them.",
		}, []string{"command", "plugin", "outcome"}),
		defaulted: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "switchhook_decisions_defaulted_total",
			Help: "Decisions that no plugin took: the route's policy did, or an operator's bypass.",
		}, []string{"command", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:                            "switchhook_callback_duration_seconds",
			Help:                            "Time from the first byte read to the answer; Tencent waits 2 s.",
			Buckets:                         []float64{.0025, .005, .01, .025, .05, .1, .25, .5, .75, 1.5, 1.9, 2.5, 5},
			NativeHistogramBucketFactor:     1.1,
			NativeHistogramMaxBucketNumber:  160,
			NativeHistogramMinResetDuration: nativeReset,
		}, []string{"command"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchhook_callbacks_in_flight",
			Help: "Callbacks being answered right now.",
		}, []string{"command"}),
	}
	for _, c := range []prometheus.Collector{m.callbacks, m.apps, m.deliveries, m.defaulted, m.duration, m.inFlight} {
		if err := reg.Register(c); err != nil {
			return nil, err //nolint:wrapcheck // New names what was being done
		}
	}
	m.other = m.route(labelOther)
	return m, nil
}

// routeMetrics are the children of one command.
type routeMetrics struct {
	callbacks outcomeCounters
	defaulted outcomeCounters
	duration  prometheus.Observer
	inFlight  prometheus.Gauge
}

// outcomeCounters are the children of one label set, an outcome each.
type outcomeCounters [outcomes]prometheus.Counter

func (m *metrics) route(command string) *routeMetrics {
	r := &routeMetrics{
		duration: m.duration.WithLabelValues(command),
		inFlight: m.inFlight.WithLabelValues(command),
	}
	for _, o := range Outcomes() {
		r.callbacks[o] = m.callbacks.WithLabelValues(command, o.String())
		if o.Failed() {
			r.defaulted[o] = m.defaulted.WithLabelValues(command, o.String())
		}
	}
	return r
}

func (m *metrics) app(id string) *outcomeCounters {
	var counters outcomeCounters
	for _, o := range Outcomes() {
		counters[o] = m.apps.WithLabelValues(id, o.String())
	}
	return &counters
}

func (m *metrics) deliveriesOf(command, plugin string) *outcomeCounters {
	var counters outcomeCounters
	for _, o := range Outcomes() {
		counters[o] = m.deliveries.WithLabelValues(command, plugin, o.String())
	}
	return &counters
}

// forget removes the series that stood for what old routed and next does not.
// Callbacks under way may still count on a removed child; that count is lost.
func (m *metrics) forget(old, next *Table) {
	for app := range old.apps {
		if _, kept := next.apps[app]; !kept {
			m.apps.DeletePartialMatch(prometheus.Labels{"app": app})
		}
	}
	for command := range old.commands {
		if _, kept := next.commands[command]; !kept {
			labels := prometheus.Labels{"command": command}
			m.callbacks.DeletePartialMatch(labels)
			m.defaulted.DeletePartialMatch(labels)
			m.duration.DeletePartialMatch(labels)
			m.inFlight.DeletePartialMatch(labels)
		}
	}
	for pair := range old.pairs {
		if _, kept := next.pairs[pair]; !kept {
			m.deliveries.DeletePartialMatch(prometheus.Labels{"command": pair.command, "plugin": pair.plugin})
		}
	}
}
