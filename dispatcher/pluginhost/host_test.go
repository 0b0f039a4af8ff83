package pluginhost_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/logging"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

func TestPluginLivesItsLife(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	s := h.status(t, "words")
	if s.State != pluginhost.StateReady || s.Description.Version != "1.2.3" || s.ClaimsFrom != pluginhost.ClaimsLive ||
		len(s.SHA256) != 64 || s.Error != "" || s.Restarts != 0 {
		t.Errorf("status is %+v", s)
	}
	if diff := cmp.Diff([]sdk.Claim{{Pattern: testCommand, Idempotent: true}}, s.Claims); diff != "" {
		t.Error(diff)
	}
	pid := h.do(t, "words", body{}).PID
	h.close(t)
	s = h.status(t, "words")
	if s.State != pluginhost.StateStopped || s.PID != 0 {
		t.Errorf("status after close is %+v", s)
	}
	if !gone(pid) {
		t.Error("the process outlived its host")
	}
	if _, err := h.try(t.Context(), "words", body{}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("a closed host answered %v", err)
	}
	want := []string{"starting", "ready", "draining", "stopped"}
	if diff := cmp.Diff(want, h.log.states(t, "words")); diff != "" {
		t.Error(diff)
	}
}

func TestPluginHasItsPlace(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "words", Config: []byte(`{"token":"s3cret"}`)}}
	}, "words")
	f := h.do(t, "words", body{})
	pid := h.status(t, "words").PID
	dir := filepath.Join(h.data, "plugins", "words", "data")
	want := facts{PID: pid, Group: pid, Name: "words", Config: `{"token":"s3cret"}`, DataDir: dir, Dir: dir}
	got := facts{PID: f.PID, Group: f.Group, Name: f.Name, Config: f.Config, DataDir: f.DataDir, Dir: f.Dir, Core: f.Core}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if f.Files == 0 || f.Files > 65536 {
		t.Errorf("%d files may be open", f.Files)
	}
	if strings.Contains(strings.Join(append(f.Env, f.Args...), " "), "s3cret") {
		t.Error("a secret stands in the environment or the arguments")
	}
}

func TestHostEnvironmentIsNotPassedOn(t *testing.T) {
	t.Setenv("SWITCHHOOK_SECRET_FOR_TEST", "s3cret")
	h := start(t, "words")
	f := h.do(t, "words", body{})
	var keys []string
	for _, v := range f.Env {
		key, _, _ := strings.Cut(v, "=")
		keys = append(keys, key)
	}
	allowed := []string{
		"PATH", "HOME", "USER", "LOGNAME", "TZ", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"PLUGIN_UNIX_SOCKET_DIR", "SWITCHHOOK_PLUGIN", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_PROTOCOL_VERSIONS",
		"PLUGIN_CLIENT_CERT", "SWITCHHOOK_LOG_LEVEL",
		moodKey, "PWD", "OLDPWD", "SHLVL", "_", // of the test's own script
	}
	for _, key := range keys {
		if !slices.Contains(allowed, key) {
			t.Errorf("%s was passed on", key)
		}
	}
}

func TestCrashedPluginIsRestarted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do     string
		reason string
		cause  string
	}{
		"after an exit":  {do: "exit", reason: "error", cause: "it exited with status 4"},
		"after a panic":  {do: "crash", reason: "panic", cause: "it exited with status 2: panic: the cache is corrupt"},
		"after kill -9":  {do: "kill -9", reason: "oom_suspected", cause: "it was killed by SIGKILL, perhaps for want of memory"},
		"after a signal": {do: "kill -6", reason: "signal", cause: "it exited with status 2: SIGABRT: abort"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, "words")
			before := h.do(t, "words", body{}).PID
			switch tt.do {
			case "kill -9":
				signalTo(t, before, syscall.SIGKILL)
			case "kill -6":
				signalTo(t, before, syscall.SIGABRT)
			default:
				if _, err := h.try(t.Context(), "words", body{Do: tt.do}); kindOf(err) != sdk.KindUnavailable {
					t.Errorf("the call that killed the plugin got %v", err)
				}
			}
			s := h.await(t, "words", func(s pluginhost.Status) bool {
				return s.State == pluginhost.StateReady && s.PID != before
			})
			if s.Restarts != 1 {
				t.Errorf("%d restarts", s.Restarts)
			}
			if after := h.do(t, "words", body{}).PID; after != s.PID {
				t.Errorf("process %d answers, status says %d", after, s.PID)
			}
			if !strings.HasPrefix(s.Error, tt.cause) {
				t.Errorf("the cause is %q, want %q", s.Error, tt.cause)
			}
			h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="words",reason="`+tt.reason+`"} 1`,
				`switchhook_plugin_starts_total{plugin="words",reason="crash"} 1`, `switchhook_plugin_up{plugin="words"} 1`)
		})
	}
}

func TestCallsOfAKilledPluginAreUnavailable(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	pid := h.do(t, "words", body{}).PID
	const calls = 8
	results := make(chan error, calls)
	for range calls {
		go func() {
			_, err := h.try(t.Context(), "words", body{Do: "block"})
			results <- err
		}()
	}
	eventually(t, func() bool { return h.do(t, "words", body{}).Blocked == calls })
	signalTo(t, pid, syscall.SIGKILL)
	for range calls {
		// A call that waited for its own end would be a timeout.
		if err := <-results; kindOf(err) != sdk.KindUnavailable {
			t.Errorf("a pending call got %v", err)
		}
	}
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady && s.PID != pid })
	h.do(t, "words", body{})
}

func TestPluginOfTheSDKIsServedAndClosed(t *testing.T) {
	t.Parallel()
	h := start(t, "sdk")
	f := h.do(t, "sdk", body{})
	h.do(t, "sdk", body{Do: "print", Text: "a raw line"})
	h.close(t)
	if _, err := os.Stat(filepath.Join(h.data, "plugins", "sdk", "data", "closed")); err != nil {
		t.Errorf("Close did not run: %v", err)
	}
	if !gone(f.PID) {
		t.Error("the process outlived its host")
	}
	for _, message := range []string{"printed before serving", "opened", "a raw line"} {
		if len(h.log.lines(t, message)) != 1 {
			t.Errorf("%q is not in the log once", message)
		}
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="sdk",reason="clean"} 1`)
}

