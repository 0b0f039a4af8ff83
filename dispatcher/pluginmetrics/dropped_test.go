package pluginmetrics_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/switchhook/switchhook/dispatcher/pluginmetrics"
)

// Each answer has a family "good" beside the bad one, and that is always shown.
func TestWhatCannotBeShownIsLeftOutAndCounted(t *testing.T) {
	t.Parallel()
	labelled := func(pairs ...string) *dto.MetricFamily {
		m := &dto.Metric{Gauge: &dto.Gauge{Value: new(1.0)}}
		for i := 0; i < len(pairs); i += 2 {
			m.Label = append(m.Label, &dto.LabelPair{Name: &pairs[i], Value: &pairs[i+1]})
		}
		return of(dto.MetricType_GAUGE, "bad", m)
	}
	histogram := func(change func(*dto.Histogram)) *dto.MetricFamily {
		h := observed()
		change(h)
		return of(dto.MetricType_HISTOGRAM, "bad", &dto.Metric{Histogram: h})
	}
	classic := func(count uint64, bounds ...float64) *dto.MetricFamily {
		h := &dto.Histogram{SampleCount: new(uint64(2))}
		for i := range bounds {
			h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: &bounds[i], CumulativeCount: &count})
		}
		return of(dto.MetricType_HISTOGRAM, "bad", &dto.Metric{Histogram: h})
	}
	summary := func(quantiles ...float64) *dto.MetricFamily {
		s := &dto.Summary{}
		for i := range quantiles {
			s.Quantile = append(s.Quantile, &dto.Quantile{Quantile: &quantiles[i]})
		}
		return of(dto.MetricType_SUMMARY, "bad", &dto.Metric{Summary: s})
	}
	counter := func(value float64) *dto.MetricFamily {
		return of(dto.MetricType_COUNTER, "bad_total", &dto.Metric{Counter: &dto.Counter{Value: &value}})
	}
	many := make([]string, 34)
	for i := range many {
		many[i] = fmt.Sprint("l", i)
	}
	tests := map[string]struct {
		reason pluginmetrics.Reason
		bad    []*dto.MetricFamily
	}{
		"a name with a dash":                          {pluginmetrics.InvalidName, one(gauge("a-b"))},
		"a name with a colon":                         {pluginmetrics.InvalidName, one(gauge("job:x"))},
		"no name":                                     {pluginmetrics.InvalidName, one(gauge(""))},
		"a name of 129 letters":                       {pluginmetrics.InvalidName, one(gauge(strings.Repeat("x", 129)))},
		"a name of the gateway's":                     {pluginmetrics.ReservedName, one(gauge("switchhook_callbacks_total"))},
		"a name of Prometheus's":                      {pluginmetrics.ReservedName, one(gauge("__up"))},
		"a gauge histogram":                           {pluginmetrics.WrongType, one(of(dto.MetricType_GAUGE_HISTOGRAM, "bad", &dto.Metric{Histogram: observed()}))},
		"a type that there is not":                    {pluginmetrics.WrongType, one(of(77, "bad", &dto.Metric{}))},
		"a family twice":                              {pluginmetrics.Duplicate, one(gauge("good"))},
		"a series twice":                              {pluginmetrics.Duplicate, one(&dto.MetricFamily{Name: new("good2"), Type: dto.MetricType_GAUGE.Enum(), Metric: twice()})},
		"the lines of a histogram":                    {pluginmetrics.NameClash, []*dto.MetricFamily{of(dto.MetricType_HISTOGRAM, "x", &dto.Metric{Histogram: observed()}), gauge("x_count")}},
		"a histogram over other lines":                {pluginmetrics.NameClash, []*dto.MetricFamily{gauge("x_bucket"), of(dto.MetricType_HISTOGRAM, "x", &dto.Metric{Histogram: observed()})}},
		"a counter that OpenMetrics calls as a gauge": {pluginmetrics.NameClash, []*dto.MetricFamily{gauge("bad"), counter(1)}},
		"a label with a dash":                         {pluginmetrics.InvalidLabel, one(labelled("a-b", "1"))},
		"a label twice":                               {pluginmetrics.InvalidLabel, one(labelled("a", "1", "a", "2"))},
		"a value that is not UTF-8":                   {pluginmetrics.InvalidLabel, one(labelled("a", "\xff"))},
		"the label plugin":                            {pluginmetrics.ReservedLabel, one(labelled("plugin", "other"))},
		"the label replica":                           {pluginmetrics.ReservedLabel, one(labelled("replica", "7"))},
		"a label of Prometheus's":                     {pluginmetrics.ReservedLabel, one(labelled("__name__", "up"))},
		"17 labels":                                   {pluginmetrics.LabelLimit, one(labelled(many...))},
		"a label of 65 letters":                       {pluginmetrics.LabelLimit, one(labelled(strings.Repeat("x", 65), "1"))},
		"a value of 257 letters":                      {pluginmetrics.LabelLimit, one(labelled("a", strings.Repeat("x", 257)))},
		"a time of its own":                           {pluginmetrics.Timestamp, one(of(dto.MetricType_GAUGE, "bad", &dto.Metric{Gauge: &dto.Gauge{}, TimestampMs: new(int64(1))}))},
		"no value":                                    {pluginmetrics.BrokenValue, one(of(dto.MetricType_GAUGE, "bad", &dto.Metric{}))},
		"a value of another type":                     {pluginmetrics.BrokenValue, one(of(dto.MetricType_GAUGE, "bad", &dto.Metric{Counter: &dto.Counter{}}))},
		"a negative counter":                          {pluginmetrics.BrokenValue, one(counter(-1))},
		"a counter that is no number":                 {pluginmetrics.BrokenValue, one(counter(math.NaN()))},
		"a quantile above 1":                          {pluginmetrics.BrokenValue, one(summary(0.5, 1.5))},
		"a quantile that is no number":                {pluginmetrics.BrokenValue, one(summary(math.NaN()))},
		"a quantile twice":                            {pluginmetrics.BrokenValue, one(summary(0.5, 0.9, 0.5))},
		"a histogram with the label le": {pluginmetrics.ReservedLabel, one(of(dto.MetricType_HISTOGRAM, "bad", &dto.Metric{
			Histogram: observed(), Label: []*dto.LabelPair{{Name: new("le"), Value: new("1")}},
		}))},
		"buckets that shrink":                {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.Bucket[1].CumulativeCount = new(uint64(0)) }))},
		"buckets out of order":               {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.Bucket[1].UpperBound = new(9.0) }))},
		"a bound that is no number":          {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.Bucket[1].UpperBound = new(math.NaN()) }))},
		"more in buckets than in all":        {pluginmetrics.BrokenValue, one(classic(3, 1, 2))},
		"a last bucket without all":          {pluginmetrics.BrokenValue, one(classic(1, 1, math.Inf(1)))},
		"a histogram of floats":              {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.Bucket[0].CumulativeCountFloat = new(1.0) }))},
		"a native bucket too many":           {pluginmetrics.BrokenValue, one(histogram(emptyBucket))},
		"native buckets of less than none":   {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.PositiveDelta[0] = -1 }))},
		"native buckets of another sum":      {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.ZeroCount = new(uint64(0)) }))},
		"native buckets beyond every number": {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.PositiveSpan[0].Offset = new(int32(math.MaxInt32)) }))},
		"a schema that there is not":         {pluginmetrics.BrokenValue, one(histogram(func(h *dto.Histogram) { h.Schema = new(int32(9)) }))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
				s := newScene(t)
				s.has("p", giving(append(one(gauge("good")), test.bad...)...))
				values := s.scrape()
				if !slices.Contains(handlers(values), `good{plugin="p",replica="0"}`) {
					t.Errorf("the good family is not shown, but %v", handlers(values))
				}
				if diff := cmp.Diff(map[string]float64{string(test.reason): 1}, dropped(values, "p")); diff != "" {
					t.Errorf("left out (-want +got):\n%s", diff)
				}
				if n := len(s.logged()); n != 1 {
					t.Errorf("logged %d times:\n%s", n, s.log)
				}
				wellFormed(t, s.registry)
			})
		})
	}
}

