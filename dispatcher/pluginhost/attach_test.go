package pluginhost_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// byHand starts the SDK's test plugin as a person with a debugger does, and
// returns the process. The test ends it.
func byHand(t *testing.T, file string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(self(t))
	cmd.Env = []string{moodKey + "=sdk", wire.AttachKey + "=" + file, "GORACE=atexit_sleep_ms=0"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(cmd, syscall.SIGKILL) })
	return cmd
}

// end ends a process and waits for it.
func end(cmd *exec.Cmd, s syscall.Signal) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Signal(s) // gone is as good
		_ = cmd.Wait()            // it was killed
	}
}

// attachTo makes a host whose plugin "mine" waits where file says. The backoff is
// that of other plugins: attached ones have one of their own.
func attachTo(t *testing.T, file string) *house {
	t.Helper()
	return build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "mine", Reattach: file, SHA256: strings.Repeat("ab", 32)}}
		o.BackoffBase, o.BackoffMax = time.Hour, time.Hour
	})
}

func isReady(s pluginhost.Status) bool { return s.State == pluginhost.StateReady }

func TestAttachedPluginAnswersAndOutlivesTheHost(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "mine.json")
	process := byHand(t, file)
	for range 2 { // the second host comes to what the first has left
		h := attachTo(t, file)
		if err := h.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := h.await(t, "mine", isReady)
		if s.PID != process.Process.Pid || !s.Attached || !s.Debug || s.SHA256 != "" || s.Description.Version != "3.2.1" {
			t.Errorf("status = %+v", s)
		}
		if f := h.do(t, "mine", body{}); f.PID != process.Process.Pid {
			t.Errorf("answered by %d, want %d", f.PID, process.Process.Pid)
		}
		if _, err := os.Stat(filepath.Join(h.data, "plugins", "mine", "describe.json")); err == nil {
			t.Error("what is being written is remembered as if it were installed")
		}
		if text, err := gather(h.registry); err != nil || !strings.Contains(text, `switchhook_plugin_starts_total{plugin="mine",reason="boot"} 0`) {
			t.Errorf("coming to a process counts as a start (%v):\n%s", err, text)
		}
		h.close(t)
		closed := filepath.Join(h.data, "plugins", "mine", "data", "closed")
		eventually(t, func() bool { _, err := os.Stat(closed); return err == nil })
	}
	end(process, os.Interrupt.(syscall.Signal))
	if code := process.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code = %d", code)
	}
}

func TestAttachedPluginIsFoundAgainWhenItWasStartedAnew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "mine.json")
	h := attachTo(t, file)
	if err := h.Start(t.Context()); err != nil { // nobody waits for somebody's debugger
		t.Fatal(err)
	}
	s := h.await(t, "mine", func(s pluginhost.Status) bool { return s.State == pluginhost.StateBackoff })
	if !strings.Contains(s.Error, "no plugin waits") {
		t.Errorf("error = %s", s.Error)
	}
	for range 2 {
		process := byHand(t, file)
		pid := process.Process.Pid
		h.await(t, "mine", func(s pluginhost.Status) bool { return isReady(s) && s.PID == pid })
		if f := h.do(t, "mine", body{}); f.PID != pid {
			t.Errorf("answered by %d, want %d", f.PID, pid)
		}
		end(process, syscall.SIGKILL)
		h.await(t, "mine", func(s pluginhost.Status) bool { return !isReady(s) && s.PID == 0 })
		if _, err := h.try(t.Context(), "mine", body{}); err == nil || sdk.KindOf(err) != sdk.KindUnavailable {
			t.Errorf("meanwhile: %v", err)
		}
	}
	if s := h.status(t, "mine"); s.Restarts != 0 || len(s.Claims) != 1 {
		t.Errorf("status = %+v, want its claims and no restarts of ours", s)
	}
	if text, err := gather(h.registry); err != nil || regexp.MustCompile(`switchhook_plugin_exits_total\{plugin="mine",reason="\w+"\} [1-9]`).MatchString(text) {
		t.Errorf("the end of a process that is not the host's is counted (%v):\n%s", err, text)
	}
	for _, l := range h.log.lines(t, "plugin state changed") {
		if l["level"] == "ERROR" {
			t.Errorf("what a person does is logged as an error: %v", l)
		}
	}
}

func TestReattachFilesThatAreNotTrusted(t *testing.T) {
	t.Parallel()
	const good = `{"protocol": 1, "network": "unix", "address": "/nowhere"}`
	write := func(text string, mode os.FileMode) func(string) error {
		return func(file string) error {
			return errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chmod(file, mode))
		}
	}
	for name, test := range map[string]struct {
		prepare func(file string) error
		user    int // of the host, against the file's
		want    string
	}{
		"one that others can write": {write(good, 0o622), 0, "can be written by others"},
		"one of another user":       {write(good, 0o600), 1, "is another user's"},
		"one of another protocol":   {write(`{"protocol": 2}`, 0o600), 0, "speaks plugin protocol 2, this gateway speaks 1"},
		"one that leads elsewhere":  {write(`{"protocol": 1, "network": "tcp", "address": "127.0.0.1:80"}`, 0o600), 0, "only a unix socket will do"},
		"one of a dead process":     {write(good, 0o600), 0, "no plugin waits"},
		"one that never ends":       {func(file string) error { return syscall.Mkfifo(file, 0o600) }, 0, "is no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(shortDir(t), "mine.json")
			if err := test.prepare(file); err != nil {
				t.Fatal(err)
			}
			h := attachTo(t, file)
			h.ActFor(os.Geteuid() + test.user)
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := h.await(t, "mine", func(s pluginhost.Status) bool { return s.Error != "" })
			if !strings.Contains(s.Error, test.want) {
				t.Errorf("error = %s, want %s", s.Error, test.want)
			}
		})
	}
}

