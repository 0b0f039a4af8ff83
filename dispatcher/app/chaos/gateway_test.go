package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// gateway is the real program, in a directory of its own.
type gateway struct {
	t      *testing.T
	dir    string
	log    journal
	client *http.Client
	admin  *admin.Client
	query  string // of a signed request, but for the command

	cmd             *exec.Cmd
	done            chan struct{} // closed when it has ended
	listen, metrics string        // its addresses
}

// newGateway makes the directory, with the good plugin and a bad one of that role.
func newGateway(t *testing.T, role string) *gateway {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	g := &gateway{t: t, dir: dir, client: &http.Client{Transport: transport, Timeout: wait}, query: signed()}
	if g.admin, err = admin.NewClient(g.path("data/admin.sock")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.clear) // whatever the next one comes to
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		g.admin.Close()
		g.stop()
	})
	g.write("token", token+"\n")
	g.configure(longest, "")
	g.install("good", "good")
	g.install("bad", role)
	return g
}

// clear kills what is still there and removes the directory.
func (g *gateway) clear() {
	if g.cmd != nil && !g.ended() {
		_ = g.cmd.Process.Kill()
		<-g.done
	}
	if g.t.Failed() {
		g.t.Logf("log of %s:\n%s", g.t.Name(), g.log.end())
	}
	if err := os.RemoveAll(g.dir); err != nil {
		g.t.Error(err)
	}
}

func (g *gateway) path(name string) string { return filepath.Join(g.dir, name) }

// write makes a file in one step: the gateway may be reading it.
func (g *gateway) write(name, text string) {
	g.t.Helper()
	path := g.path(name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path+".new", []byte(text), 0o700))
	if err = errors.Join(err, os.Rename(path+".new", path)); err != nil {
		g.t.Fatal(err)
	}
}

// configure writes the configuration: the budget of a misused callback, and what
// else the test says. Others have as much time as there is, since nothing of this
// is about the machine; and a policy that nobody takes for a plugin's answer.
func (g *gateway) configure(budget, more string) {
	g.t.Helper()
	g.write("switchhook.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
admin: {listen: 127.0.0.1:0}
data_dir: data
plugin_dir: plugins
sign_window: 1h
apps:
  %q: {tokens: ["${file:token}"]}
routes:
  "*": {mode: sync}
  %s: {timeout: 20s}
  %s: {timeout: 1.9s, on_failure: deny}
  %s: {timeout: %s, on_failure: deny}
%s`, shop, told, decided, misused, budget, more))
}

// install puts a plugin of that role into the plugin directory.
func (g *gateway) install(name, role string) { g.installBuild(name, role, 0) }

// installBuild is install with a number that makes it another program.
func (g *gateway) installBuild(name, role string, number int) {
	g.t.Helper()
	command := fmt.Sprintf("BADPLUGIN=%s exec '%s'", role, programs.path(g.t, "badplugin"))
	switch role {
	case "hog": // loops cannot be interrupted
		command = "export GODEBUG=asyncpreemptoff=1; " + strings.Replace(command, role, "author", 1)
	case "raw", "prints":
		command = "unset SWITCHHOOK_PLUGIN; " + command // the SDK would guard standard output
	}
	g.write("plugins/"+name, fmt.Sprintf("#!/bin/sh\n# build %d\n%s\n", number, command))
}

// noRest keeps a program that the race detector watches from resting before it ends.
const noRest = "GORACE=atexit_sleep_ms=0"

// start starts the gateway and waits until it is ready.
func (g *gateway) start() {
	g.t.Helper()
	g.cmd = exec.Command(programs.path(g.t, "switchhook"), "serve", "--config", "switchhook.yaml")
	g.cmd.Dir, g.cmd.Stderr = g.dir, &g.log
	g.cmd.Env = append(os.Environ(), "TMPDIR="+g.dir, noRest)
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.done = make(chan struct{})
	go func() {
		defer close(g.done)
		_ = g.cmd.Wait() // ProcessState has it
	}()
	g.awaitStart()
}

// awaitStart waits until the gateway is ready, and both plugins, or what there is
// of them.
func (g *gateway) awaitStart() {
	g.t.Helper()
	eventually(g.t, "the gateway is ready", func() bool {
		if g.ended() {
			g.t.Fatal("the gateway has ended")
		}
		ready, ok := g.log.record("ready")
		g.listen, _ = ready["listen"].(string)
		g.metrics, _ = ready["admin"].(string)
		return ok
	})
	for _, name := range []string{"good", "bad"} {
		eventually(g.t, "plugin "+name+" has come up or failed", func() bool {
			state := g.plugin(name).State
			return state == "ready" || state == "failed"
		})
	}
}

func (g *gateway) ended() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// stop ends the gateway as a service manager does, if it runs, and checks that it
// ends well and leaves nothing behind.
func (g *gateway) stop() {
	g.t.Helper()
	if g.cmd == nil || g.cmd.Process == nil {
		return
	}
	if g.ended() {
		g.t.Errorf("the gateway has ended: %s", g.cmd.ProcessState)
	} else if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.t.Fatal(err)
	}
	eventually(g.t, "the gateway ends", g.ended)
	if code := g.cmd.ProcessState.ExitCode(); code != 0 {
		g.t.Errorf("the gateway ended with exit code %d", code)
	}
	if strings.Contains(g.log.end(), "DATA RACE") {
		g.t.Error("the gateway has a data race")
	}
	eventually(g.t, "its processes are gone", func() bool { return len(g.processes()) == 0 })
	if left := g.litter(); len(left) > 0 {
		g.t.Errorf("left behind: %v", left)
	}
	g.cmd = nil
}

// signal sends a signal to a process of a plugin.
func (g *gateway) signal(pid int, s syscall.Signal) {
	g.t.Helper()
	if pid <= 1 { // a whole group of processes, the tests' own for one
		g.t.Fatalf("a plugin has the process id %d", pid)
	}
	if err := syscall.Kill(pid, s); err != nil {
		g.t.Error(err)
	}
}

// cli runs the command line against the gateway, and returns what it prints.
func (g *gateway) cli(args ...string) string {
	g.t.Helper()
	cmd := exec.Command(programs.path(g.t, "switchhook"), append(args, "--admin", g.path("data/admin.sock"))...)
	cmd.Dir, cmd.Env = g.dir, append(os.Environ(), noRest)
	out, err := cmd.CombinedOutput()
	if err != nil {
		g.t.Errorf("switchhook %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// plugin returns what the gateway says of a plugin.
func (g *gateway) plugin(name string) admin.Plugin {
	g.t.Helper()
	all, err := g.admin.Plugins(context.Background())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, p := range all {
		if p.Name == name {
			return p
		}
	}
	g.t.Fatalf("no plugin %s in %+v", name, all)
	return admin.Plugin{}
}
