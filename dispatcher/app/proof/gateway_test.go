package proof_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// gateway is the real program, in a directory of its own.
type gateway struct {
	t       *testing.T
	dir     string
	program string // switchhook, forgetful, or the path of an earlier build
	log     journal
	client  *http.Client // for the admin side

	cmd           *exec.Cmd
	done          chan struct{} // closed when it has ended
	listen, admin string        // its addresses
}

// newGateway makes the directory. Its inbox is configured by the words in more.
func newGateway(t *testing.T, more string) *gateway {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	g := &gateway{t: t, dir: dir, program: "switchhook", client: &http.Client{Transport: transport, Timeout: patience}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		g.clear()
	})
	g.configure(more)
	return g
}

// clear kills what is still there and removes the directory.
func (g *gateway) clear() {
	g.kill()
	if g.t.Failed() {
		g.t.Logf("log of %s:\n%s", g.t.Name(), g.log.end())
	}
	eventually(g.t, "no plugin is left", func() bool { return len(g.processes()) == 0 })
	if err := os.RemoveAll(g.dir); err != nil {
		g.t.Error(err)
	}
}

func (g *gateway) path(name string) string { return filepath.Join(g.dir, name) }

// configure writes the configuration.
func (g *gateway) configure(more string) {
	g.t.Helper()
	g.write("switchhook.yaml", fmt.Sprintf(`
listen: 127.0.0.1:0
admin: {listen: 127.0.0.1:0}
data_dir: data
plugin_dir: plugins
apps:
  %q: {insecure: true}
%s`, shop, more))
}

func (g *gateway) write(name, text string) {
	g.t.Helper()
	path := g.path(name)
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path+".new", []byte(text), 0o700))
	if err = errors.Join(err, os.Rename(path+".new", path)); err != nil {
		g.t.Fatal(err)
	}
}

// install puts a recorder into the plugin directory. What it handles is in the file
// of its name, with .jsonl at the end.
func (g *gateway) install(name, env string) {
	g.t.Helper()
	g.write("plugins/"+name, fmt.Sprintf("#!/bin/sh\nexport NAME=%s RECORD='%s' PAUSE=0s %s\nexec '%s'\n", name, g.path(name+".jsonl"), env, programs.path(g.t, "recorder")))
}

// start starts the gateway and waits until it is ready.
func (g *gateway) start() {
	g.t.Helper()
	g.cmd = exec.Command(programs.path(g.t, g.program), "serve", "--config", "switchhook.yaml")
	g.log.clear()
	g.cmd.Dir, g.cmd.Stderr = g.dir, &g.log
	g.cmd.Env = append(os.Environ(), "TMPDIR="+g.dir)
	if err := g.cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.done = make(chan struct{})
	go func() {
		defer close(g.done)
		_ = g.cmd.Wait() // ProcessState has it
	}()
	eventually(g.t, "the gateway is ready", func() bool {
		ready, ok := g.log.record("ready")
		if g.ended() && !ok {
			g.t.Fatalf("the gateway has ended: %s", g.cmd.ProcessState)
		}
		g.listen, _ = ready["listen"].(string)
		g.admin, _ = ready["admin"].(string)
		return ok
	})
}

func (g *gateway) ended() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// kill ends the gateway as kill -9 does.
func (g *gateway) kill() {
	if g.cmd == nil {
		return
	}
	_ = g.cmd.Process.Kill() // it may have ended
	<-g.done
	g.cmd = nil
}

// freeze stops the gateway where it is.
func (g *gateway) freeze() {
	g.t.Helper()
	if err := g.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		g.t.Fatal(err)
	}
	stat := filepath.Join("/proc", strconv.Itoa(g.cmd.Process.Pid), "stat")
	eventually(g.t, "the gateway is stopped", func() bool {
		text, err := os.ReadFile(stat)
		_, rest, _ := strings.Cut(string(text), ") ")
		return err == nil && strings.HasPrefix(rest, "T")
	})
}

// stop ends the gateway as a service manager does.
func (g *gateway) stop() {
	g.t.Helper()
	if err := g.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		g.t.Fatal(err)
	}
	eventually(g.t, "the gateway ends", g.ended)
	if code := g.cmd.ProcessState.ExitCode(); code != 0 {
		g.t.Errorf("the gateway ended with exit code %d", code)
	}
	g.cmd = nil
}

// processes returns the process ids of whatever works below the directory, as plugins
// do.
func (g *gateway) processes() (found []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd") // the pattern is well-formed
	for _, link := range links {
		dir, _ := os.Readlink(link) // of a process that has just ended, nothing
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && strings.HasPrefix(dir, g.dir+"/") {
			found = append(found, pid)
		}
	}
	return found
}

// journal is what the gateway writes to standard error.
type journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p)
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.raw.Reset()
}

// end is what was written last.
func (j *journal) end() string {
	const most = 64 << 10
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.raw.Bytes()
	return string(text[max(0, len(text)-most):])
}

// record returns the last record of that message.
func (j *journal) record(message string) (found map[string]any, ok bool) {
	for line := range strings.Lines(j.end()) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record["msg"] == message {
			found, ok = record, true
		}
	}
	return found, ok
}

// cli runs the command line against the gateway.
func (g *gateway) cli(args ...string) {
	g.t.Helper()
	cmd := exec.Command(programs.path(g.t, g.program), append(args, "--admin", g.path("data/admin.sock"))...)
	cmd.Dir = g.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Fatalf("switchhook %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}
