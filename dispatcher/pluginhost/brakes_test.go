package pluginhost_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

func TestReloadTakesUpTheFileAndRollbackThatBefore(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	first := h.status(t, "words")
	h.wantSwap(t, first.SHA256, first.SHA256) // nothing is different
	if s := h.status(t, "words"); s.PID != first.PID {
		t.Errorf("a reload of nothing new started process %d", s.PID)
	}
	rebuild(t, filepath.Join(h.dir, "words"))
	if s := h.status(t, "words"); !strings.Contains(s.Drift, "not taken up yet") {
		t.Errorf("the drift of a new file is %q", s.Drift)
	}
	second := h.wantSwap(t, first.SHA256, "")
	if s := h.status(t, "words"); s.PID == first.PID || s.Drift != "" {
		t.Errorf("after the reload it is %+v", s)
	}
	back, err := h.Rollback(t.Context(), "words")
	if err != nil || back.SHA256 != first.SHA256 || back.Before != second {
		t.Fatalf("rolled back to %+v (%v)", back, err)
	}
	wantRolledBack := func(h *house, when string) {
		t.Helper()
		s := h.status(t, "words")
		if s.SHA256 != first.SHA256 || !strings.Contains(s.Drift, "it was rolled back") || !slices.Equal(s.Brakes, []string{"rolled_back"}) {
			t.Errorf("%s it is %+v", when, s)
		}
		h.do(t, "words", body{})
	}
	wantRolledBack(h, "rolled back,")
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	wantRolledBack(h, "after a reload of the configuration")
	h = h.again(t)
	wantRolledBack(h, "after a restart of the gateway")
	if _, err := h.Rollback(t.Context(), "words"); err == nil || !strings.Contains(err.Error(), "switchhook plugin reload words") {
		t.Errorf("a second rollback got %v", err)
	}
	h.wantSwap(t, first.SHA256, second)
	if s := h.status(t, "words"); s.Drift != "" || len(s.Brakes) > 0 {
		t.Errorf("taken up again, it is %+v", s)
	}
}

// wantSwap reloads the plugin words and checks what served before and serves now.
func (h *house) wantSwap(t *testing.T, before, after string) string {
	t.Helper()
	s, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Before != before || after != "" && s.SHA256 != after || s.Replicas != h.status(t, "words").Wanted {
		t.Errorf("the swap was %+v", s)
	}
	if got := h.status(t, "words").SHA256; got != s.SHA256 {
		t.Errorf("the swap says %s, and %s serves", s.SHA256, got)
	}
	return s.SHA256
}

func TestAReloadThatIsRefusedLeavesTheOldOneServing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		file string // the script's command, or a mood
		says string
	}{
		"what is no plugin":           {"echo hello >&2; exit 0", "it is no Switchhook plugin, or ended too soon"},
		"a later protocol":            {"mood:old protocol", "it speaks plugin protocol"},
		"what refuses its settings":   {"mood:choosy", "it refuses its configuration: words: at least one is needed"},
		"what fails":                  {"mood:fails", "disk full"},
		"what claims another command": {"mood:claims another", "would no longer claim " + testCommand},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, "words")
			before := h.status(t, "words")
			if mood, ok := strings.CutPrefix(tt.file, "mood:"); ok {
				h.install(t, "words", mood)
			} else {
				writeScript(t, filepath.Join(h.dir, "words"), tt.file)
			}
			_, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{})
			if err == nil || !strings.Contains(err.Error(), "plugin words") || !strings.Contains(err.Error(), tt.says) ||
				!strings.Contains(err.Error(), before.SHA256[:12]+" serves on") {
				t.Errorf("the error is %v", err)
			}
			s := h.status(t, "words")
			if s.State != pluginhost.StateReady || s.PID != before.PID || !strings.Contains(s.Drift, "it was refused") {
				t.Errorf("status is %+v", s)
			}
			h.do(t, "words", body{})
			// Nobody takes it up unasked.
			if done, err := h.Apply(t.Context(), h.dir, nil); err != nil || !cmp.Equal(done, pluginhost.Changes{}) {
				t.Errorf("a reload of the configuration did %+v (%v)", done, err)
			}
			if done, err := h.Refresh(t.Context()); err != nil || !cmp.Equal(done, pluginhost.Changes{}) {
				t.Errorf("a look at the files did %+v (%v)", done, err)
			}
		})
	}
}

