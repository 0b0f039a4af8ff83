package serve_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/switchhook/switchhook/sdk/serve"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestMetricsAreAskedForAfterStart(t *testing.T) {
	t.Parallel()
	started := false
	p := plain(nil)
	p.Start = func(context.Context, serve.Env) error { started = true; return nil }
	p.Metrics = func(context.Context) ([]byte, error) {
		if !started {
			t.Error("measured before Start")
		}
		return []byte("families"), nil
	}
	session, err := serve.NewSession(p, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := session.Server()
	if _, err := server.CollectMetrics(t.Context(), &wirepb.CollectMetricsRequest{}); err == nil {
		t.Error("an answer before Configure")
	}
	if _, err := server.Configure(t.Context(), &wirepb.ConfigureRequest{}); err != nil {
		t.Fatal(err)
	}
	m, err := server.CollectMetrics(t.Context(), &wirepb.CollectMetricsRequest{})
	if err != nil || string(m.GetFamilies()) != "families" {
		t.Errorf("metrics = %q, %v", m.GetFamilies(), err)
	}
	if err := session.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
