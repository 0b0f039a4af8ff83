package dispatcher_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counts is a registry that tests can add up.
type counts struct{ *prometheus.Registry }

func newCounts() counts { return counts{prometheus.NewRegistry()} }

// family returns the series of a family, or of all where none is named.
func (c counts) family(t *testing.T, name string) (all []*dto.Metric) {
	t.Helper()
	families, err := c.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if name == "" || f.GetName() == name {
			all = append(all, f.GetMetric()...)
		}
	}
	return all
}

// sum adds up the series of a family, those with the given label where one is
// named.
func (c counts) sum(t *testing.T, family, label, value string) int {
	t.Helper()
	total := 0.0
	for _, m := range c.family(t, family) {
		matches := label == ""
		for _, l := range m.GetLabel() {
			matches = matches || l.GetName() == label && l.GetValue() == value
		}
		if matches {
			total += valueOf(m)
		}
	}
	return int(total)
}

// valueOf is a series's value, of a histogram how often it was observed.
func valueOf(m *dto.Metric) float64 {
	return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
}

// values returns the series of a family by the values of their labels, in the order
// of the labels' names.
func (c counts) values(t *testing.T, family string) map[string]float64 {
	t.Helper()
	values := make(map[string]float64)
	for _, m := range c.family(t, family) {
		values[labelsOf(m)] = valueOf(m)
	}
	return values
}

func labelsOf(m *dto.Metric) string {
	labels := make([]string, len(m.GetLabel()))
	for i, l := range m.GetLabel() {
		labels[i] = l.GetValue()
	}
	return strings.Join(labels, " ")
}

// only is values of the labels that come first.
func (c counts) only(t *testing.T, family string, first ...string) map[string]float64 {
	t.Helper()
	values := c.values(t, family)
	maps.DeleteFunc(values, func(labels string, _ float64) bool {
		word, _, _ := strings.Cut(labels, " ")
		return !slices.Contains(first, word)
	})
	return values
}

// names lists every series, without its value.
func (c counts) names(t *testing.T) (names []string) {
	t.Helper()
	families, err := c.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			names = append(names, f.GetName()+" "+labelsOf(m))
		}
	}
	return names
}

// exemplar returns the trace that a histogram's only observation leads to.
func (c counts) exemplar(t *testing.T, family string) string {
	t.Helper()
	var ids []string
	for _, m := range c.family(t, family) {
		for _, b := range m.GetHistogram().GetBucket() {
			for _, l := range b.GetExemplar().GetLabel() {
				if l.GetName() != "trace_id" {
					t.Errorf("%s has an exemplar with the label %s", family, l.GetName())
				}
				ids = append(ids, l.GetValue())
			}
		}
	}
	return strings.Join(ids, " ")
}