func TestClaimsAreDroppedOnlyWhenThatIsMeant(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	h.install(t, "words", "claims another")
	s, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{DropClaims: true})
	if err != nil || !slices.Equal(s.Dropped, []string{testCommand}) || !slices.Equal(s.Added, []string{"C2C.CallbackAfterSendMsg"}) {
		t.Errorf("the swap was %+v (%v)", s, err)
	}
}

func TestReloadFromAnotherPathHoldsUntilItIsUndone(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	outside := filepath.Join(filepath.Dir(h.dir), "outside")
	h.install(t, "words", "words")
	for name, path := range map[string]string{
		"does not lie below the plugin directory": outside,
		"is missing": filepath.Join(h.dir, "releases", "nothing"),
	} {
		if _, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{Path: path}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s got %v", path, err)
		}
	}
	if err := os.Mkdir(filepath.Join(h.dir, "releases"), 0o700); err != nil {
		t.Fatal(err)
	}
	h.install(t, "releases/words-2", "words of another build")
	path := filepath.Join(h.dir, "releases", "words-2")
	s, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{Path: path})
	if err != nil || s.Path != path {
		t.Fatalf("the swap was %+v (%v)", s, err)
	}
	for range 2 {
		if st := h.status(t, "words"); st.Path != path || st.SHA256 != s.SHA256 || !strings.Contains(st.Drift, "it was reloaded from") {
			t.Errorf("status is %+v", st)
		}
		h.do(t, "words", body{})
		h = h.again(t)
	}
	if _, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{Path: filepath.Join(h.dir, "words")}); err != nil {
		t.Fatal(err)
	}
	if st := h.status(t, "words"); st.Drift != "" {
		t.Errorf("undone, it is %+v", st)
	}
}

func TestADisabledPluginStaysSoUntilItIsEnabled(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	pid := h.status(t, "words").PID
	if _, err := h.Enable(t.Context(), "words"); err == nil {
		t.Error("a plugin that is not disabled was enabled")
	}
	if _, err := h.Disable(t.Context(), "words"); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) {
		t.Error("its process runs on")
	}
	for range 2 {
		s := h.status(t, "words")
		if s.State != pluginhost.StateDisabled || !slices.Equal(s.Brakes, []string{"disabled"}) || len(s.Claims) != 1 {
			t.Errorf("status is %+v", s)
		}
		if _, err := h.try(t.Context(), "words", body{}); kindOf(err) != sdk.KindUnavailable {
			t.Errorf("a callback got %v", err)
		}
		if _, err := h.Reload(t.Context(), "words", pluginhost.ReloadOptions{}); err == nil || !strings.Contains(err.Error(), "is disabled") {
			t.Errorf("a reload got %v", err)
		}
		h = h.again(t)
	}
	if _, err := h.Enable(t.Context(), "words"); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "words"); s.State != pluginhost.StateReady || len(s.Brakes) > 0 {
		t.Errorf("enabled, it is %+v", s)
	}
	h.do(t, "words", body{})
}

// A disk that takes nothing must not keep a plugin running that does harm.
func TestADisableThatCannotBeStoredHoldsAllTheSame(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	record := filepath.Join(h.data, "plugins", "words", "describe.json")
	entry(record).remove(t)
	entry(filepath.Join(record, "in the way")).mkdirAll(t)
	done, err := h.Disable(t.Context(), "words")
	if err != nil || !strings.Contains(done.Warning, "started again would run plugin words") {
		t.Fatalf("disabled: %+v (%v)", done, err)
	}
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, "words"); s.State != pluginhost.StateDisabled || s.PID != 0 {
		t.Errorf("after a reload of the configuration it is %s", s.State)
	}
	done, err = h.Enable(t.Context(), "words")
	if err != nil || !strings.Contains(done.Warning, "started again would not run plugin words") {
		t.Fatalf("enabled: %+v (%v)", done, err)
	}
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	h.do(t, "words", body{})
}

func TestRestartChangesTheProcessesAndNothingElse(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Replicas: 2}}
	}, "words")
	before := h.await(t, "words", func(s pluginhost.Status) bool { return s.Ready == 2 })
	rebuild(t, filepath.Join(h.dir, "words")) // not what is asked for
	s, err := h.Restart(t.Context(), "words")
	if err != nil || s.SHA256 != before.SHA256 || s.Replicas != 2 {
		t.Fatalf("the restart came to %+v (%v)", s, err)
	}
	after := h.status(t, "words")
	for i := range after.Replicas {
		if after.Replicas[i].PID == before.Replicas[i].PID || !gone(before.Replicas[i].PID) {
			t.Errorf("replica %d is %+v, and was %+v", i, after.Replicas[i], before.Replicas[i])
		}
	}
}

