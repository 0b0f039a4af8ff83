package pluginhost_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

func TestApplyTouchesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	h := start(t, "same", "changed", "removed", "rebuilt")
	before := pids(h)
	h.install(t, "added", "added")
	if err := os.Remove(filepath.Join(h.dir, "removed")); err != nil {
		t.Fatal(err)
	}
	rebuild(t, filepath.Join(h.dir, "rebuilt"))
	configs := []pluginhost.PluginConfig{{Name: "changed", Config: []byte(`{"n":2}`)}}
	done, err := h.Apply(t.Context(), h.dir, configs)
	if err != nil {
		t.Fatal(err)
	}
	wantDone := pluginhost.Changes{Started: []string{"added"}, Replaced: []string{"changed", "rebuilt"}, Stopped: []string{"removed"}}
	if diff := cmp.Diff(wantDone, done); diff != "" {
		t.Errorf("what was done: %s", diff)
	}
	after := pids(h)
	want := map[string]bool{"same": true, "changed": false, "rebuilt": false, "added": false}
	same := make(map[string]bool)
	if s := h.status(t, "removed"); s.State != pluginhost.StateFailed || s.PID != 0 {
		t.Errorf("the removed plugin is %+v", s)
	}
	for name, pid := range after {
		if name == "removed" {
			continue
		}
		same[name] = pid == before[name]
		if f := h.do(t, name, body{}); f.PID != pid {
			t.Errorf("%s is answered by process %d, not %d", name, f.PID, pid)
		}
	}
	if diff := cmp.Diff(want, same); diff != "" {
		t.Errorf("which process stayed: %s", diff)
	}
	for _, name := range []string{"changed", "rebuilt", "removed"} {
		if !gone(before[name]) {
			t.Errorf("the old process of %s runs on", name)
		}
	}
	if got := h.do(t, "changed", body{}).Config; got != `{"n":2}` {
		t.Errorf("the changed plugin runs with %s", got)
	}
	h.wantMetrics(t, `switchhook_plugin_up{plugin="changed"} 1`, `switchhook_plugin_exits_total{plugin="changed",reason="clean"} 1`,
		`switchhook_plugin_starts_total{plugin="changed",reason="reload"} 1`)
	if done, err = h.Apply(t.Context(), h.dir, configs); err != nil || !cmp.Equal(done, pluginhost.Changes{}) {
		t.Fatalf("the same configuration did %+v (%v)", done, err)
	}
	if diff := cmp.Diff(after, pids(h)); diff != "" {
		t.Errorf("the same configuration restarted something: %s", diff)
	}
}

func TestApplyIsATransaction(t *testing.T) {
	t.Parallel()
	h := start(t, "one", "two", "alone")
	rebuildAs(t, h, "alone", "exclusive")
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	before := pids(h)
	bad := []pluginhost.PluginConfig{
		{Name: "one", Config: []byte(`{"n":1}`)},
		{Name: "two", SHA256: strings.Repeat("0", 64)},
		{Name: "three", Path: "/nowhere/three"},
	}
	_, err := h.Apply(t.Context(), h.dir, bad)
	if err == nil || !strings.Contains(err.Error(), "plugin two") || !strings.Contains(err.Error(), "plugin three") ||
		strings.Contains(err.Error(), "plugin one") {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(before, pids(h)); diff != "" {
		t.Errorf("a reload that failed restarted something: %s", diff)
	}
	for name := range before {
		h.do(t, name, body{})
	}
	text, err := gather(h.registry)
	if err != nil || strings.Contains(text, `"three"`) {
		t.Errorf("series of a plugin that never was (%v)", err)
	}
}

func TestExclusivePluginNeverRunsTwice(t *testing.T) {
	t.Parallel()
	h := start(t, "exclusive")
	before := h.do(t, "exclusive", body{}).PID
	// Its second process fails while the first holds the lock.
	ok := []pluginhost.PluginConfig{{Name: "exclusive", Config: []byte(`{"n":2}`)}}
	if _, err := h.Apply(t.Context(), h.dir, ok); err != nil {
		t.Fatal(err)
	}
	f := h.do(t, "exclusive", body{})
	if f.PID == before || f.Config != `{"n":2}` {
		t.Errorf("the plugin is %+v", f)
	}
	bad := []pluginhost.PluginConfig{{Name: "exclusive", MTLS: pluginhost.MTLSOff, SHA256: strings.Repeat("0", 64)}}
	if _, err := h.Apply(t.Context(), h.dir, bad); err == nil {
		t.Error("a pin that does not fit was taken")
	}
	if f := h.do(t, "exclusive", body{}); f.Config != `{"n":2}` {
		t.Errorf("after a failed reload the plugin is %+v", f)
	}
}

func TestAnExclusivePluginIsNotStoppedByAReloadThatFails(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	h.install(t, "off", "exclusive")
	h.install(t, "pinned", "exclusive")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := h.status(t, "off").PID
	bad := []pluginhost.PluginConfig{{Name: "off", Disabled: true}, {Name: "pinned", SHA256: strings.Repeat("0", 64)}}
	if _, err := h.Apply(t.Context(), h.dir, bad); err == nil {
		t.Error("a pin that does not fit was taken")
	}
	if got := h.do(t, "off", body{}).PID; got != before {
		t.Errorf("process %d answers, not %d", got, before)
	}
}

func TestApplyRefusesAConfigurationThatMakesNoSense(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	for name, configs := range map[string][]pluginhost.PluginConfig{
		"a bad name":      {{Name: "../words"}},
		"a name twice":    {{Name: "words"}, {Name: "words"}},
		"a bad pin":       {{Name: "words", SHA256: "abc"}},
		"an unknown mtls": {{Name: "words", MTLS: "maybe"}},
	} {
		if _, err := h.Apply(t.Context(), h.dir, configs); err == nil {
			t.Errorf("%s was taken", name)
		}
		o := h.options
		o.Registerer, o.Plugins = nil, configs
		if _, err := pluginhost.New(o); err == nil {
			t.Errorf("%s was taken by New", name)
		}
	}
	if err := os.Rename(h.dir, h.dir+"-gone"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Apply(t.Context(), h.dir, nil); err == nil {
		t.Error("a directory that is gone stops the plugins that run from it")
	}
	h.do(t, "words", body{})
}

func TestReloadTriesAFailedPluginAgain(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	writeScript(t, filepath.Join(h.dir, "words"), "exit 0")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "words"); s.State != pluginhost.StateFailed {
		t.Fatalf("state is %s", s.State)
	}
	h.install(t, "words", "words")
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady })
}

