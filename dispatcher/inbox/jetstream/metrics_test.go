package jetstream_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
)

func TestMetricsShowWhatWasRead(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	now := jetstream.Reading{
		Connected: true, Reconnects: 2, Behind: 7, Lag: 1500 * time.Millisecond, LogBytes: 1 << 20, LogMaxBytes: 8 << 30,
		Unsaved: 40,
	}
	m, err := jetstream.NewMetrics(registry, func() jetstream.Reading { return now })
	if err != nil {
		t.Fatal(err)
	}
	m.Saved(nil)
	m.Saved(errors.New("the cluster is away"))
	m.Saved(nil)
	want := map[string]float64{
		"connected":               1,
		"log_bytes":               1 << 20,
		"log_entries_behind":      7,
		"log_lag_seconds":         1.5,
		"log_max_bytes":           8 << 30,
		"reconnects_total":        2,
		"snapshot_entries_behind": 40,
		"snapshots_total failed":  1,
		"snapshots_total saved":   2,
	}
	if diff := cmp.Diff(want, samples(t, registry)); diff != "" {
		t.Errorf("read (-) and shown (+) differ:\n%s", diff)
	}
	now.Connected = false
	for _, of := range []string{"log_bytes", "connected"} {
		delete(want, of)
	}
	want["connected"] = 0
	if diff := cmp.Diff(want, samples(t, registry)); diff != "" {
		t.Errorf("read (-) and shown (+) differ once the cluster is away:\n%s", diff)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	m.Unregister()
	if left, err := testutil.GatherAndCount(registry); err != nil || left > 0 {
		t.Errorf("%d series are left: %v", left, err)
	}
}

// samples are the values by what their names end in, with a label's value behind it.
func samples(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "switchhook_inbox_cluster_")
			if labels := m.GetLabel(); len(labels) > 0 {
				name += " " + labels[0].GetValue()
			}
			all[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue() // of which it is one
		}
	}
	return all
}

func TestMetricsThatAreThereAlreadyAreRefusedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	read := func() jetstream.Reading { return jetstream.Reading{Connected: true} }
	if _, err := jetstream.NewMetrics(registry, read); err != nil {
		t.Fatal(err)
	}
	if _, err := jetstream.NewMetrics(registry, read); err == nil {
		t.Error("the same series were registered twice")
	}
	if n, err := testutil.GatherAndCount(registry); err != nil || n != 9 {
		t.Errorf("%d series are left of the first: %v", n, err)
	}
}

func TestAStoreShowsItsMetricsWhileItIsOpen(t *testing.T) {
	t.Parallel()
	h := newHistory()
	registry := prometheus.NewRegistry()
	s, err := jetstream.OpenOn(t.Context(), h.connect(), h, jetstream.Options{Dir: t.TempDir(), Registerer: registry})
	must(t, err)
	defer func() { _ = s.Close() }()
	accept(t, s, 1, 3, "a")
	got := samples(t, registry)
	for name, want := range map[string]float64{"connected": 1, "log_entries_behind": 0, "log_lag_seconds": 0, "snapshot_entries_behind": float64(s.Status().Last)} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if got["log_bytes"] == 0 || got["log_max_bytes"] == 0 {
		t.Errorf("the log takes %v of %v", got["log_bytes"], got["log_max_bytes"])
	}
	h.set(func() { h.mute = true })
	eventually(t, "a cluster that does not answer counts as lost", func() bool {
		got := samples(t, registry)
		_, sized := got["log_bytes"]
		return got["connected"] == 0 && !sized
	})
	h.set(func() { h.mute = false })
	eventually(t, "it is found again", func() bool { got := samples(t, registry); return got["connected"] == 1 && got["log_bytes"] > 0 })
	closed(t, s)
	if left, err := testutil.GatherAndCount(registry); err != nil || left > 0 {
		t.Errorf("%d series are left: %v", left, err)
	}
}
