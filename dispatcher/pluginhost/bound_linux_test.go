package pluginhost_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// A program in Go does not notice SIGXCPU, and is killed a little later; that must not
// read like an end for want of memory.
func TestAProcessThatUsedUpItsProcessorTimeIsToldSo(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{CPU: time.Second})
	if _, err := h.try(t.Context(), isolatedName, body{Do: "compute"}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("the call that computes without end got %v", err)
	}
	s := h.await(t, isolatedName, func(s pluginhost.Status) bool { return s.Error != "" })
	if !strings.HasPrefix(s.Error, "it used up isolation.cpu (1s)") || strings.Contains(s.Error, "memory") {
		t.Errorf("its end is told as %q", s.Error)
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="iso",reason="limit"} 1`,
		`switchhook_plugin_exits_total{plugin="iso",reason="oom_suspected"} 0`)
}

// SIGXCPU ends most other programs.
func TestAStartThatUsesUpItsProcessorTimeIsToldSo(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.BackoffBase, o.BackoffMax = patience, patience
		o.Plugins = []pluginhost.PluginConfig{{Name: "p", Isolation: pluginhost.Isolation{CPU: time.Second}}}
	})
	writeScript(t, filepath.Join(h.dir, "p"), "while :; do :; done")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "p"); !strings.Contains(s.Error, "(no handshake): it used up isolation.cpu (1s)") || s.State != pluginhost.StateBackoff {
		t.Errorf("%s: %s", s.State, s.Error)
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="p",reason="limit"} 1`)
}
