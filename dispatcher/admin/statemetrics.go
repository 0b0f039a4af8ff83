package admin

import "github.com/prometheus/client_golang/prometheus"

// stateMetrics tells at every scrape what /-/ready would say then.
type stateMetrics struct {
	status func() Status

	ready    *prometheus.Desc
	degraded *prometheus.Desc
	reasons  *prometheus.Desc
}

func newStateMetrics(status func() Status) *stateMetrics {
	return &stateMetrics{
		status: status,
		ready: prometheus.NewDesc("switchhook_ready",
			"1 while /-/ready answers 200: callbacks are answered.", nil, nil),
		degraded: prometheus.NewDesc("switchhook_degraded",
			"1 while something is wrong and callbacks are answered all the same; /-/ready gives the reasons.", nil, nil),
		reasons: prometheus.NewDesc("switchhook_degraded_reasons",
			"How many reasons of the kind /-/ready gives for being degraded.", []string{"reason"}, nil),
	}
}

// Describe implements [prometheus.Collector].
func (m *stateMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.ready, m.degraded, m.reasons} {
		ch <- d
	}
}

// Collect implements [prometheus.Collector].
func (m *stateMetrics) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	status := m.status()
	gauge(m.ready, oneIf(status.State == StateReady))
	gauge(m.degraded, oneIf(len(status.DegradedReasons) > 0))
	counts := make(map[ReasonKind]int)
	for _, r := range status.DegradedReasons {
		counts[r.Kind]++
	}
	for _, kind := range ReasonKinds() {
		gauge(m.reasons, float64(counts[kind]), string(kind))
	}
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
