package apptest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Process is a process that a test has started, a gateway mostly.
type Process struct {
	t    *testing.T
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// Spawn starts cmd, whose standard error goes to log. Whoever calls it ends the process.
func Spawn(t *testing.T, cmd *exec.Cmd, log *Journal) *Process {
	t.Helper()
	cmd.Stderr = log
	p := &Process{t: t, cmd: cmd, done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // ProcessState has it
	}()
	return p
}

// PID is its process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended reports whether it has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// State says how it ended, once it has.
func (p *Process) State() *os.ProcessState {
	<-p.done
	return p.cmd.ProcessState
}

// ExitCode waits for the end of the process. That of one that a signal has ended is -1.
func (p *Process) ExitCode() int {
	p.t.Helper()
	Eventually(p.t, "the process ends", p.Ended)
	return p.cmd.ProcessState.ExitCode()
}

// Signal sends it a signal, if it has not ended by itself.
func (p *Process) Signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
}

// Kill ends it as kill -9 does, if it runs, and waits for the end.
func (p *Process) Kill() {
	if p == nil {
		return
	}
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.done
}

// Freeze stops it where it is; SIGCONT lets it go on.
func (p *Process) Freeze() {
	p.t.Helper()
	p.Signal(syscall.SIGSTOP)
	stat := filepath.Join("/proc", strconv.Itoa(p.PID()), "stat")
	Eventually(p.t, "the process is stopped", func() bool {
		text, err := os.ReadFile(stat) //nolint:gosec // of the process
		_, rest, _ := strings.Cut(string(text), ") ")
		return err == nil && strings.HasPrefix(rest, "T")
	})
}
