package app_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// switchhook prepares a run of the program in the rig's directory.
func (r *rig) switchhook(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin(r.t), "switchhook"), args...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "SWITCHHOOK_TOKEN="+shopToken, "TMPDIR="+r.dir, promptExit)
	return cmd
}

// start starts a gateway with the rig's file on free ports and waits until it is
// ready.
func (r *rig) start() {
	r.t.Helper()
	r.launch(r.switchhook(slices.Concat([]string{"serve", "--config", "switchhook.yaml"}, freePorts())...))
}

func freePorts() []string {
	return []string{"--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}
}

// launch starts cmd as the rig's gateway and waits until it is ready.
func (r *rig) launch(cmd *exec.Cmd) {
	r.t.Helper()
	before := r.log.Size()
	r.process = r.spawn(cmd, r.log)
	var ready map[string]any
	eventually(r.t, "the gateway is ready", func() bool {
		if r.process.Ended() {
			r.t.Fatalf("the gateway ended: %v\n%s", r.process.State(), r.log)
		}
		for _, record := range r.log.Records("ready", before) {
			ready = record
		}
		return ready != nil
	})
	r.listen, _ = ready["listen"].(string)
	r.admin, _ = ready["admin"].(string)
}

// spawn starts cmd, whose standard error becomes part of log.
func (r *rig) spawn(cmd *exec.Cmd, log *apptest.Journal) *apptest.Process {
	r.t.Helper()
	p := apptest.Spawn(r.t, cmd, log)
	r.spawned = append(r.spawned, p)
	return p
}

// signal sends the gateway a signal.
func (r *rig) signal(s syscall.Signal) {
	r.t.Helper()
	r.process.Signal(s)
}

// stop ends the gateway as a service manager does, if it runs, and checks that
// it ends well and leaves nothing behind.
func (r *rig) stop() {
	r.t.Helper()
	if r.process == nil {
		return
	}
	if !r.process.Ended() {
		r.signal(syscall.SIGTERM)
		if code := r.process.ExitCode(); code != 0 {
			r.t.Errorf("the gateway ended with exit code %d", code)
		}
	}
	r.process = nil
	r.checkNothingLeft()
}

// checkNothingLeft looks for processes, sockets and directories of the gateway.
func (r *rig) checkNothingLeft() {
	r.t.Helper()
	if left := r.processes(); len(left) > 0 {
		r.t.Errorf("processes left: %v", left)
	}
	for _, pattern := range []string{"data/plugins/*/programs/.new-*", "data/run/p-*", "data/*.sock", "switchhook-*"} {
		if left, err := filepath.Glob(r.path(pattern)); err != nil || len(left) > 0 {
			r.t.Errorf("left behind: %v (%v)", left, err)
		}
	}
}

// processes returns the plugin processes of the rig: each works in a directory
// below the data dir. It finds them on Linux alone.
func (r *rig) processes() []string {
	var found []string
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is well-formed
	for _, link := range links {
		if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir, r.path("data")+"/") {
			found = append(found, filepath.Base(filepath.Dir(link)))
		}
	}
	return found
}
