package pluginhost_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/wire"
)

// nobody is a user that owns nothing, where the tests may act for others; else the
// tests' own.
func nobody() string {
	if os.Geteuid() == 0 {
		return "61234:61234"
	}
	return strconv.Itoa(os.Geteuid()) + ":" + strconv.Itoa(os.Getegid())
}

func startIsolated(t *testing.T, i pluginhost.Isolation) *house {
	t.Helper()
	h := buildIsolated(t, isolated(i))
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// attempts tells what becomes of attempts in the plugin.
func (h *house) attempts(t *testing.T, do, text string) string {
	t.Helper()
	return h.do(t, isolatedName, body{Do: do, Text: text}).Said
}

// line returns the words of the line of a text that begins so.
func line(t *testing.T, text, beginning string) []string {
	t.Helper()
	for l := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(l, beginning); ok {
			return strings.Fields(rest)
		}
	}
	t.Fatalf("no %q in:\n%s", beginning, text)
	return nil
}

func TestEveryPluginIsIsolatedALittle(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{})
	want := []string{"group", "ends_with_gateway", "core=0", "files=" + strconv.FormatUint(h.do(t, isolatedName, body{}).Files, 10), "no_new_privs"}
	if diff := cmp.Diff(want, h.status(t, isolatedName).InForce); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	if got := line(t, h.attempts(t, "read", "/proc/self/status"), "NoNewPrivs:"); got[0] != "1" {
		t.Errorf("NoNewPrivs is %s", got)
	}
}

// Who shares the gateway's session shares its terminal.
func TestNoPluginSharesTheGatewaysTerminal(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{})
	// pid (comm) state ppid pgrp session …, proc_pid_stat(5)
	_, stat, _ := strings.Cut(h.attempts(t, "read", "/proc/self/stat"), ") ")
	pid := itoa(h.status(t, isolatedName).PID)
	if f := strings.Fields(stat); len(f) < 5 || f[2] != pid || f[3] != pid || f[4] != "0" {
		t.Errorf("process %s has group, session and terminal %s", pid, stat)
	}
}

func TestNewPrivilegesAreLeftToWhoAsksForThem(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{NewPrivileges: true})
	if inForce := h.status(t, isolatedName).InForce; slices.Contains(inForce, "no_new_privs") {
		t.Errorf("in force: %v", inForce)
	}
	if got := line(t, h.attempts(t, "read", "/proc/self/status"), "NoNewPrivs:"); got[0] != "0" {
		t.Errorf("NoNewPrivs is %s", got)
	}
}

func TestLimitsHold(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{Memory: 512 << 20, Files: 100, CPU: time.Hour, Core: 4096})
	want := []string{"group", "ends_with_gateway", "core=4096", "files=100", "memory=512MiB", "cpu=1h0m0s", "no_new_privs"}
	if diff := cmp.Diff(want, h.status(t, isolatedName).InForce); diff != "" {
		t.Errorf("in force (-want +got):\n%s", diff)
	}
	limits := h.attempts(t, "read", "/proc/self/limits")
	for name, want := range map[string]string{
		"Max data size": "536870912", "Max open files": "100", "Max cpu time": "3600", "Max core file size": "4096",
	} {
		if got := line(t, limits, name)[0]; got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	if said := h.attempts(t, "open many", ""); !strings.Contains(said, "too many open files") {
		t.Errorf("a thousand files at a limit of a hundred: %s", said)
	}
	before := h.status(t, isolatedName)
	if f, err := h.try(t.Context(), isolatedName, body{Do: "eat"}); err == nil {
		t.Errorf("1 GiB at a limit of 512 MiB: %s", f.Said)
	}
	after := h.await(t, isolatedName, func(s pluginhost.Status) bool {
		return s.State == pluginhost.StateReady && s.PID != 0 && s.PID != before.PID
	})
	// The race detector takes memory too, and says it in other words.
	if !strings.Contains(after.Error, "out of memory") && !strings.Contains(after.Error, "failed to allocate") ||
		!strings.Contains(after.Error, "isolation.memory leaves it 512MiB") {
		t.Errorf("its end is told as %q", after.Error)
	}
	h.wantMetrics(t, `switchhook_plugin_exits_total{plugin="iso",reason="oom_suspected"} 1`)
}

func TestALimitAboveTheGatewaysOwnIsRefused(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{Files: 1 << 31})
	s := h.status(t, isolatedName)
	if s.State != pluginhost.StateFailed || !strings.Contains(s.Error, "isolation.files asks for more than the gateway itself is allowed") {
		t.Errorf("%s: %s", s.State, s.Error)
	}
}

