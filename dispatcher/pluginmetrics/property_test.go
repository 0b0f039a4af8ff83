package pluginmetrics_test

import (
	"math"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"
)

// Families that come close to being right find what bytes at random do not: names that
// clash, types that change, values that contradict each other.
func TestFamiliesThatAreNearlyRightMakeNoErrors(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newScene(t)
		a, b, c := giving(), giving(), giving()
		s.has("a", a, b)
		s.has("b", c)
		for range rapid.IntRange(1, 4).Draw(rt, "scrapes") {
			for _, process := range []*source{a, b, c} {
				process.now(encoded(rapid.SliceOfN(families(), 0, 6).Draw(rt, "families")...), nil)
			}
			wellFormed(t, s.registry)
			if rapid.Bool().Draw(rt, "restarted") {
				a = giving()
				s.has("a", a, b)
			}
		}
		s.collector.Close()
	})
}

func families() *rapid.Generator[*dto.MetricFamily] {
	return rapid.Custom(func(t *rapid.T) *dto.MetricFamily {
		kind := dto.MetricType(rapid.IntRange(0, 5).Draw(t, "type"))
		f := &dto.MetricFamily{
			Name: new(rapid.SampledFrom([]string{
				"x", "x_total", "x_sum", "x_count", "x_bucket", "x_created", "y", "y_total", "y_count", "", "9", "a b", "switchhook_up", "__x", "é",
			}).Draw(t, "name")),
			Help: new(rapid.SampledFrom([]string{"", "Help.", "Other\nhelp\\.", "\xff"}).Draw(t, "help")),
			Type: &kind, Unit: new("seconds"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "series") {
			value := kind
			if rapid.IntRange(0, 9).Draw(t, "another") == 0 {
				value = dto.MetricType(rapid.IntRange(0, 5).Draw(t, "value"))
			}
			f.Metric = append(f.Metric, drawSeries(t, value))
		}
		return f
	})
}

func drawSeries(t *rapid.T, kind dto.MetricType) *dto.Metric {
	m := &dto.Metric{}
	for range rapid.IntRange(0, 2).Draw(t, "labels") {
		m.Label = append(m.Label, &dto.LabelPair{
			Name:  new(rapid.SampledFrom([]string{"a", "b", "le", "quantile", "plugin", "replica", "__name__", "", "a-b", "\xff"}).Draw(t, "label")),
			Value: new(rapid.SampledFrom([]string{"", "1", "2", "a\"b\\c\nd", "\xff", "\x00"}).Draw(t, "value")),
		})
	}
	if rapid.IntRange(0, 9).Draw(t, "timed") == 0 {
		m.TimestampMs = new(int64(1))
	}
	created := &timestamppb.Timestamp{Seconds: rapid.Int64().Draw(t, "created"), Nanos: rapid.Int32().Draw(t, "nanos")}
	exemplar := &dto.Exemplar{Label: []*dto.LabelPair{{Name: new("id"), Value: new("\xff")}}, Value: new(1.0), Timestamp: created}
	switch kind {
	case dto.MetricType_COUNTER:
		m.Counter = &dto.Counter{Value: new(number(t)), Exemplar: exemplar, CreatedTimestamp: created}
	case dto.MetricType_GAUGE:
		m.Gauge = &dto.Gauge{Value: new(number(t))}
	case dto.MetricType_UNTYPED:
		m.Untyped = &dto.Untyped{Value: new(number(t))}
	case dto.MetricType_SUMMARY:
		m.Summary = &dto.Summary{SampleCount: new(rapid.Uint64Max(9).Draw(t, "count")), SampleSum: new(number(t)), CreatedTimestamp: created}
		for range rapid.IntRange(0, 3).Draw(t, "quantiles") {
			m.Summary.Quantile = append(m.Summary.Quantile, &dto.Quantile{Quantile: new(number(t)), Value: new(number(t))})
		}
	default:
		m.Histogram = drawHistogram(t, exemplar, created)
	}
	return m
}

func number(t *rapid.T) float64 {
	return rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, 1, 2, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}).Draw(t, "number")
}

func drawHistogram(t *rapid.T, exemplar *dto.Exemplar, created *timestamppb.Timestamp) *dto.Histogram {
	h := &dto.Histogram{SampleCount: new(rapid.Uint64Max(4).Draw(t, "count")), SampleSum: new(number(t)), CreatedTimestamp: created}
	for range rapid.IntRange(0, 3).Draw(t, "buckets") {
		b := &dto.Bucket{CumulativeCount: new(rapid.Uint64Max(4).Draw(t, "cumulative")), UpperBound: new(number(t)), Exemplar: exemplar}
		if rapid.IntRange(0, 9).Draw(t, "float") == 0 {
			b.CumulativeCountFloat = new(1.0)
		}
		h.Bucket = append(h.Bucket, b)
	}
	if rapid.Bool().Draw(t, "native") {
		h.Schema = new(rapid.Int32Range(-6, 10).Draw(t, "schema"))
		h.ZeroThreshold, h.ZeroCount = new(number(t)), new(rapid.Uint64Max(2).Draw(t, "zeros"))
		for range rapid.IntRange(0, 2).Draw(t, "spans") {
			h.PositiveSpan = append(h.PositiveSpan, &dto.BucketSpan{
				Offset: new(rapid.Int32Range(-2, 2).Draw(t, "offset")), Length: new(rapid.Uint32Max(2).Draw(t, "length")),
			})
			h.PositiveDelta = append(h.PositiveDelta, rapid.Int64Range(-2, 2).Draw(t, "delta"))
		}
	}
	return h
}
