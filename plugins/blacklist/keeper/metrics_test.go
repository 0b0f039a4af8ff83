package keeper_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/switchhook/switchhook/plugins/blacklist/keeper"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

func TestMetricsSayWhatBecameOfThePairs(t *testing.T) {
	t.Parallel()
	p := keeper.Plugin()
	if got := measured(t, p); got["blacklist_file_size_bytes"] != 0 {
		t.Errorf("before the start: %v", got)
	}
	if err := p.Start(t.Context(), serve.Env{DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	const pair, two = `{"PairList":[{"From_Account":"a","To_Account":"b"}]}`, `{"PairList":[{"From_Account":"a","To_Account":"b"},{"From_Account":"a","To_Account":"c"}]}`
	for i, callback := range []struct{ id, command, body string }{
		{"c1", add, two}, {"c1", add, two}, {"c2", remove, pair}, {"c3", add, `{"PairList":[]}`},
	} {
		cb := sdk.Callback{ID: callback.id, Command: callback.command, AppID: sdktest.AppID, Body: []byte(callback.body), ReceivedAt: noon}
		if i > 1 {
			cb.ReceivedAt = noon.Add(time.Second)
		}
		if _, err := p.Mux.Handle(t.Context(), cb); err != nil {
			t.Fatal(err)
		}
	}
	got := measured(t, p)
	if got["blacklist_file_size_bytes"] <= 0 {
		t.Errorf("the file takes %v bytes", got["blacklist_file_size_bytes"])
	}
	delete(got, "blacklist_file_size_bytes")
	if diff := cmp.Diff(map[string]float64{
		"blacklist_pairs_changed_total blocked": 2, "blacklist_pairs_changed_total unblocked": 1, "blacklist_pairs_unchanged_total": 2,
		"blacklist_empty_callbacks_total": 1, "blacklist_write_duration_seconds": 3,
	}, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// measured returns the values, by name and label, and of a histogram its count.
func measured(t *testing.T, p serve.Plugin) map[string]float64 {
	t.Helper()
	raw, err := p.Metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for in := bytes.NewReader(raw); in.Len() > 0; {
		f := &dto.MetricFamily{}
		if err := protodelim.UnmarshalFrom(in, f); err != nil {
			t.Fatal(err)
		}
		for _, m := range f.GetMetric() {
			name := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				name = append(name, l.GetValue())
			}
			values[strings.Join(name, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}
