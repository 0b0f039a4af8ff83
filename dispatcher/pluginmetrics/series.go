package pluginmetrics

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	maxLabels     = 16
	maxLabelName  = 64
	maxLabelValue = 256
)

// series is one series that can be shown.
type series struct {
	metric   *dto.Metric
	identity string // its labels, which no other of its family may have
	weight   int
}

// owned returns the series with the gateway's labels.
func (s series) owned(plugin, replica string) *dto.Metric {
	s.metric.Label = append(s.metric.Label,
		&dto.LabelPair{Name: new("plugin"), Value: &plugin}, &dto.LabelPair{Name: new("replica"), Value: &replica})
	slices.SortFunc(s.metric.GetLabel(), byName)
	return s.metric
}

func byName(a, b *dto.LabelPair) int { return cmp.Compare(a.GetName(), b.GetName()) }

// readSeries decodes a series of a family of that type and builds it anew, or says why
// it cannot be shown.
func readSeries(raw []byte, kind dto.MetricType, hide func(string) string) (series, Reason) {
	if len(raw) > maxMetric {
		return series{}, TooLarge
	}
	var came dto.Metric
	if err := proto.Unmarshal(raw, &came); err != nil {
		return series{}, Malformed
	}
	if came.TimestampMs != nil {
		return series{}, Timestamp
	}
	labels, r := labelsOf(came.GetLabel(), kind, hide)
	if r != "" {
		return series{}, r
	}
	s := series{metric: &dto.Metric{Label: labels}, identity: identityOf(labels), weight: 1}
	if !s.take(&came, kind) {
		return series{}, BrokenValue
	}
	return s, ""
}

// labelsOf returns the labels, sorted. One without a value is none, as Prometheus has
// it.
func labelsOf(came []*dto.LabelPair, kind dto.MetricType, hide func(string) string) ([]*dto.LabelPair, Reason) {
	if len(came) > maxLabels {
		return nil, LabelLimit
	}
	labels := make([]*dto.LabelPair, 0, len(came)+2) //nolint:mnd // The gateway's two.
	names := make(map[string]struct{}, len(came))
	for _, l := range came {
		name, value := hide(l.GetName()), hide(l.GetValue())
		switch _, doubled := names[name]; {
		case len(name) > maxLabelName || len(value) > maxLabelValue:
			return nil, LabelLimit
		case !wellFormed.MatchString(name) || !utf8.ValidString(value) || doubled:
			return nil, InvalidLabel
		case reserved(name, kind):
			return nil, ReservedLabel
		}
		names[name] = struct{}{}
		if value != "" {
			labels = append(labels, &dto.LabelPair{Name: &name, Value: &value})
		}
	}
	slices.SortFunc(labels, byName)
	return labels, ""
}

// reserved reports whether a label means something to the gateway, to Prometheus, or
// to the type of its family.
func reserved(label string, kind dto.MetricType) bool {
	switch label {
	case "plugin", "replica":
		return true
	case "le":
		return kind == dto.MetricType_HISTOGRAM
	case "quantile":
		return kind == dto.MetricType_SUMMARY
	default:
		return strings.HasPrefix(label, "__")
	}
}

func identityOf(labels []*dto.LabelPair) string {
	var b strings.Builder
	for _, l := range labels {
		b.WriteString(l.GetName())
		b.WriteByte(0xff) // in no valid UTF-8
		b.WriteString(l.GetValue())
		b.WriteByte(0xff)
	}
	return b.String()
}

// take takes over the value, and reports whether there is one that can be shown.
func (s *series) take(came *dto.Metric, kind dto.MetricType) bool {
	switch {
	case kind == dto.MetricType_COUNTER && came.GetCounter() != nil:
		value := came.GetCounter().GetValue()
		s.metric.Counter = &dto.Counter{Value: &value, CreatedTimestamp: created(came.GetCounter().GetCreatedTimestamp())}
		return value >= 0 // which no NaN is
	case kind == dto.MetricType_GAUGE && came.GetGauge() != nil:
		s.metric.Gauge = &dto.Gauge{Value: new(came.GetGauge().GetValue())}
		return true
	case kind == dto.MetricType_UNTYPED && came.GetUntyped() != nil:
		s.metric.Untyped = &dto.Untyped{Value: new(came.GetUntyped().GetValue())}
		return true
	case kind == dto.MetricType_SUMMARY && came.GetSummary() != nil:
		return s.takeSummary(came.GetSummary())
	case kind == dto.MetricType_HISTOGRAM && came.GetHistogram() != nil:
		return s.takeHistogram(came.GetHistogram())
	default:
		return false
	}
}

// takeSummary takes over a summary whose quantiles are between 0 and 1 and come once
// each.
func (s *series) takeSummary(came *dto.Summary) bool {
	to := &dto.Summary{
		SampleCount: new(came.GetSampleCount()), SampleSum: new(came.GetSampleSum()),
		CreatedTimestamp: created(came.GetCreatedTimestamp()),
	}
	for _, q := range came.GetQuantile() {
		if of := q.GetQuantile(); !(of >= 0 && of <= 1) { // a NaN is not
			return false
		}
		of := math.Abs(q.GetQuantile()) // a negative 0 has another spelling
		to.Quantile = append(to.Quantile, &dto.Quantile{Quantile: &of, Value: new(q.GetValue())})
	}
	slices.SortFunc(to.GetQuantile(), func(a, b *dto.Quantile) int { return cmp.Compare(a.GetQuantile(), b.GetQuantile()) })
	for i, q := range to.GetQuantile() {
		if i > 0 && q.GetQuantile() == to.GetQuantile()[i-1].GetQuantile() {
			return false
		}
	}
	s.metric.Summary = to
	s.weight = len(to.GetQuantile()) + 2 // sum and count
	return true
}

// created keeps the time that a count began at where it makes sense.
func created(at *timestamppb.Timestamp) *timestamppb.Timestamp {
	if at == nil || at.CheckValid() != nil || at.GetSeconds() < 0 || at.AsTime().After(time.Now()) {
		return nil
	}
	return &timestamppb.Timestamp{Seconds: at.GetSeconds(), Nanos: at.GetNanos()}
}
