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

func TestAFrozenPluginIsUnhealthyUntilItAnswersAgain(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.HealthInterval, o.HealthTimeout = 10*time.Millisecond, time.Second
	}, "words")
	pid := h.status(t, "words").PID
	signalTo(t, pid, syscall.SIGSTOP)
	s := h.await(t, "words", func(s pluginhost.Status) bool { return s.Unhealthy != "" })
	signalTo(t, pid, syscall.SIGCONT)
	if !strings.Contains(s.Unhealthy, "no answer to the health check within 1s") {
		t.Errorf("it is unhealthy for %q", s.Unhealthy)
	}
	s = h.await(t, "words", func(s pluginhost.Status) bool { return s.Unhealthy == "" })
	if s.PID != pid {
		t.Errorf("it was restarted: %+v", s)
	}
}

func TestSilenceIsUnhealthyWhereAStreamWasOffered(t *testing.T) {
	t.Parallel()
	now := time.Now()
	tests := map[string]struct {
		streams bool
		age     time.Duration
		want    string
	}{
		"a heartbeat just heard":       {true, 250 * time.Millisecond, ""},
		"a heartbeat at the limit":     {true, 3 * time.Second, ""},
		"no heartbeat for longer":      {true, 4 * time.Second, "no heartbeat for 4s"},
		"no stream, and so no promise": {false, time.Hour, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := pluginhost.Silence(tt.streams, now.Add(-tt.age), now); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
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