func TestSwapLosesNoCallback(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent, failed atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for ctx.Err() == nil {
				sent.Add(1)
				if _, err := h.try(t.Context(), "words", body{}); err != nil {
					failed.Add(1)
					t.Errorf("a callback got %v", err)
				}
			}
		})
	}
	for _, config := range []string{`{"n":1}`, `{"n":2}`, `{"n":3}`} {
		seen := sent.Load()
		eventually(t, func() bool { return sent.Load() > seen+100 })
		c := []pluginhost.PluginConfig{{Name: "words", Config: []byte(config)}}
		if _, err := h.Apply(t.Context(), h.dir, c); err != nil {
			t.Error(err)
		}
		if got := h.do(t, "words", body{}).Config; got != config {
			t.Errorf("the plugin runs with %s, want %s", got, config)
		}
	}
	stop()
	callers.Wait()
	t.Logf("%d callbacks sent, %d failed", sent.Load(), failed.Load())
}

func TestOnChangeSeesEveryState(t *testing.T) {
	t.Parallel()
	var host atomic.Pointer[pluginhost.Host]
	ready := make(chan int, 64)
	h := build(t, func(o *pluginhost.Options) {
		o.OnChange = func() {
			if h := host.Load(); h != nil {
				for _, s := range h.Status() {
					if s.State == pluginhost.StateReady {
						ready <- s.PID
					}
				}
			}
		}
	})
	host.Store(h.Host)
	h.install(t, "words", "words")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := <-ready
	signalTo(t, first, syscall.SIGKILL)
	for pid := range ready {
		if pid != first {
			return
		}
	}
}

func TestSecondGatewayIsRefused(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	o := h.options
	o.Registerer = nil
	second, err := pluginhost.New(o)
	if err != nil {
		t.Fatal(err)
	}
	err = second.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), itoa(os.Getpid())) {
		t.Errorf("the error is %v", err)
	}
	h.do(t, "words", body{})
}

func TestStartOfAClosedOrStartedHost(t *testing.T) {
	t.Parallel()
	h := start(t)
	if err := h.Start(t.Context()); err == nil {
		t.Error("a host started twice")
	}
	idle := build(t, nil)
	if _, err := idle.Apply(t.Context(), idle.dir, nil); err == nil {
		t.Error("a host that was not started took a configuration")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	slow := build(t, nil)
	slow.install(t, "hang", "hang")
	if err := slow.Start(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a start without time got %v", err)
	}
	if _, err := slow.try(t.Context(), "hang", body{}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("got %v", err)
	}
}

func pids(h *house) map[string]int {
	all := make(map[string]int)
	for _, s := range h.Status() {
		all[s.Name] = s.PID
	}
	return all
}

// rebuild changes a plugin's program without changing what it does.
func rebuild(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(raw, "# rebuilt\n"...), 0o700); err != nil {
		t.Fatal(err)
	}
}

func rebuildAs(t *testing.T, h *house, name, mood string) {
	t.Helper()
	if err := os.Remove(filepath.Join(h.dir, name)); err != nil {
		t.Fatal(err)
	}
	h.install(t, name, mood)
}

// Whoever asks for a change may hold what OnChange waits for, and Close waits for
// OnChange: a change that comes while the host closes must not wait for Close.
func TestApplyWhileClosingIsRefused(t *testing.T) {
	t.Parallel()
	var held sync.Mutex
	h := build(t, func(o *pluginhost.Options) {
		o.OnChange = func() {
			held.Lock()
			defer held.Unlock()
		}
	})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	held.Lock()
	closed := make(chan error, 1)
	go func() { closed <- h.Close(context.WithoutCancel(t.Context())) }()
	for {
		if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
			break
		}
	}
	held.Unlock()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
