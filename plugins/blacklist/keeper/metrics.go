package keeper

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
	"github.com/switchhook/switchhook/sdk/sdkmetrics"
)

// metrics is what the plugin measures of itself; the gateway asks for it. No label
// holds an app or an account.
type metrics struct {
	registry  *sdkmetrics.Registry
	changed   map[store.State]prometheus.Counter
	unchanged prometheus.Counter
	empty     prometheus.Counter
	writes    prometheus.Histogram
}

// newMetrics returns the metrics of a plugin whose file takes as many bytes as size
// says, when it is asked.
func newMetrics(size func() float64) *metrics {
	registry := sdkmetrics.New()
	factory := promauto.With(registry)
	changed := factory.NewCounterVec(prometheus.CounterOpts{
		Name: "blacklist_pairs_changed_total", Help: "Pairs that a callback wrote down, by what it said of them.",
	}, []string{"state"})
	factory.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "blacklist_file_size_bytes", Help: "What the database takes on disk, with its write-ahead log.",
	}, size)
	return &metrics{
		registry: registry,
		changed: map[store.State]prometheus.Counter{
			store.Blocked:   changed.WithLabelValues(string(store.Blocked)),
			store.Unblocked: changed.WithLabelValues(string(store.Unblocked)),
		},
		unchanged: factory.NewCounter(prometheus.CounterOpts{
			Name: "blacklist_pairs_unchanged_total", Help: "Pairs of which something later was written down already, or that came twice.",
		}),
		empty: factory.NewCounter(prometheus.CounterOpts{
			Name: "blacklist_empty_callbacks_total", Help: "Callbacks that named no pair.",
		}),
		writes: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "blacklist_write_duration_seconds", Help: "How long a callback's pairs took to be on disk; failed writes too.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}),
	}
}

// wrote takes note of one callback's pairs, of which some changed a row.
func (m *metrics) wrote(state store.State, pairs int, changed int64) {
	m.changed[state].Add(float64(changed))
	m.unchanged.Add(float64(int64(pairs) - changed))
}

// timed takes note of a write that began then.
func (m *metrics) timed(begun time.Time) { m.writes.Observe(time.Since(begun).Seconds()) }
