package pluginhost_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// Whoever asked for the change of an exclusive plugin may go away in the middle: the
// old process still finishes what it has, and the new one still comes.
func TestAnExclusiveSwapIsFinishedThoughWhoeverAskedGoesAway(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) { o.DrainTimeout = patience }, "exclusive")
	before := h.status(t, "exclusive").PID
	answered := make(chan error, 1)
	go func() {
		_, err := h.try(t.Context(), "exclusive", body{Do: "wait for SIGUSR2"})
		answered <- err
	}()
	eventually(t, func() bool { return h.do(t, "exclusive", body{}).Blocked == 1 })
	rebuild(t, filepath.Join(h.dir, "exclusive"))
	asked, leave := context.WithCancel(t.Context())
	reloaded := make(chan error, 1)
	go func() {
		_, err := h.Reload(asked, "exclusive", pluginhost.ReloadOptions{})
		reloaded <- err
	}()
	h.await(t, "exclusive", func(s pluginhost.Status) bool { return s.State == pluginhost.StateDraining })
	leave()
	eventually(t, func() bool { // its handler listens a moment after it counts
		signalTo(t, before, syscall.SIGUSR2)
		return gone(before)
	})
	if err := <-answered; err != nil && !strings.Contains(err.Error(), "unexpected end of JSON") {
		t.Errorf("the callback in hand got %v", err)
	}
	if err := <-reloaded; err != nil {
		t.Errorf("the reload got %v", err)
	}
	if f := h.do(t, "exclusive", body{}); f.PID == before {
		t.Error("the old process is still there")
	}
}

// An exclusive plugin that is just starting again holds its data as well.
func TestAnExclusivePluginThatStartsAgainIsStoppedForItsSuccessor(t *testing.T) {
	t.Parallel()
	h := start(t, "exclusive then slow")
	name := nameOf("exclusive then slow")
	signalTo(t, h.status(t, name).PID, syscall.SIGKILL)
	h.await(t, name, func(s pluginhost.Status) bool { return s.State == pluginhost.StateStarting })
	eventually(t, func() bool { return exists(filepath.Join(h.data, "plugins", name, "data", "again")) })
	h.install(t, name, "exclusive")
	if _, err := h.Reload(t.Context(), name, pluginhost.ReloadOptions{}); err != nil {
		t.Error(err)
	}
	h.do(t, name, body{})
}

// What is no program to run is found out before the only process is ended.
func TestAnExclusivePluginIsNotEndedForAProgramThatCannotRun(t *testing.T) {
	t.Parallel()
	h := start(t, "exclusive")
	before := h.status(t, "exclusive").PID
	pinned := []pluginhost.PluginConfig{{Name: "exclusive", SHA256: strings.Repeat("0", 64)}}
	if _, err := h.Apply(t.Context(), h.dir, pinned); err == nil || !strings.Contains(err.Error(), "plugins.exclusive.sha256 pins") {
		t.Errorf("the error is %v", err)
	}
	if got := h.status(t, "exclusive").PID; got != before {
		t.Errorf("process %d answers, not %d", got, before)
	}
}

// Until the callbacks go another way, a plugin that a configuration disables answers.
func TestADisabledPluginAnswersUntilItsRoutesAreGone(t *testing.T) {
	t.Parallel()
	var h *house
	asked := make(chan error, 1)
	h = build(t, func(o *pluginhost.Options) {
		o.OnSwitch = func() {
			_, err := h.try(context.Background(), "old", body{})
			asked <- err
		}
	})
	h.install(t, "old", "old")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.install(t, "new", "new")
	done, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{{Name: "old", Disabled: true}})
	if err != nil || fmt.Sprint(done) != "{[new] [] [old]}" {
		t.Errorf("the reload did %v (%v)", done, err)
	}
	if err := <-asked; err != nil {
		t.Errorf("when the routes were switched, the old plugin answered %v", err)
	}
}

