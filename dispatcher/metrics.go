package dispatcher

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// labelOther stands for every command that neither the catalogue nor the
// operator nor a plugin names, so that no request can mint a series.
const labelOther = "other"

// metrics are the core's series. Children are looked up when a table is built;
// counting a callback looks nothing up and allocates nothing. What is true of a
// table, and not counted, is [tableMetrics].
type metrics struct {
	callbacks  *prometheus.CounterVec
	apps       *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	defaulted  *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	took       *prometheus.HistogramVec
	inFlight   *prometheus.GaugeVec
	other      *routeMetrics

	traceID func(context.Context) string
	made    children
}

func newMetrics(reg prometheus.Registerer, traceID func(context.Context) string) (*metrics, error) {
	m := &metrics{
		traceID: traceID, made: newChildren(),
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
		duration: latencies("switchhook_callback_duration_seconds", "Time from the first byte read to the answer; Tencent waits 2 s.",
			"command", callbackBuckets()),
		took: latencies("switchhook_delivery_duration_seconds", "Time of one attempt at a plugin, from the call to its answer.",
			"plugin", append(callbackBuckets(), 10, 30)), //nolint:mnd // a delivery of the inbox has 30 s
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "switchhook_callbacks_in_flight",
			Help: "Callbacks being answered right now.",
		}, []string{"command"}),
	}
	for _, c := range []prometheus.Collector{m.callbacks, m.apps, m.deliveries, m.defaulted, m.duration, m.took, m.inFlight} {
		if err := reg.Register(c); err != nil {
			return nil, err //nolint:wrapcheck // New names what was being done
		}
	}
	m.other = m.everything(labelOther)
	return m, nil
}

// routeMetrics are the children of one command.
type routeMetrics struct {
	callbacks outcomeCounters
	defaulted outcomeCounters
	duration  latency
	inFlight  prometheus.Gauge
}

// everything makes the children of commands of any kind.
func (m *metrics) everything(command string) *routeMetrics {
	return m.of(command, func(Outcome) bool { return true }, Outcome.Failed)
}

// route makes the children of a command that is answered in that mode.
func (m *metrics) route(command string, contract *imevent.Contract, mode Mode) *routeMetrics {
	if command == labelOther {
		return m.other
	}
	m.made.command(command)
	return m.of(command,
		func(o Outcome) bool { return o.ofCallback(contract, mode) },
		func(o Outcome) bool { return contract.Phase == imevent.Before && o.Failed() })
}

func (m *metrics) of(command string, may, mayDefault func(Outcome) bool) *routeMetrics {
	return &routeMetrics{
		callbacks: countOutcomes(m.callbacks, may, command),
		defaulted: countOutcomes(m.defaulted, mayDefault, command),
		duration:  newLatency(m.duration.WithLabelValues(command), m.traceID),
		inFlight:  m.inFlight.WithLabelValues(command),
	}
}

func (m *metrics) app(id string) *outcomeCounters {
	m.made.app(id)
	counters := countOutcomes(m.apps, func(Outcome) bool { return true }, id)
	return &counters
}

// targetMetrics are the children of one handler of a command.
type targetMetrics struct {
	deliveries outcomeCounters
	took       latency // of the plugin, whatever the command
}

func (m *metrics) target(command, plugin string, contract *imevent.Contract) *targetMetrics {
	m.made.delivery(delivery{command, plugin})
	return &targetMetrics{
		deliveries: countOutcomes(m.deliveries, func(o Outcome) bool { return o.ofAttempt(contract) }, command, plugin),
		took:       newLatency(m.took.WithLabelValues(plugin), m.traceID),
	}
}

// forget removes the series that stood for what t does not route. Callbacks under
// way may still count on a removed child; that count is lost.
func (m *metrics) forget(t *Table) {
	gone := m.made.without(t)
	for app := range gone.apps {
		m.apps.DeletePartialMatch(prometheus.Labels{"app": app})
	}
	for command := range gone.commands {
		labels := prometheus.Labels{"command": command}
		m.callbacks.DeletePartialMatch(labels)
		m.defaulted.DeletePartialMatch(labels)
		m.duration.DeletePartialMatch(labels)
		m.inFlight.DeletePartialMatch(labels)
	}
	for pair := range gone.pairs {
		m.deliveries.DeletePartialMatch(prometheus.Labels{"command": pair.command, "plugin": pair.plugin})
	}
	for plugin := range gone.plugins {
		m.took.DeletePartialMatch(prometheus.Labels{"plugin": plugin})
	}
}