func TestHandlerAnswersAtOnceWithoutAPlugin(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	_, err := h.try(t.Context(), "nobody", body{})
	if kindOf(err) != sdk.KindUnavailable {
		t.Errorf("got %v", err)
	}
}

func TestNoiseDoesNoHarm(t *testing.T) {
	t.Parallel()
	var bounded *logging.Handler
	h := startWith(t, func(o *pluginhost.Options) {
		var err error
		if bounded, err = logging.New(logging.Options{Next: o.Logger.Handler()}); err != nil {
			t.Fatal(err)
		}
		o.Logger = slog.New(bounded)
	}, "noisy")
	h.do(t, "noisy", body{Do: "print", Text: `{"@level":30}`})
	h.do(t, "noisy", body{Do: "print", Text: strings.Repeat("y", 300<<10)})
	// A writer that kept the real standard output must not block on it.
	for range 4 {
		h.do(t, "noisy", body{Do: "stdout", Text: strings.Repeat("z", 100<<10)})
	}
	h.do(t, "noisy", body{})
	for _, message := range []string{"from slog", "from hclog", "[ERROR] raw with a level", "flood 0"} {
		if len(h.log.lines(t, message)) != 1 {
			t.Errorf("%q is not in the log once", message)
		}
	}
	if l := h.log.lines(t, "from slog"); len(l) == 1 && (l[0]["level"] != "WARN" || l[0]["plugin"] != "noisy") {
		t.Errorf("the line became %v", l[0])
	}
	h.close(t)
	bounded.Close()
	if len(h.log.lines(t, "log lines left out")) == 0 {
		t.Error("20,000 lines passed the limit")
	}
	if n := len(h.log.String()); n > 4<<20 {
		t.Errorf("the log grew to %d bytes", n)
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	for range 3 {
		h.close(t)
	}
	if err := h.Start(t.Context()); err == nil {
		t.Error("a closed host started again")
	}
	if _, err := h.Apply(t.Context(), h.dir, nil); err == nil {
		t.Error("a closed host took a configuration")
	}
}

func TestStubbornPluginIsKilledWithItsGroup(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) { o.StopGrace = 1 }, "stubborn")
	f := h.do(t, "stubborn", body{})
	h.close(t)
	if !gone(f.PID) || !gone(f.Child) {
		t.Error("the process or its child outlived the host")
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="stubborn",reason="killed_timeout"} 1`)
}

func TestChildrenOfADeadPluginDieToo(t *testing.T) {
	t.Parallel()
	h := start(t, "parent")
	f := h.do(t, "parent", body{})
	signalTo(t, f.PID, syscall.SIGKILL)
	h.await(t, "parent", func(s pluginhost.Status) bool { return s.State == pluginhost.StateReady && s.PID != f.PID })
	eventually(t, func() bool { return gone(f.Child) })
}

func TestAChildThatHoldsThePipesDoesNotHideADeath(t *testing.T) {
	t.Parallel()
	h := start(t, "left behind")
	f := h.do(t, "left-behind", body{})
	t.Cleanup(func() { signalTo(t, f.Child, syscall.SIGKILL) })
	signalTo(t, f.PID, syscall.SIGKILL)
	s := h.await(t, "left-behind", func(s pluginhost.Status) bool {
		return s.State == pluginhost.StateReady && s.PID != f.PID
	})
	second := h.do(t, "left-behind", body{})
	t.Cleanup(func() { signalTo(t, second.Child, syscall.SIGKILL) })
	if gone(f.Child) || s.Restarts != 1 {
		t.Error("the child was to live, the plugin to be restarted")
	}
}

func TestDrainLetsCallbacksFinish(t *testing.T) {
	t.Parallel()
	h := startWith(t, func(o *pluginhost.Options) { o.DrainTimeout = patience }, "words")
	pid := h.do(t, "words", body{}).PID
	result := make(chan error, 1)
	go func() {
		raw := []byte(`{"do":"wait for SIGUSR2"}`)
		_, err := h.Handler("words").Handle(context.Background(), sdk.Callback{ID: "1", Command: testCommand, Body: raw})
		result <- err
	}()
	eventually(t, func() bool { return h.do(t, "words", body{}).Blocked == 1 })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		h.close(t)
	}()
	h.await(t, "words", func(s pluginhost.Status) bool { return s.State == pluginhost.StateDraining })
	if _, err := h.try(t.Context(), "words", body{}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("a draining plugin took a callback: %v", err)
	}
	h.wantMetrics(t, `switchhook_plugin_waits_total{outcome="given_up",plugin="words"} 0`) // nobody comes, so it did not wait
	signalTo(t, pid, syscall.SIGUSR2)
	if err := <-result; err != nil {
		t.Errorf("the callback in flight got %v", err)
	}
	<-closed
}

func TestStoredClaimsHold(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	want := h.status(t, "words").Claims
	h.close(t)
	writeScript(t, filepath.Join(h.dir, "words"), "exit 0")
	if err := os.RemoveAll(filepath.Join(h.data, "plugins", "words", "programs")); err != nil {
		t.Fatal(err)
	}
	s := h.again(t).status(t, "words")
	if s.State != pluginhost.StateFailed || s.ClaimsFrom != pluginhost.ClaimsStored {
		t.Errorf("status is %+v", s)
	}
	if diff := cmp.Diff(want, s.Claims); diff != "" {
		t.Error(diff)
	}
}

func TestWhatServedLastStartsWhereTheNewFileDoesNot(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	served := h.status(t, "words").SHA256
	h.close(t)
	writeScript(t, filepath.Join(h.dir, "words"), "exit 0")
	for _, why := range []string{"at first", "without another try"} {
		h = h.again(t)
		s := h.status(t, "words")
		if s.State != pluginhost.StateReady || s.SHA256 != served || !strings.Contains(s.Drift, "because it did not come up") {
			t.Errorf("%s: status is %+v", why, s)
		}
		h.do(t, "words", body{})
	}
	h.install(t, "words", "words of another build")
	next := h.again(t)
	if s := next.status(t, "words"); s.State != pluginhost.StateReady || s.SHA256 == served || s.Drift != "" {
		t.Errorf("with a good file again: %+v", s)
	}
}

func TestADisabledPluginKeepsItsClaimsAndDoesNotRun(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	off := []pluginhost.PluginConfig{{Name: "words", Disabled: true}}
	if _, err := h.Apply(t.Context(), h.dir, off); err != nil {
		t.Fatal(err)
	}
	s := h.status(t, "words")
	if s.State != pluginhost.StateDisabled || len(s.Claims) != 1 || s.ClaimsFrom != pluginhost.ClaimsStored {
		t.Errorf("status is %+v", s)
	}
	if _, err := h.try(t.Context(), "words", body{}); kindOf(err) != sdk.KindUnavailable {
		t.Errorf("got %v", err)
	}
	if _, err := h.Apply(t.Context(), h.dir, nil); err != nil {
		t.Fatal(err)
	}
	h.do(t, "words", body{})
}

// wantMetrics checks that the registry has these samples.
func (h *house) wantMetrics(t *testing.T, samples ...string) {
	t.Helper()
	text, err := gather(h.registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if !strings.Contains(text, s+"\n") {
			t.Errorf("no sample %s in\n%s", s, text)
		}
	}
}

func TestMetricsAreComplete(t *testing.T) {
	t.Parallel()
	h := start(t, "words")
	problems, err := testutil.GatherAndLint(h.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	h.wantMetrics(t,
		`switchhook_plugin_up{plugin="words"} 1`,
		`switchhook_plugin_starts_total{plugin="words",reason="boot"} 1`,
		`switchhook_plugin_starts_total{plugin="words",reason="crash"} 0`,
		`switchhook_plugin_exits_total{plugin="words",reason="panic"} 0`,
		`switchhook_plugin_log_messages_total{level="error",plugin="words"} 0`,
		`switchhook_plugin_info{plugin="words",protocol="1",sha256="`+h.status(t, "words").SHA256[:12]+`",version="1.2.3"} 1`,
	)
	h.forget(t, "words")
	if _, err := h.Apply(t.Context(), "", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := testutil.GatherAndCount(h.registry); err != nil || n != 0 {
		t.Errorf("%d series are left of a plugin that went (%v)", n, err)
	}
}

func kindOf(err error) sdk.FaultKind {
	if err == nil {
		return 255
	}
	if f, ok := errors.AsType[*sdk.Fault](err); ok {
		return f.Kind
	}
	return 254
}

func signalTo(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Errorf("signal %v to %d: %v", sig, pid, err)
	}
}

// gone reports whether the process has ended; a dead one that nobody collected
// counts as gone.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	raw, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	if err != nil {
		return os.IsNotExist(err)
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	return strings.HasPrefix(after, "Z") || strings.HasPrefix(after, "X")
}
