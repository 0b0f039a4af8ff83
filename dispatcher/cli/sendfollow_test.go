package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/cli"
	front "github.com/switchhook/switchhook/dispatcher/gateway"
)

// An event that was accepted and is not kept is a duplicate; one that its plugin
// answered at once is not.
func TestSendTellsADuplicate(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[string]bool{"accepted": true, "ok": false} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			callbacks := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "switchhook_callbacks_total", Help: "x."}, []string{"command", "outcome"})
			counted := callbacks.WithLabelValues("Sns.CallbackBlackListAdd", outcome)
			registry := prometheus.NewRegistry()
			registry.MustRegister(callbacks)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				counted.Inc()
				w.Header().Set(front.IDHeader, "id-1")
				_, _ = io.WriteString(w, ok)
			}))
			t.Cleanup(server.Close)
			dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // t.TempDir is too long for a socket's path
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			socket := filepath.Join(dir, admin.SocketName)
			g := &gateway{status: admin.Status{Listen: server.URL, CallbackPath: "/", Apps: []admin.AppInfo{{ID: "1", Insecure: true}}}}
			defer serveInbox(t, g, registry, socket)()
			var out, complaints bytes.Buffer
			args := []string{"send", "Sns.CallbackBlackListAdd", "--admin", socket, "--output", "json"}
			if code := (cli.Program{}).Execute(t.Context(), args, nil, &out, &complaints); code != cli.ExitOK {
				t.Fatalf("exit code %d: %s", code, complaints.String())
			}
			var report struct {
				Duplicate  bool   `json:"duplicate"`
				CallbackID string `json:"callback_id"`
			}
			if err := json.Unmarshal(out.Bytes(), &report); err != nil || report.Duplicate != want || report.CallbackID != "id-1" {
				t.Errorf("%v: %s", err, out.String())
			}
		})
	}
}
