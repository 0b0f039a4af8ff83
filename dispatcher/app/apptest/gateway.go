package apptest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Gateway is the real program, in a directory of its own. Its methods are for the test's
// goroutine, but for those that only ask.
type Gateway struct {
	// Process is the latest that ran; nil before.
	*Process
	// Dir is the directory: switchhook.yaml, plugins and data are in it.
	Dir string
	// Program is the path of the program that is started next.
	Program string
	// Args are the arguments that it is started with.
	Args []string
	// Env is what it finds in its environment, beside that of the tests.
	Env []string
	// Log is what all its processes have logged.
	Log *Journal
	// Client asks its admin side, and sends callbacks that are no load.
	Client *http.Client
	// Listen and Admin are the addresses of the running one.
	Listen, Admin string

	t       *testing.T
	spawned []*Process
}

// New makes a directory for a gateway of that program, until the test ends. It has no
// configuration yet.
func New(t *testing.T, program string) *Gateway {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	g := &Gateway{
		Dir: dir, Program: program, Args: []string{"serve", "--config", "switchhook.yaml"},
		// Without a pause, in which a program that the race detector watches rests before it ends.
		Env: []string{"TMPDIR=" + dir, "GORACE=atexit_sleep_ms=0"},
		Log: &Journal{}, Client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: Patience}, t: t,
	}
	t.Cleanup(g.clear)
	return g
}

// clear kills what is still there and removes the directory.
func (g *Gateway) clear() {
	g.Client.CloseIdleConnections()
	for _, p := range g.spawned {
		p.Kill()
	}
	if g.t.Failed() {
		g.t.Logf("log of %s:\n%s", g.t.Name(), g.Log.End())
		for _, pid := range g.Processes() {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
		}
	}
	Eventually(g.t, "no plugin is left", func() bool { return len(g.Processes()) == 0 })
	if err := os.RemoveAll(g.Dir); err != nil {
		g.t.Error(err)
	}
}

// Path returns the absolute path of a file in the directory.
func (g *Gateway) Path(name string) string { return filepath.Join(g.Dir, name) }

// Write makes a file that can be run, in one step: the gateway may be reading it.
func (g *Gateway) Write(name, text string) {
	g.t.Helper()
	path := g.Path(name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path+".new", []byte(text), 0o700)) //nolint:gosec // plugins are run
	if err = errors.Join(err, os.Rename(path+".new", path)); err != nil {
		g.t.Fatal(err)
	}
}

// Configure writes a configuration: places for all that a gateway has, callbacks at
// listen (127.0.0.1:0 is any), and more.
func (g *Gateway) Configure(listen, more string) {
	g.t.Helper()
	g.Write("switchhook.yaml", fmt.Sprintf("listen: %s\nadmin: {listen: 127.0.0.1:0}\ndata_dir: data\nplugin_dir: plugins\n%s", listen, more))
}

// Record puts a Recorder of that path into the plugin directory. What it handles is in
// the file of its name, with .jsonl at the end; env is what else it is told.
func (g *Gateway) Record(recorder, name, env string) {
	g.t.Helper()
	g.Write("plugins/"+name, fmt.Sprintf("#!/bin/sh\nexport NAME=%s RECORD='%s' PAUSE=0s %s\nexec '%s'\n", name, g.Path(name+".jsonl"), env, recorder))
}

// Command prepares a run of the program in the directory.
func (g *Gateway) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(g.Program, args...) //nolint:gosec,noctx // what the test has built, which the test ends
	cmd.Dir = g.Dir
	cmd.Env = append(os.Environ(), g.Env...)
	return cmd
}

// Start starts the gateway and waits until it is ready.
func (g *Gateway) Start() {
	g.t.Helper()
	g.Launch(g.Command(g.Args...))
}

// Launch starts cmd as the gateway and waits until it is ready.
func (g *Gateway) Launch(cmd *exec.Cmd) {
	g.t.Helper()
	before := g.Log.Size()
	g.Spawn(cmd)
	Eventually(g.t, "the gateway is ready", func() bool {
		ended := g.Ended() // before what it has logged is looked at
		ready := g.Log.Records("ready", before)
		if len(ready) == 0 {
			if ended {
				g.t.Fatalf("the gateway has ended: %s\n%s", g.State(), g.Log.Since(before))
			}
			return false
		}
		g.Listen, _ = ready[len(ready)-1]["listen"].(string)
		g.Admin, _ = ready[len(ready)-1]["admin"].(string)
		return true
	})
}

// Spawn starts cmd as the gateway, and waits for nothing.
func (g *Gateway) Spawn(cmd *exec.Cmd) {
	g.t.Helper()
	g.Process = g.SpawnBeside(cmd, g.Log)
}

// SpawnBeside starts something else in the directory, which ends with the test.
func (g *Gateway) SpawnBeside(cmd *exec.Cmd, log *Journal) *Process {
	g.t.Helper()
	p := Spawn(g.t, cmd, log)
	g.spawned = append(g.spawned, p)
	return p
}

// Stop ends the gateway as a service manager does, if there is one, and checks that it
// ran until now, ends well and leaves nothing behind.
func (g *Gateway) Stop() {
	g.t.Helper()
	if g.Process == nil {
		return
	}
	if g.Ended() {
		g.t.Errorf("the gateway has ended: %s", g.State())
	}
	g.Terminate()
	Eventually(g.t, "its processes are gone", func() bool { return len(g.Processes()) == 0 })
	if left := g.Litter(); len(left) > 0 {
		g.t.Errorf("left behind: %v", left)
	}
	g.Process = nil
}

// Terminate ends the gateway as a service manager does, if it runs, and checks that it
// ends well.
func (g *Gateway) Terminate() {
	g.t.Helper()
	if !g.Ended() {
		_ = g.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
		if code := g.ExitCode(); code != 0 {
			g.t.Errorf("the gateway ended with exit code %d", code)
		}
	}
	if strings.Contains(g.Log.String(), "DATA RACE") {
		g.t.Error("the gateway has a data race")
	}
}
