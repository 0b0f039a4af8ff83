package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	dto "github.com/prometheus/client_model/go"
)

// What a gateway shows of one series.
const (
	maxLabels     = 16
	maxLabelName  = 64
	maxLabelValue = 256
)

// wellMade refuses series that a gateway leaves out for what they are, whatever their
// family is called.
func wellMade(f *dto.MetricFamily) error {
	seen := map[string]bool{}
	for _, m := range f.GetMetric() {
		if err := wellLabelled(f.GetType(), m.GetLabel()); err != nil {
			return err
		}
		if m.TimestampMs != nil {
			return errors.New("a series has a timestamp of its own: a gateway shows what is true at the scrape")
		}
		if err := wellValued(f.GetType(), m); err != nil {
			return err
		}
		same := labelsAsKey(m.GetLabel())
		if seen[same] {
			return fmt.Errorf("there are two series with the labels {%s}", strings.Join(labelNames(m.GetLabel()), ","))
		}
		seen[same] = true
	}
	return nil
}

// wellLabelled refuses labels that are none, that are not the plugin's to set, or that
// are longer than a gateway shows. No value is told: it may be an account.
func wellLabelled(kind dto.MetricType, labels []*dto.LabelPair) error {
	if len(labels) > maxLabels {
		return fmt.Errorf("a series has %d labels, more than the %d that a gateway shows", len(labels), maxLabels)
	}
	for i, l := range labels {
		name := l.GetName()
		if !metricName.MatchString(name) || strings.HasPrefix(name, "__") {
			return fmt.Errorf("the label %s is none: letters, digits and underscores make one", shown(name))
		}
		if why := taken(name, kind); why != "" {
			return fmt.Errorf("the label %s is %s", name, why)
		}
		switch {
		case slices.ContainsFunc(labels[:i], func(before *dto.LabelPair) bool { return before.GetName() == name }):
			return fmt.Errorf("the label %s comes twice in a series", shown(name))
		case len(name) > maxLabelName || len(l.GetValue()) > maxLabelValue:
			return fmt.Errorf("the label %s or its value is longer than the %d and %d bytes that a gateway shows", shown(name), maxLabelName, maxLabelValue)
		case !utf8.ValidString(l.GetValue()):
			return fmt.Errorf("a value of the label %s is not UTF-8", shown(name))
		}
	}
	return nil
}

// taken says whose a label is, where it is not for the plugin to set.
func taken(label string, kind dto.MetricType) string {
	switch {
	case label == "plugin" || label == "replica":
		return "the gateway's: it says which plugin a series comes from"
	case label == "le" && kind == dto.MetricType_HISTOGRAM:
		return "that of a histogram's buckets"
	case label == "quantile" && kind == dto.MetricType_SUMMARY:
		return "that of a summary's quantiles"
	default:
		return ""
	}
}

// wellValued refuses a series without a value of its family's type, and counters that no
// counting leads to.
func wellValued(kind dto.MetricType, m *dto.Metric) error {
	has := map[dto.MetricType]bool{
		dto.MetricType_COUNTER: m.GetCounter() != nil, dto.MetricType_GAUGE: m.GetGauge() != nil,
		dto.MetricType_UNTYPED: m.GetUntyped() != nil, dto.MetricType_SUMMARY: m.GetSummary() != nil,
		dto.MetricType_HISTOGRAM: m.GetHistogram() != nil,
	}
	if !has[kind] {
		return fmt.Errorf("a series has no value of its family's type, %s", strings.ToLower(kind.String()))
	}
	if value := m.GetCounter().GetValue(); kind == dto.MetricType_COUNTER && !(value >= 0) { // a NaN is not
		return fmt.Errorf("a counter is %v", value)
	}
	return nil
}

// labelsAsKey is what tells a series from the others of its family. A label without a value
// is none, as Prometheus has it.
func labelsAsKey(labels []*dto.LabelPair) string {
	var all []string
	for _, l := range labels {
		if l.GetValue() != "" {
			all = append(all, l.GetName()+"\xff"+l.GetValue()) // in no valid UTF-8
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\xff")
}

func labelNames(labels []*dto.LabelPair) []string {
	names := make([]string, len(labels))
	for i, l := range labels {
		names[i] = l.GetName()
	}
	return names
}
