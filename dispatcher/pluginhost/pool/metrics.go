package pool

import "github.com/prometheus/client_golang/prometheus"

// The closed sets of labels of what pools count.
const (
	secondDied    = "died"
	secondSlow    = "slow"
	secondNotSent = "not_sent"

	secondAnswered = "answered"
	secondFailed   = "failed"
	secondUnneeded = "unneeded"

	withheldBudget = "budget"
	withheldPlaces = "places"

	waitServed  = "served"
	waitGivenUp = "given_up"
	waitNoRoom  = "no_room"
)

// Metrics is what pools count. All of it is off a callback's usual way, so each
// count looks its series up: a pool outlives the series of its plugin.
type Metrics struct {
	seconds    *prometheus.CounterVec
	withheld   *prometheus.CounterVec
	waits      *prometheus.CounterVec
	rejections *prometheus.CounterVec
	parked     *prometheus.CounterVec
}

// NewMetrics returns the series of all pools, none of them registered yet.
func NewMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"plugin"}, labels...))
	}
	return &Metrics{
		seconds: counter("switchhook_plugin_second_attempts_total", "Second attempts at another process of the plugin, "+
			"because the first was lost, slow, or never sent.", "reason", "outcome"),
		withheld: counter("switchhook_plugin_second_attempts_withheld_total", "Second attempts at slow calls that were not made, "+
			"because too many were of late or the command had no place to spare.", "reason"),
		waits: counter("switchhook_plugin_waits_total", "Callbacks that found no process of the plugin and waited for one, "+
			"or found too many waiting.", "outcome"),
		rejections: counter("switchhook_plugin_bulkhead_rejections_total", "Callbacks that got none of the plugin's places "+
			"for their command in time.", "command"),
		parked: counter("switchhook_plugin_quarantined_total", "Callbacks that ended the plugin's processes so often "+
			"that they are not sent to it again."),
	}
}

// Collectors are what to register.
func (m *Metrics) Collectors() []prometheus.Collector {
	return []prometheus.Collector{m.seconds, m.withheld, m.waits, m.rejections, m.parked}
}

// Add makes the series of a plugin at zero; those of a single command are made when
// the plugin claims it.
func (m *Metrics) Add(plugin string) {
	for _, reason := range []string{secondDied, secondSlow, secondNotSent} {
		for _, outcome := range []string{secondAnswered, secondFailed, secondUnneeded} {
			if outcome != secondUnneeded || reason == secondSlow {
				m.seconds.WithLabelValues(plugin, reason, outcome)
			}
		}
	}
	for _, reason := range []string{withheldBudget, withheldPlaces} {
		m.withheld.WithLabelValues(plugin, reason)
	}
	for _, outcome := range []string{waitServed, waitGivenUp, waitNoRoom} {
		m.waits.WithLabelValues(plugin, outcome)
	}
	m.rejections.WithLabelValues(plugin, otherCommands)
	m.parked.WithLabelValues(plugin)
}

// Remove takes the plugin's series away.
func (m *Metrics) Remove(plugin string) {
	labels := prometheus.Labels{"plugin": plugin}
	for _, v := range []*prometheus.CounterVec{m.seconds, m.withheld, m.waits, m.rejections, m.parked} {
		v.DeletePartialMatch(labels)
	}
}

func (m *Metrics) second(plugin, reason, outcome string) {
	m.seconds.WithLabelValues(plugin, reason, outcome).Inc()
}

func (m *Metrics) withhold(plugin, reason string) {
	m.withheld.WithLabelValues(plugin, reason).Inc()
}

func (m *Metrics) waited(plugin, outcome string) { m.waits.WithLabelValues(plugin, outcome).Inc() }

// rejected counts a callback without a place; command is one of a gate.
func (m *Metrics) rejected(plugin, command string) {
	m.rejections.WithLabelValues(plugin, command).Inc()
}

// expect makes the series of a command that the plugin claims at zero: the first
// rejection is an increase then.
func (m *Metrics) expect(plugin, command string) { m.rejections.WithLabelValues(plugin, command) }

// forgetCommand takes away the series of a command that is not the plugin's any more.
func (m *Metrics) forgetCommand(plugin, command string) {
	m.rejections.DeleteLabelValues(plugin, command)
}

func (m *Metrics) quarantined(plugin string) { m.parked.WithLabelValues(plugin).Inc() }