// emptyBucket adds a bucket that no span names and that counts nothing.
func emptyBucket(h *dto.Histogram) {
	count := int64(0)
	for _, delta := range h.GetPositiveDelta() {
		count += delta
	}
	h.PositiveDelta = append(h.PositiveDelta, -count)
}

func one(f *dto.MetricFamily) []*dto.MetricFamily { return []*dto.MetricFamily{f} }

// twice is a series and the same once more: a label without a value is none.
func twice() []*dto.Metric {
	return []*dto.Metric{
		{Gauge: &dto.Gauge{Value: new(1.0)}},
		{Gauge: &dto.Gauge{Value: new(2.0)}, Label: []*dto.LabelPair{{Name: new("kind"), Value: new("")}}},
	}
}

func TestWhatIsRightIsShownAsItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
		s := newScene(t)
		s.has("p", giving(
			gauge("g", "a"),
			of(dto.MetricType_GAUGE, "nan", &dto.Metric{Gauge: &dto.Gauge{Value: new(math.NaN())}}),
			of(dto.MetricType_COUNTER, "c_total", &dto.Metric{Counter: &dto.Counter{Value: new(7.0), Exemplar: &dto.Exemplar{Value: new(1.0)}}}),
			of(dto.MetricType_UNTYPED, "u", &dto.Metric{Untyped: &dto.Untyped{Value: new(3.0)}}),
			of(dto.MetricType_HISTOGRAM, "h", &dto.Metric{Histogram: observed()}),
			of(dto.MetricType_SUMMARY, "s", &dto.Metric{Summary: &dto.Summary{
				SampleCount: new(uint64(2)), SampleSum: new(math.NaN()), Quantile: []*dto.Quantile{{Quantile: new(0.5), Value: new(math.NaN())}},
			}}),
		))
		families, err := s.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]*dto.MetricFamily{}
		for _, f := range families {
			got[strings.TrimPrefix(f.GetName(), "switchhook_handler_")] = f
		}
		h := got["h"].GetMetric()[0].GetHistogram()
		if want := observed(); len(h.GetBucket()) != 3 || len(h.GetPositiveDelta()) != len(want.GetPositiveDelta()) || h.GetSchema() != want.GetSchema() {
			t.Errorf("histogram = %v", h)
		}
		if c := got["c_total"]; c.GetType() != dto.MetricType_COUNTER || c.GetMetric()[0].GetCounter().GetValue() != 7 || c.GetMetric()[0].GetCounter().GetExemplar() != nil {
			t.Errorf("counter = %v", c)
		}
		if n := got["nan"].GetMetric()[0].GetGauge().GetValue(); !math.IsNaN(n) || got["g"].GetHelp() != "Something." {
			t.Errorf("gauges = %v, %v", got["nan"], got["g"])
		}
		values := s.scrape()
		if diff := cmp.Diff(map[string]float64{}, dropped(values, "p")); diff != "" || len(handlers(values)) != 6 {
			t.Errorf("%v\n%s", handlers(values), diff)
		}
		if n := values[`switchhook_plugin_collect_series{plugin="p"}`]; n != 4+6+3 {
			t.Errorf("%v series, want 13", n)
		}
		wellFormed(t, s.registry)
	})
}