func TestAPluginOfAnotherUser(t *testing.T) {
	t.Parallel()
	h := buildIsolated(t, isolated(pluginhost.Isolation{User: "61234:61234"}))
	// What an earlier run as the gateway's user has left.
	data := filepath.Join(h.data, "plugins", isolatedName, "data")
	if err := os.MkdirAll(filepath.Join(data, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "sub", "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := h.status(t, isolatedName)
	if os.Geteuid() != 0 {
		if s.State != pluginhost.StateFailed || !strings.Contains(s.Error, "may not act for another user, it lacks CAP_SETUID") {
			t.Errorf("%s: %s", s.State, s.Error)
		}
		return
	}
	if !slices.Contains(s.InForce, "user=61234:61234") {
		t.Fatalf("in force: %v (%s)", s.InForce, s.Error)
	}
	status := h.attempts(t, "read", "/proc/"+itoa(s.PID)+"/status")
	for name, want := range map[string]string{
		"Uid:": "61234 61234 61234 61234", "Gid:": "61234 61234 61234 61234", "Groups:": "61234",
		"CapPrm:": "0000000000000000", "CapEff:": "0000000000000000", "CapAmb:": "0000000000000000",
	} {
		if got := strings.Join(line(t, status, name), " "); got != want {
			t.Errorf("%s %s, not %s", name, got, want)
		}
	}
	f := h.do(t, isolatedName, body{})
	for path, want := range map[string]string{
		filepath.Join(data, "sub", "old"): "done",
		f.Exe:                             "permission denied",
		filepath.Join(filepath.Dir(data), "describe.json"): "permission denied",
		filepath.Join(filepath.Dir(data), "another"):       "permission denied",
	} {
		if said := h.attempts(t, "write", path); !strings.Contains(said, want) {
			t.Errorf("write %s: %s, not %s", path, said, want)
		}
	}
	nobodyElse(t, h)
	if !slices.Contains(f.Env, "HOME="+data) || !slices.Contains(f.Env, "USER=61234") {
		t.Errorf("its environment is the gateway's: %v", f.Env)
	}
}

// nobodyElse looks at who may connect to the plugin.
func nobodyElse(t *testing.T, h *house) {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(h.run, "p-*"))
	if err != nil || len(folders) != 1 {
		t.Fatalf("socket directories %v (%v)", folders, err)
	}
	info, err := os.Stat(folders[0])
	if err != nil {
		t.Fatal(err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Uid != 61234 || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket directory is uid %d's, with mode %s", owner.Uid, info.Mode())
	}
}

func TestAUserWithoutAWayToItsProgramIsTold(t *testing.T) {
	t.Parallel()
	h := buildIsolated(t, isolated(pluginhost.Isolation{User: "61234:61234"}))
	root := filepath.Dir(h.data)
	if err := os.Chmod(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := "cannot enter or run " + root
	if os.Geteuid() != 0 {
		want = "may not act for another user"
	}
	if s := h.status(t, isolatedName); s.State != pluginhost.StateFailed || !strings.Contains(s.Error, want) {
		t.Errorf("%s: %s", s.State, s.Error)
	}
}

func TestAnUnknownUserIsRefusedByName(t *testing.T) {
	t.Parallel()
	h := startIsolated(t, pluginhost.Isolation{User: "no-such-user-here"})
	if s := h.status(t, isolatedName); s.State != pluginhost.StateFailed || !strings.Contains(s.Error, "unknown user no-such-user-here") {
		t.Errorf("%s: %s", s.State, s.Error)
	}
}

// The SDK ends a plugin whose gateway is gone, so this one is without. It takes the
// kernel's signal, which a change of user clears.
func TestAPluginOfAnotherUserDiesWithItsGateway(t *testing.T) {
	t.Parallel()
	h := build(t, nil)
	program := filepath.Join(h.dir, ".self") // where another user reaches it
	text, err := os.ReadFile(self(t))
	if err == nil {
		err = os.WriteFile(program, text, 0o755)
	}
	for _, dir := range []string{h.dir, filepath.Dir(h.dir)} {
		err = errors.Join(err, os.Chmod(dir, 0o711))
	}
	if err != nil {
		t.Fatal(err)
	}
	writeScript(t, filepath.Join(h.dir, isolatedName), "unset "+wire.CookieKey+"\n"+moodKey+"=words exec '"+program+"'")
	gateway := exec.Command(self(t), "--", h.dir, h.data, h.run, nobody())
	gateway.Env = append(os.Environ(), moodKey+"=host")
	gateway.Stderr = h.log
	out, err := gateway.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the gateway did not start: %v\n%s", err, h.log)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid == 0 || gone(pid) {
		t.Fatalf("process %d (%v)\n%s", pid, err, h.log)
	}
	if err := gateway.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	gateway.Wait() //nolint:errcheck // It was killed.
	eventually(t, func() bool { return gone(pid) })
	h.log = &journal{} // the other gateway's lines were text
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestALandlockedPluginHasItsOwnPlacesAlone(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	root := shortDir(t)
	readable, writable := filepath.Join(root, "read"), filepath.Join(root, "write")
	for _, dir := range []string{readable, writable} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{filepath.Join(root, "secret"), filepath.Join(readable, "list")} {
		if err := os.WriteFile(file, []byte("text"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := startIsolated(t, pluginhost.Isolation{Landlock: &pluginhost.Landlock{Read: append(libraries(), readable), Write: []string{writable}}})
	s := h.status(t, isolatedName)
	if have := landlockHere(); have < 4 {
		want := fmt.Sprintf("isolation.landlock needs version 4 of the kernel's Landlock, and this kernel has %d", have)
		if s.State != pluginhost.StateFailed || !strings.Contains(s.Error, want) {
			t.Errorf("%s: %s", s.State, s.Error)
		}
		return
	}
	if !slices.Contains(s.InForce, "landlock=v"+itoa(landlockHere())) || !slices.Contains(s.InForce, "network=off") {
		t.Fatalf("in force: %v (%s)", s.InForce, s.Error)
	}
	data := filepath.Join(h.data, "plugins", isolatedName, "data")
	for _, tt := range []struct{ do, text, want string }{
		{"read", filepath.Join(root, "secret"), "permission denied"},
		{"read", filepath.Join(readable, "list"), "text"},
		{"write", filepath.Join(readable, "list"), "permission denied"},
		{"write", filepath.Join(root, "new"), "permission denied"},
		{"write", filepath.Join(writable, "new"), "done"},
		{"write", filepath.Join(data, "new"), "done"},
		{"write", os.DevNull, "done"},
		{"dial", listener.Addr().String(), "permission denied"},
	} {
		if said := h.attempts(t, tt.do, tt.text); !strings.Contains(said, tt.want) {
			t.Errorf("%s %s: %s, not %s", tt.do, tt.text, said, tt.want)
		}
	}
}

func TestALandlockedPluginMayHaveTheNetwork(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	h := startIsolated(t, pluginhost.Isolation{Landlock: &pluginhost.Landlock{Read: libraries(), Network: true, BestEffort: true}})
	if inForce := h.status(t, isolatedName).InForce; slices.Contains(inForce, "network=off") {
		t.Errorf("in force: %v", inForce)
	}
	if said := h.attempts(t, "dial", listener.Addr().String()); said != "done" {
		t.Errorf("dial: %s", said)
	}
}

func TestAMissingPathOfALandlockIsNamed(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(shortDir(t), "gone")
	h := startIsolated(t, pluginhost.Isolation{Landlock: &pluginhost.Landlock{Read: []string{missing}, BestEffort: true}})
	if s := h.status(t, isolatedName); s.State != pluginhost.StateFailed || !strings.Contains(s.Error, "isolation.landlock.read: stat "+missing) {
		t.Errorf("%s: %s", s.State, s.Error)
	}
}

// libraries is what a test binary needs that was linked with C's library.
func libraries() []string {
	var all []string
	for _, dir := range []string{"/lib", "/lib64", "/usr/lib"} {
		if _, err := os.Stat(dir); err == nil {
			all = append(all, dir)
		}
	}
	return all
}

func landlockHere() int {
	version, err := ll.LandlockGetABIVersion()
	if err != nil {
		return 0
	}
	return version
}

// Of a program that runs in place, somebody else is in charge; beside the kept copies
// it may well lie in the data directory.
func TestAProgramInPlaceIsNotHandedOver(t *testing.T) {
	t.Parallel()
	own := ""
	h := build(t, func(o *pluginhost.Options) {
		own = filepath.Join(o.DataDir, "own")
		c := isolated(pluginhost.Isolation{User: nobody()})
		c.Path, c.InPlace = filepath.Join(own, "main"), true
		o.Plugins = []pluginhost.PluginConfig{c}
	})
	text, err := os.ReadFile(self(t))
	err = errors.Join(err, os.Chmod(filepath.Dir(h.data), 0o711), os.MkdirAll(own, 0o755))
	err = errors.Join(err, os.WriteFile(filepath.Join(own, "main"), text, 0o755), os.Chmod(own, 0o755))
	if err != nil {
		t.Fatal(err)
	}
	before := entry(filepath.Join(own, "main")).stat(t)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := h.status(t, isolatedName); s.State != pluginhost.StateReady {
		t.Fatalf("%s: %s", s.State, s.Error)
	}
	after := entry(filepath.Join(own, "main")).stat(t)
	was, is := before.Sys().(*syscall.Stat_t), after.Sys().(*syscall.Stat_t) //nolint:forcetypeassert // On Linux it is.
	if before.Mode() != after.Mode() || was.Gid != is.Gid {
		t.Errorf("it was %s of group %d, and is %s of group %d", before.Mode(), was.Gid, after.Mode(), is.Gid)
	}
}
