package dispatcher_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// counts is a registry that tests can add up.
type counts struct{ *prometheus.Registry }

func newCounts() counts { return counts{prometheus.NewRegistry()} }

// sum adds up the series of a family, those with the given label where one is
// named.
func (c counts) sum(t *testing.T, family, label, value string) int {
	t.Helper()
	families, err := c.Gather()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, f := range families {
		if f.GetName() != family {
			continue
		}
		for _, m := range f.GetMetric() {
			matches := label == ""
			for _, l := range m.GetLabel() {
				matches = matches || l.GetName() == label && l.GetValue() == value
			}
			if matches {
				total += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return int(total)
}

// series counts the series of all families.
func (c counts) series(t *testing.T) int {
	t.Helper()
	families, err := c.Gather()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range families {
		n += len(f.GetMetric())
	}
	return n
}
