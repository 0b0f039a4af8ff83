package pluginmetrics_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/encoding/protodelim"
)

// Whatever two plugins give, and whatever they give next: a registry with the collector
// gathers without an error, and every format can be written and read.
func FuzzAScrapeIsWellFormed(f *testing.F) {
	zero := []byte{}
	for _, seed := range [][]byte{
		zero,
		encoded(gauge("up", "a", "b"), of(dto.MetricType_COUNTER, "done_total", &dto.Metric{Counter: &dto.Counter{Value: new(1.0)}})),
		encoded(of(dto.MetricType_HISTOGRAM, "x", &dto.Metric{Histogram: observed()}), gauge("x_count"), gauge("x_bucket", "le")),
		encoded(of(dto.MetricType_SUMMARY, "x", &dto.Metric{Summary: &dto.Summary{Quantile: []*dto.Quantile{{Quantile: new(0.5), Value: new(1.0)}}}})),
		encoded(of(dto.MetricType_UNTYPED, "x", &dto.Metric{Untyped: &dto.Untyped{}, TimestampMs: new(int64(1))})),
		encoded(of(dto.MetricType_GAUGE_HISTOGRAM, "x", &dto.Metric{Histogram: &dto.Histogram{SampleCountFloat: new(1.0)}})),
		[]byte("# HELP up Whether it is up.\nup 1\n"),
	} {
		f.Add(seed, seed)
		f.Add(seed, zero)
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		s := newScene(t)
		s.registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "switchhook_callbacks_total", Help: "The host's."}))
		a, b, c := giving().now(one, nil), giving().now(other, nil), giving().now(one, nil)
		s.has("a", a)
		s.has("b", b, c)
		wellFormed(t, s.registry)
		a.now(other, nil)
		b.now(one, nil)
		c.now(append(other, one...), nil)
		wellFormed(t, s.registry)
		s.has("b", giving().now(one, nil))
		wellFormed(t, s.registry)
	})
}

// wellFormed gathers, and writes and reads each format.
func wellFormed(t *testing.T, g prometheus.Gatherer) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	var text, proto, open bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatalf("text: %v", err)
		}
		if _, err := expfmt.MetricFamilyToOpenMetrics(&open, f, expfmt.WithCreatedLines()); err != nil {
			t.Fatalf("OpenMetrics: %v", err)
		}
		if _, err := protodelim.MarshalTo(&proto, f); err != nil {
			t.Fatalf("protobuf: %v", err)
		}
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	read, err := parser.TextToMetricFamilies(strings.NewReader(text.String()))
	if err != nil {
		t.Fatalf("read text: %v\n%s", err, text.String())
	}
	if len(read) != len(families) {
		t.Errorf("%d families were written and %d read:\n%s", len(families), len(read), text.String())
	}
	types := map[string]bool{}
	for line := range strings.Lines(open.String()) {
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, _, _ := strings.Cut(rest, " ")
			if types[name] {
				t.Errorf("OpenMetrics has the family %s twice:\n%s", name, open.String())
			}
			types[name] = true
		}
	}
	for in := bufioReader(&proto); in.Len() > 0; {
		if err := protodelim.UnmarshalFrom(in, &dto.MetricFamily{}); err != nil {
			t.Fatalf("read protobuf: %v", err)
		}
	}
}

func bufioReader(b *bytes.Buffer) *bytes.Reader { return bytes.NewReader(b.Bytes()) }

// observed is a histogram as client_golang makes them, classic and native.
func observed() *dto.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "x", Help: "X.", Buckets: []float64{1, 2, 5}, NativeHistogramBucketFactor: 1.1,
	})
	for _, v := range []float64{0, 0.5, 1, 1.5, -3, 100} {
		h.Observe(v)
	}
	var m dto.Metric
	if err := h.Write(&m); err != nil {
		panic(err)
	}
	return m.GetHistogram()
}
