package pluginhost_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestSettingsThatBreakTheSchemaLeaveTheOldProcessServing(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := h.status(t, "p")
	bad := pluginhost.PluginConfig{Name: "p", Config: json.RawMessage(`{"words": "a", "tokn": "hunter2hunter2"}`)}
	_, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{bad})
	for _, want := range []string{"plugin p", "it refuses its configuration", "plugins.p.config.words: wants a list", "plugins.p.config.tokn: unknown key"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the reload says %v, not %q", err, want)
		}
	}
	if f := h.do(t, "p", body{}); f.PID != before.PID {
		t.Errorf("process %d answers, not %d", f.PID, before.PID)
	}
	if got, want := calls(t, h), []string{"tried", "configured"}; !slices.Equal(got, want) {
		t.Errorf("Configure was called for %v, want %v: never with what breaks the schema", got, want)
	}
	if err := h.CheckStored(bad); err == nil || !strings.Contains(err.Error(), "plugins.p.config.words: wants a list") {
		t.Errorf("the stored schema says %v", err)
	}
	rebuild(t, filepath.Join(h.dir, "p"))
	if err := h.CheckStored(bad); err != nil {
		t.Errorf("the stored schema is held against another program: %v", err)
	}
	if strings.Contains(h.log.String(), "hunter2") {
		t.Error("the log shows a value of a key that nobody knows")
	}
}

func TestADryRunThatIsRefusedIsFollowedByNoConfigure(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "p", Config: json.RawMessage(`{"mode": "refuse"}`), Disabled: true}}
	})
	h.install(t, "p", "confides")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{{Name: "p", Config: json.RawMessage(`{"mode": "refuse"}`)}})
	if err == nil || !strings.Contains(err.Error(), "it refuses its configuration") {
		t.Errorf("the reload says %v", err)
	}
	if got := calls(t, h); slices.Contains(got, "configured") {
		t.Errorf("Configure was called for %v", got)
	}
}

// calls are those of Configure that plugin p of mood "confides" got.
func calls(t *testing.T, h *house) []string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.data, "plugins", "p", "data", "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(raw))
}
