package tracing

import "github.com/prometheus/client_golang/prometheus"

// metrics count what became of spans.
type metrics struct {
	exported, dropped prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		exported: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_trace_spans_exported_total",
			Help: "Spans that the collector has taken.",
		}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_trace_spans_dropped_total",
			Help: "Spans that were lost: the queue was full, or the collector was away or refused them.",
		}),
	}
	for _, c := range []prometheus.Collector{m.exported, m.dropped} {
		if err := reg.Register(c); err != nil {
			return nil, err //nolint:wrapcheck // New names what was being done
		}
	}
	return m, nil
}
