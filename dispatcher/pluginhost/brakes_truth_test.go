package pluginhost_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestEnableSaysWhatElseKeepsThePluginFromRunning(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before func(t *testing.T, h *house) // after the plugin was disabled
		says   string
		after  func(t *testing.T, h *house) // what lets it run
	}{
		"the configuration": {
			func(t *testing.T, h *house) {
				t.Helper()
				h.apply(t, pluginhost.PluginConfig{Name: "words", Disabled: true})
			},
			"plugins.words.enabled: true",
			func(t *testing.T, h *house) {
				t.Helper()
				h.apply(t)
			},
		},
		"its missing program": {
			func(t *testing.T, h *house) {
				t.Helper()
				if err := os.Remove(filepath.Join(h.dir, "words")); err != nil {
					t.Fatal(err)
				}
			},
			"is missing; put it back",
			func(t *testing.T, h *house) {
				t.Helper()
				h.install(t, "words", "words")
				h.apply(t)
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, "words")
			if _, err := h.Disable(t.Context(), "words"); err != nil {
				t.Fatal(err)
			}
			tt.before(t, h)
			if _, err := h.Enable(t.Context(), "words"); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error is %v", err)
			}
			if s := h.status(t, "words"); len(s.Brakes) > 0 {
				t.Errorf("the brake was taken off, and it is %+v", s)
			}
			tt.after(t, h)
			if s := h.status(t, "words"); s.State != pluginhost.StateReady {
				t.Errorf("in the end it is %+v", s)
			}
		})
	}
}

// apply takes over a configuration of these plugins.
func (h *house) apply(t *testing.T, configs ...pluginhost.PluginConfig) {
	t.Helper()
	if _, err := h.Apply(t.Context(), h.dir, configs); err != nil {
		t.Fatal(err)
	}
}

// A process that somebody else runs cannot be exchanged from here.
func TestAnAttachedPluginIsNotTheGatewaysToExchange(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "mine.json")
	h := attachTo(t, file)
	process := byHand(t, file)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "mine", isReady)
	for what, change := range map[string]func() (pluginhost.Swap, error){
		"reload":   func() (pluginhost.Swap, error) { return h.Reload(t.Context(), "mine", pluginhost.ReloadOptions{}) },
		"restart":  func() (pluginhost.Swap, error) { return h.Restart(t.Context(), "mine") },
		"rollback": func() (pluginhost.Swap, error) { return h.Rollback(t.Context(), "mine") },
	} {
		if _, err := change(); err == nil || !strings.Contains(err.Error(), "is attached") {
			t.Errorf("%s got %v", what, err)
		}
	}
	if s := h.status(t, "mine"); s.PID != process.Process.Pid || s.Drift != "" {
		t.Errorf("status is %+v", s)
	}
	h.do(t, "mine", body{})
}

// A reload that finds nothing new still has those tried that are not there.
func TestReloadTriesReplicasThatWaitAgain(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Replicas: 2}}
		o.BackoffBase, o.BackoffMax = 1000*time.Hour, 1000*time.Hour
	}, "words")
	s := h.status(t, "words")
	signalTo(t, s.Replicas[1].PID, syscall.SIGKILL)
	h.await(t, "words", func(s pluginhost.Status) bool { return s.Replicas[1].State == pluginhost.StateBackoff })
	if _, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{}); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.Ready == 2 })
	if now := h.status(t, "words"); now.Replicas[0].PID != s.Replicas[0].PID {
		t.Errorf("the replica that was well is process %d now, and was %d", now.Replicas[0].PID, s.Replicas[0].PID)
	}
}

// A host whose start fails lets go of all that it took.
func TestAHostThatDidNotStartLetsGo(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	if err := os.Remove(h.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err == nil {
		t.Error("a plugin directory that is a file was taken")
	}
	if err := os.Remove(h.dir); err != nil {
		t.Fatal(err)
	}
	h.again(t)
}

// A reload of the configuration takes no brake off, and what it brought holds when
// the brake is off.
func TestAReloadKeepsAPluginDisabled(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	if _, err := h.Disable(t.Context(), "words"); err != nil {
		t.Fatal(err)
	}
	h.apply(t, pluginhost.PluginConfig{Name: "words", Config: []byte(`{"n":2}`), Replicas: 2})
	if s := h.status(t, "words"); s.State != pluginhost.StateDisabled || len(s.Brakes) != 1 {
		t.Errorf("after the reload it is %+v", s)
	}
	done, err := h.Enable(t.Context(), "words")
	if err != nil || done.Replicas != 2 {
		t.Errorf("enabled, it came to %+v (%v)", done, err)
	}
	if got := h.do(t, "words", body{}).Config; got != `{"n":2}` {
		t.Errorf("it runs with %s", got)
	}
}
