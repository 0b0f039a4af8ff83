package cli_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
	"github.com/switchhook/switchhook/dispatcher/cli"
)

// Over TCP, of a gateway without memory and inbox, the command says why it knows nothing.
func TestTraceSaysThatNothingIsRemembered(t *testing.T) {
	t.Parallel()
	server, err := admin.New(admin.Options{
		Gatherer: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
		Status: func() admin.Status { return admin.Status{} }, Plugins: func() []admin.Plugin { return nil }, Routes: func() []admin.Route { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server.Handler())
	t.Cleanup(listener.Close)
	for of, want := range map[string]struct {
		code int
		said string
	}{
		"0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a": {cli.ExitNothing, "remembers no callbacks (admin.recent is 0)"},
		"1400000001/State.StateChange/AAEC":    {cli.ExitFailed, "keys are told through the unix socket"},
	} {
		var out, complaints bytes.Buffer
		code := cli.Program{}.Execute(t.Context(), []string{"trace", of, "--admin", listener.URL}, strings.NewReader(""), &out, &complaints)
		if code != want.code || !strings.Contains(complaints.String(), want.said) || out.Len() > 0 {
			t.Errorf("trace %s: exit code %d, %s%s", of, code, out.String(), complaints.String())
		}
	}
}

// rememberedStep is a step with the id that the API leaves out.
type rememberedStep struct {
	recent.Step

	Of string `json:"id"`
}

// remember is `recent FILE`: what the gateway remembers besides.
func (g *gateway) remember(ts *testscript.TestScript, file string) {
	var told struct {
		Callbacks []recent.Callback `json:"callbacks"`
		Steps     []rememberedStep  `json:"steps"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &told))
	for _, c := range told.Callbacks {
		g.recent.Answered(c)
	}
	for _, s := range told.Steps {
		s.ID = s.Of
		g.recent.Happened(s.Step)
	}
}