// One that came up and died again while others were still coming up is not up.
func TestAProcessThatDiesOnProbationIsNotGivenTheCallbacks(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) { o.BackoffBase, o.BackoffMax = time.Hour, time.Hour }, "early", "late")
	before := pids(h)
	rebuild(t, filepath.Join(h.dir, "early"))
	gate := filepath.Join(shortDir(t), "open")
	late := filepath.Join(h.dir, "late")
	raw, err := os.ReadFile(late)
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, late, fmt.Sprintf("while [ ! -e '%s' ]; do sleep 0.01; done\n%s", gate, raw))
	applied := make(chan error, 1)
	go func() {
		_, err := h.Apply(t.Context(), h.dir, nil)
		applied <- err
	}()
	pid := 0
	eventually(t, func() bool {
		for _, l := range h.log.lines(t, "plugin state changed") {
			if now, ok := l["pid"].(float64); ok && l["plugin"] == "early" && int(now) != before["early"] {
				pid = int(now)
			}
		}
		return pid != 0
	})
	signalTo(t, pid, syscall.SIGKILL)
	eventually(t, func() bool {
		states := h.log.states(t, "early")
		return states[len(states)-1] == string(pluginhost.StateBackoff)
	})
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-applied; err == nil || !strings.Contains(err.Error(), "plugin early did not come up") {
		t.Errorf("the error is %v", err)
	}
	for name, pid := range before {
		if got := h.do(t, name, body{}).PID; got != pid {
			t.Errorf("%s is process %d, not %d", name, got, pid)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Nor does a plugin that never came up need a reload by hand.
func TestAPluginThatNeverCameUpGetsItsNewProgram(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	writeScript(t, filepath.Join(h.dir, "words"), "echo no plugin >&2")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateFailed })
	h.install(t, "words", "words")
	if _, err := h.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", isReady)
}

// Nor is that program blamed for the starts of the one before.
func TestTheFailuresOfWhatNeverCameUpAreItsOwn(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.BackoffBase, o.BackoffMax = 1000*time.Hour, 1000*time.Hour
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Restarts: 1}}
	})
	h.install(t, "words", "fails")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	take := func(want pluginhost.State) int {
		t.Helper()
		if _, err := h.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return h.await(t, "words", func(s pluginhost.Status) bool { return s.State == want }).PID
	}
	take(pluginhost.StateCrashLooping) // the same program once more
	h.install(t, "words", "words")
	signalTo(t, take(pluginhost.StateReady), syscall.SIGKILL)
	s := h.await(t, "words", func(s pluginhost.Status) bool { return s.State != pluginhost.StateReady })
	if s.State != pluginhost.StateBackoff {
		t.Errorf("after its first crash the new program is %s", s.State)
	}
}

// A build that mends what a plugin keeps dying of is taken up like any other.
func TestAPluginThatKeepsDyingGetsItsNewProgram(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(h *house) (pluginhost.Changes, error){
		"a reload":            func(h *house) (pluginhost.Changes, error) { return h.Apply(t.Context(), h.dir, nil) },
		"a look at the files": func(h *house) (pluginhost.Changes, error) { return h.Refresh(t.Context()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startWith(t, func(o *pluginhost.Options) { o.BackoffBase, o.BackoffMax = 1000*time.Hour, 1000*time.Hour }, "words")
			before := h.status(t, "words")
			signalTo(t, before.PID, syscall.SIGKILL)
			h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateBackoff })
			rebuild(t, filepath.Join(h.dir, "words"))
			if s := h.status(t, "words"); !strings.HasSuffix(s.Drift, before.SHA256[:12]+" does not serve (backoff)") {
				t.Errorf("while it waits, the drift is %q", s.Drift)
			}
			if _, err := take(h); err != nil {
				t.Fatal(err)
			}
			if s := h.await(t, "words", isReady); s.SHA256 == before.SHA256 || s.Drift != "" {
				t.Errorf("it is %+v", s)
			}
		})
	}
}

// A gateway that is told to end does not wait for a successor that is slow to come.
func TestAHostIsClosedInTheMiddleOfAnExclusiveSwap(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) { o.StartTimeout = time.Hour }, "exclusive then slow")
	name := nameOf("exclusive then slow")
	rebuild(t, filepath.Join(h.dir, name))
	reloaded := make(chan error, 1)
	go func() {
		_, err := h.Reload(t.Context(), name, pluginhost.ReloadOptions{})
		reloaded <- err
	}()
	eventually(t, func() bool { return exists(filepath.Join(h.data, "plugins", name, "data", "again")) })
	h.close(t)
	if err := <-reloaded; err == nil || !strings.Contains(err.Error(), "the plugin host is closed") {
		t.Errorf("the reload got %v", err)
	}
}

// What a gateway fell back to is what it goes on trying, and not the file that it has
// passed over.
func TestWhatAGatewayFellBackToIsTriedAgain(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) { o.BackoffBase, o.BackoffMax = 1000*time.Hour, 1000*time.Hour })
	allowed := filepath.Join(shortDir(t), "allowed")
	if err := os.WriteFile(allowed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.install(t, "words", "words")
	file := filepath.Join(h.dir, "words")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, file, fmt.Sprintf("[ -e '%s' ] || exit 3\n%s", allowed, raw))
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := h.status(t, "words").SHA256
	h.install(t, "words", "fails")
	if err := os.Remove(allowed); err != nil {
		t.Fatal(err)
	}
	h = h.again(t)
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateBackoff })
	if err := os.WriteFile(allowed, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h.apply(t)
	if s := h.await(t, "words", isReady); s.SHA256 != before {
		t.Errorf("it is %+v", s)
	}
}
