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

func TestSnapshotRefusesTheGatewaysNames(t *testing.T) {
	t.Parallel()
	r := sdkmetrics.New()
	promauto.With(r).NewGauge(prometheus.GaugeOpts{Name: "switchhook_up", Help: "Up."})
	if _, err := r.Snapshot(t.Context()); err == nil || !strings.Contains(err.Error(), "metric switchhook_up: names that begin with switchhook_") {
		t.Errorf("err = %v", err)
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