// The plugin that waits is called sdk. To run it under another name is allowed,
// and most often the slip of who has several under the debugger.
func TestAttachedPluginOfAnotherNameIsWarnedOf(t *testing.T) {
	t.Parallel()
	for name, slip := range map[string]bool{"mine": true, "sdk": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(shortDir(t), "x.json")
			byHand(t, file)
			h := build(t, func(o *pluginhost.Options) {
				o.Plugins = []pluginhost.PluginConfig{{Name: name, Reattach: file}}
			})
			if err := h.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			h.await(t, name, isReady)
			var warnings []string
			for _, l := range h.log.lines(t, "the plugin that waits calls itself by another name, and has got the settings and the commands of this one") {
				warnings = append(warnings, fmt.Sprint(l["level"], l["plugin"], l["calls_itself"]))
			}
			if slip != slices.Equal(warnings, []string{"WARNminesdk"}) {
				t.Errorf("warnings = %q", warnings)
			}
		})
	}
}

func TestAttachedPluginOfAnotherNameSaysSoWhenItRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "x.json")
	byHand(t, file)
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{{Name: "mine", Reattach: file, Config: []byte(`{"words": []}`)}}
	})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := h.await(t, "mine", func(s pluginhost.Status) bool { return strings.Contains(s.Error, "unknown key") })
	if !strings.Contains(s.Error, "what waits there calls itself sdk") {
		t.Errorf("error = %s", s.Error)
	}
}

// Whoever can put another file or folder in the place of ours decides where the
// file leads, but not who listens there.
func TestOnlyAProcessOfThisUserIsAttachedTo(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(shortDir(t), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	where := wire.Reattach{Network: "unix", Address: socket}
	if err := pluginhost.DialAttached(t.Context(), where, os.Geteuid()); err != nil {
		t.Error(err)
	}
	err = pluginhost.DialAttached(t.Context(), where, os.Geteuid()+1)
	if err == nil || !strings.Contains(err.Error(), "and only one of user") {
		t.Errorf("a process of another user: %v", err)
	}
}

func TestReloadHandsAttachedPluginsTheirNewSettings(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "mine.json")
	process := byHand(t, file)
	h := attachTo(t, file)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.await(t, "mine", isReady)
	before := len(h.log.states(t, "mine"))
	done, err := h.Apply(t.Context(), h.dir, []pluginhost.PluginConfig{{Name: "mine", Reattach: file, Config: []byte(`{ }`)}})
	if err != nil || fmt.Sprint(done.Replaced) != "[mine]" {
		t.Fatalf("changes = %+v, %v", done, err)
	}
	h.await(t, "mine", isReady)
	if f := h.do(t, "mine", body{}); f.PID != process.Process.Pid {
		t.Errorf("answered by %d, want %d", f.PID, process.Process.Pid)
	}
	if states := h.log.states(t, "mine")[before:]; slices.Contains(states, "backoff") {
		t.Errorf("the new settings came beside the old ones: %q", states)
	}
}

func TestPluginInDebugKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	h := build(t, func(o *pluginhost.Options) {
		o.StartTimeout = time.Nanosecond // no other plugin would come up
		o.Plugins = []pluginhost.PluginConfig{{Name: "unwell", Debug: true}, {Name: "hang", Debug: true}}
	})
	h.install(t, "unwell", "unwell")
	h.install(t, "hang", "hang")
	if err := h.Start(t.Context()); err != nil { // though one of them never comes up
		t.Fatal(err)
	}
	s := h.await(t, "unwell", isReady)
	if !s.Debug || s.Attached || s.Unhealthy != "" {
		t.Errorf("status = %+v", s)
	}
	if _, err := h.try(context.Background(), "unwell", body{}); err != nil {
		t.Error(err)
	}
	if s := h.status(t, "hang"); s.State != pluginhost.StateStarting {
		t.Errorf("state = %s", s.State)
	}
}

func TestPluginInDebugIsAskedForItsHealthAtItsStartAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(shortDir(t), "attached.json")
	byHand(t, file)
	h := build(t, func(o *pluginhost.Options) {
		o.HealthInterval = time.Millisecond
		o.Plugins = []pluginhost.PluginConfig{{Name: "debugged", Debug: true}, {Name: "attached", Reattach: file}}
	})
	h.install(t, "debugged", "examined")
	h.install(t, "neighbour", "examined")
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"debugged", "attached", "neighbour"} {
		h.await(t, name, isReady)
	}
	// All three are there: what the neighbour has got ten times over is not for them.
	enough := h.do(t, "neighbour", body{}).Checks + 10
	eventually(t, func() bool { return h.do(t, "neighbour", body{}).Checks >= enough })
	for _, name := range []string{"debugged", "attached"} {
		if n := h.do(t, name, body{}).Checks; n != 1 {
			t.Errorf("%s was asked for its health %d times", name, n)
		}
	}
}
