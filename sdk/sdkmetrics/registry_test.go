package sdkmetrics_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/sdk/sdkmetrics"
)

func TestSnapshotHoldsEveryFamilyBehindItsLength(t *testing.T) {
	t.Parallel()
	r := sdkmetrics.New()
	promauto.With(r).NewCounterVec(prometheus.CounterOpts{Name: "b_total", Help: "B."}, []string{"kind"}).WithLabelValues("x").Add(2)
	promauto.With(r).NewHistogram(prometheus.HistogramOpts{Name: "a_seconds", Help: "A."}).Observe(1)
	got := map[string]float64{}
	for _, f := range snapshot(t, r) {
		got[f.GetName()] = f.GetMetric()[0].GetCounter().GetValue() + f.GetMetric()[0].GetHistogram().GetSampleSum()
	}
	if diff := cmp.Diff(map[string]float64{"a_seconds": 1, "b_total": 2}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotOfNothingIsEmpty(t *testing.T) {
	t.Parallel()
	if got := snapshot(t, sdkmetrics.New()); len(got) != 0 {
		t.Errorf("families = %v", got)
	}
}

func TestSnapshotRefusesNamesThatAreNotThePlugins(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ metric, label, want string }{
		"a metric of the gateway's": {"switchhook_up", "kind", "metric switchhook_up: names that begin with switchhook_ are the gateway's"},
		"a metric of Prometheus's":  {"__up", "kind", "metric __up: names that begin with __ are Prometheus's own"},
		"the label plugin":          {"up", "plugin", "metric up: the label plugin is the gateway's"},
		"the label replica":         {"up", "replica", "metric up: the label replica is the gateway's"},
		"a label of the registry's": {"up", "__kind", `"__kind" is not a valid label name`},
		"names of its own":          {"plugin_up", "plugins", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := sdkmetrics.New()
			gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: test.metric, Help: "Up."}, []string{test.label})
			err := r.Register(gauge)
			if err == nil {
				gauge.WithLabelValues("x").Set(1)
				_, err = r.Snapshot(t.Context())
			}
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %q", err, test.want)
			}
		})
	}
}

func TestSnapshotSaysWhatCannotBeCollected(t *testing.T) {
	t.Parallel()
	r := sdkmetrics.New()
	desc := prometheus.NewDesc("broken", "Broken.", nil, nil)
	r.MustRegister(prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		ch <- prometheus.NewInvalidMetric(desc, errors.New("sensor is gone"))
	}))
	if _, err := r.Snapshot(t.Context()); err == nil || !strings.Contains(err.Error(), "sensor is gone") {
		t.Errorf("err = %v", err)
	}
}

func snapshot(t *testing.T, r *sdkmetrics.Registry) []*dto.MetricFamily {
	t.Helper()
	raw, err := r.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []*dto.MetricFamily
	for in := bytes.NewReader(raw); ; {
		f := &dto.MetricFamily{}
		err := protodelim.UnmarshalFrom(in, f)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
}
