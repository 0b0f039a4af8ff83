package pluginhost_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestAnUnhealthyPluginIsShownAndKeepsItsCallbacks(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.HealthInterval, o.HealthTimeout = 10*time.Millisecond, patience
	}, "frail")
	pid := h.status(t, "frail").PID
	note := filepath.Join(h.data, "plugins", "frail", "data", "unwell")
	writeNote(t, note, "the disk is full")
	s := h.await(t, "frail", func(s pluginhost.Status) bool { return s.Unhealthy != "" })
	if s.State != pluginhost.StateReady || s.PID != pid || s.Error != "unhealthy: the disk is full" {
		t.Errorf("status is %+v", s)
	}
	writeNote(t, note, "the disk is still full")
	h.await(t, "frail", func(s pluginhost.Status) bool { return s.Unhealthy == "the disk is still full" })
	if got := h.do(t, "frail", body{}).PID; got != pid {
		t.Errorf("process %d answers, not %d", got, pid)
	}
	if err := os.Remove(note); err != nil {
		t.Fatal(err)
	}
	s = h.await(t, "frail", func(s pluginhost.Status) bool { return s.Unhealthy == "" })
	if s.State != pluginhost.StateReady || s.PID != pid || s.Error != "" || s.Restarts != 0 {
		t.Errorf("status is %+v", s)
	}
	h.close(t)
	for message, want := range map[string]int{"plugin is unhealthy": 1, "plugin is healthy again": 1} {
		if got := len(h.log.lines(t, message)); got != want {
			t.Errorf("%q was logged %d times, want %d", message, got, want)
		}
	}
}

// One process of two is stopped: it gets no callbacks from the moment that its
// heartbeats are missed, and another takes its place.
func TestAFrozenProcessIsLeftOutAndReplaced(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Replicas: 2}}
	}, "words")
	s := h.await(t, "words", func(s pluginhost.Status) bool { return s.Ready == 2 })
	frozen, other := s.Replicas[0].PID, s.Replicas[1].PID
	signalTo(t, frozen, syscall.SIGSTOP)
	h.await(t, "words", func(s pluginhost.Status) bool { return s.Replicas[0].Ejected != "" || s.Replicas[0].PID != frozen })
	for range 16 {
		if got := h.do(t, "words", body{}).PID; got == frozen {
			t.Error("a process without a heartbeat got a callback")
		}
	}
	s = h.await(t, "words", func(s pluginhost.Status) bool { return s.Ready == 2 && s.Replicas[0].PID != frozen })
	if !gone(frozen) || s.Replicas[1].PID != other || s.Restarts != 1 {
		t.Errorf("status is %+v", s)
	}
	if want := "it was killed because no answer to the health check within"; !strings.HasPrefix(s.Error, want) {
		t.Errorf("the error is %q, want %q", s.Error, want)
	}
	states := h.log.states(t, "words")
	if i := slices.Index(states, "wedged"); i < 0 || states[i+1] != "backoff" {
		t.Errorf("its states were %v", states)
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="words",reason="wedged"} 1`,
		`switchhook_plugin_ejections_total{plugin="words"} 1`, `switchhook_plugin_replicas{plugin="words",state="ready"} 2`)
}

// A process that hangs with all that it has is asked what it is at before it is
// killed.
func TestAHangingProcessShowsItsGoroutines(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", MaxInFlight: 4}}
	}, "words")
	pid := h.status(t, "words").PID
	ctx, cancel := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for range 4 {
		calls.Go(func() { _, _ = h.try(ctx, "words", body{Do: "hang"}) })
	}
	// A call that is given up before it is sent leaves nothing behind.
	eventually(t, func() bool { return len(h.log.lines(t, "hanging")) == 4 })
	cancel()
	calls.Wait()
	s := h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady && s.PID != pid })
	if want := "it was killed because it has answered no " + testCommand; !strings.HasPrefix(s.Error, want) {
		t.Errorf("the error is %q, want %q", s.Error, want)
	}
	dumps := h.log.lines(t, "goroutines of a plugin that did not answer")
	if len(dumps) != 1 || !strings.Contains(dumps[0]["dump"].(string), "goroutine ") {
		t.Errorf("the log shows %v", dumps)
	}
	h.do(t, "words", body{})
}

// writeNote replaces a file at once, so that nobody reads half of it.
func writeNote(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
