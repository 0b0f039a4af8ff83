package dispatcher

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// nativeReset is how often a native histogram may start anew to stay small.
	nativeReset = time.Hour
	// maxTraceID is the longest trace ID that becomes an exemplar, in bytes. A W3C
	// trace ID has 32; OpenMetrics allows an exemplar 128 characters, and the library
	// panics beyond them.
	maxTraceID = 64
)

// callbackBuckets tell apart what matters to Tencent's 2 s. Rules compare with those
// that are no whole number.
func callbackBuckets() []float64 {
	return []float64{.0025, .005, .01, .025, .05, .1, .25, .5, .75, 1.5, 1.9, 2.5, 5}
}

func latencies(name, help, label string, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: name, Help: help, Buckets: buckets,
		NativeHistogramBucketFactor: 1.1, NativeHistogramMaxBucketNumber: 160, NativeHistogramMinResetDuration: nativeReset,
	}, []string{label})
}

// latency is a histogram of durations. A duration that belongs to a trace is kept as
// an exemplar, which leads from the graph to one callback.
type latency struct {
	durations prometheus.Observer
	exemplars prometheus.ExemplarObserver // the same histogram
	traceID   func(context.Context) string
}

func newLatency(durations prometheus.Observer, traceID func(context.Context) string) latency {
	exemplars, _ := durations.(prometheus.ExemplarObserver) // each histogram is one
	if exemplars == nil {
		traceID = nil
	}
	return latency{durations: durations, exemplars: exemplars, traceID: traceID}
}

// observe takes note of a duration. Without a trace it allocates nothing.
func (l *latency) observe(ctx context.Context, took time.Duration) {
	if l.traceID != nil {
		if id := l.traceID(ctx); id != "" && len(id) <= maxTraceID && utf8.ValidString(id) {
			l.exemplars.ObserveWithExemplar(took.Seconds(), prometheus.Labels{"trace_id": id})
			return
		}
	}
	l.durations.Observe(took.Seconds())
}