func TestAPluginThatNobodyKnowsIsToldWithThoseThatAre(t *testing.T) {
	t.Parallel()
	h := start(t, "words", "sdk")
	for name, change := range map[string]func() error{
		"reload":   func() error { _, err := h.Reload(t.Context(), "word", pluginhost.ReloadOptions{}); return err },
		"rollback": func() error { _, err := h.Rollback(t.Context(), "word"); return err },
		"restart":  func() error { _, err := h.Restart(t.Context(), "word"); return err },
		"disable":  func() error { _, err := h.Disable(t.Context(), "word"); return err },
		"enable":   func() error { _, err := h.Enable(t.Context(), "word"); return err },
	} {
		err := change()
		unknown, ok := errors.AsType[*pluginhost.UnknownError](err)
		if !ok || !slices.Equal(unknown.Known, []string{"sdk", "words"}) || !strings.Contains(err.Error(), "the gateway knows sdk, words") {
			t.Errorf("%s got %v", name, err)
		}
	}
}

func TestOfTwoChangesAtOnceTheSecondWaits(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	const changes = 4
	results := make(chan error, changes)
	for range changes {
		go func() {
			_, err := h.Restart(t.Context(), "words")
			results <- err
		}()
	}
	for range changes {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Restart(impatient, "words"); err == nil {
		t.Error("whoever has gone away got a restart")
	}
	h.wantMetrics(t, `switchhook_plugin_starts_total{plugin="words",reason="reload"} 4`)
}

// Callbacks of a plugin that cannot run twice wait for its successor.
func TestAnExclusiveSwapCostsNoCallback(t *testing.T) {
	t.Parallel()
	h := start(t, "exclusive")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent atomic.Int64
	var callers sync.WaitGroup
	for range 2 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if _, err := h.try(t.Context(), "exclusive", body{}); err != nil {
					t.Errorf("a callback got %v", err)
				}
				sent.Add(1)
			}
		})
	}
	for range 3 {
		seen := sent.Load()
		eventually(t, func() bool { return sent.Load() > seen+20 })
		rebuild(t, filepath.Join(h.dir, "exclusive"))
		if _, err := h.Reload(t.Context(), "exclusive", pluginhost.ReloadOptions{}); err != nil {
			t.Error(err)
		}
	}
	stop()
	callers.Wait()
	if s := h.status(t, "exclusive"); s.Wanted != 1 || s.Ready != 1 {
		t.Errorf("status is %+v", s)
	}
}

func TestAnExclusivePluginHasOneProcessWhateverIsConfigured(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "exclusive", Replicas: 3}}
	}, "exclusive")
	if s := h.status(t, "exclusive"); s.State != pluginhost.StateReady || len(s.Replicas) != 1 || s.Wanted != 1 {
		t.Errorf("status is %+v", s)
	}
	said := h.log.lines(t, "an exclusive plugin has one process, whatever its replicas say")
	if len(said) != 1 || said[0]["level"] != "WARN" || said[0]["plugin"] != "exclusive" || said[0]["replicas"] != 3.0 {
		t.Errorf("of the others the log says %v", said)
	}
}

func TestStartFailsForAPluginThatMustNotBeMissing(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "fails", OnError: pluginhost.OnErrorAbort}, {Name: "words"}}
	})
	h.install(t, "words", "words")
	h.install(t, "fails", "fails")
	err := h.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "plugins.fails.on_error is abort") || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("the error is %v", err)
	}
}

// kill -9, one after the other, under load: what another process can answer, it does.
func TestReplicasCoverForTheOneThatDies(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Replicas: 2, Restarts: 100}}
	}, "words")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent atomic.Int64
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if _, err := h.try(t.Context(), "words", body{}); err != nil {
					t.Errorf("a callback got %v", err)
				}
				sent.Add(1)
			}
		})
	}
	for i := range 6 {
		s := h.await(t, "words", func(s pluginhost.Status) bool { return s.Ready == 2 })
		seen := sent.Load()
		eventually(t, func() bool { return sent.Load() > seen+50 })
		signalTo(t, s.Replicas[i%2].PID, 9)
		h.await(t, "words", func(now pluginhost.Status) bool { return now.Restarts > s.Restarts })
	}
	stop()
	callers.Wait()
}