func TestAFloodIsCutOff(t *testing.T) {
	t.Parallel()
	kinds := make([]string, 20_000)
	for i := range kinds {
		kinds[i] = strconv.Itoa(i)
	}
	families := make([]*dto.MetricFamily, 150)
	for i := range families {
		families[i] = gauge(fmt.Sprint("f", i))
	}
	// In a family x, a series without anything is two bytes.
	empty := append([]byte{fieldName, 1, 'x'}, bytes.Repeat([]byte{fieldMetric, 0}, 400_000)...)
	for name, test := range map[string]struct {
		answer []byte
		shown  int
		want   map[string]float64
	}{
		"20,000 series":             {encoded(gauge("flood", kinds...)), 500, map[string]float64{"too_many_series": 19_500}},
		"150 families":              {encoded(families...), 100, map[string]float64{"too_many_families": 50}},
		"more than 1 MiB":           {make([]byte, maxAnswer+1), 0, map[string]float64{"too_large": 1}},
		"1 MiB of empty families":   {make([]byte, maxAnswer), 0, map[string]float64{"invalid_name": 400, "too_many_families": maxAnswer - 400}},
		"400,000 empty series":      {protowire.AppendBytes(nil, empty), 0, map[string]float64{"broken_value": 2_000, "too_many_series": 398_000}},
		"no families but text":      {[]byte("# HELP up Whether it is up.\nup 1\n"), 0, map[string]float64{"malformed": 1}},
		"a series beyond 32 KiB":    {encoded(of(dto.MetricType_GAUGE, "x", &dto.Metric{Label: long()})), 0, map[string]float64{"too_large": 1}},
		"a histogram of 600 bounds": {encoded(of(dto.MetricType_HISTOGRAM, "x", &dto.Metric{Histogram: wide(600)})), 0, map[string]float64{"too_many_series": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // nobody is late while the clock stands still
				s := newScene(t)
				s.has("p", giving().now(test.answer, nil))
				s.has("q", giving(gauge("good")))
				values := s.scrape()
				if n := len(handlers(values)); n != test.shown+1 {
					t.Errorf("%d series, want %d", n, test.shown+1)
				}
				if diff := cmp.Diff(test.want, dropped(values, "p")); diff != "" {
					t.Errorf("left out (-want +got):\n%s", diff)
				}
			})
		})
	}
}

const (
	maxAnswer              = 1 << 20
	fieldName, fieldMetric = 0x0a, 0x22 // the tags of those fields
)

func long() []*dto.LabelPair {
	return []*dto.LabelPair{{Name: new("a"), Value: new(strings.Repeat("x", 40_000))}}
}

func wide(bounds int) *dto.Histogram {
	h := &dto.Histogram{}
	for i := range bounds {
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: new(float64(i))})
	}
	return h
}
