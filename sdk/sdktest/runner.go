package sdktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// afterlife is how long the output of a dead process is still read: a child of
// its own that left the process group may hold the pipes open for ever.
const afterlife = 250 * time.Millisecond

// runner is go-plugin's runner.Runner for a process with a group of its own, which
// ends with it. go-plugin's own runner sees a death only when the last child lets
// go of the pipes.
type runner struct {
	cmd      *exec.Cmd
	out, err *os.File
	dead     chan struct{} // closed when it has ended and was collected
}

func newRunner(cmd *exec.Cmd) *runner {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return &runner{cmd: cmd, dead: make(chan struct{})}
}

// Start starts the process.
func (r *runner) Start(context.Context) error {
	out, outEnd, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	errs, errsEnd, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", errors.Join(err, out.Close(), outEnd.Close()))
	}
	r.cmd.Stdout, r.cmd.Stderr, r.out, r.err = outEnd, errsEnd, out, errs
	err = r.cmd.Start()
	_, _ = outEnd.Close(), errsEnd.Close() // the process has its own
	if err != nil {
		return errors.Join(err, out.Close(), errs.Close())
	}
	go r.collect()
	return nil
}

// collect waits for the end of the process, ends what is left of its group, and
// bounds the reading of what it has printed.
func (r *runner) collect() {
	_ = r.cmd.Wait() // read from ProcessState
	r.killGroup()
	rest := time.Now().Add(afterlife)
	_, _ = r.out.SetReadDeadline(rest), r.err.SetReadDeadline(rest) // pipes have deadlines
	close(r.dead)
}

func (r *runner) killGroup() { _ = syscall.Kill(-r.cmd.Process.Pid, syscall.SIGKILL) } // nobody left is as good

// hasEnded reports whether there was a process and is none any more.
func (r *runner) hasEnded() bool {
	select {
	case <-r.dead:
		return true
	default:
		return false
	}
}

// terminate asks the process to end.
func (r *runner) terminate() error {
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ask the process to end: %w", err)
	}
	return nil
}

// Wait returns when the process has ended; go-plugin has read its output by then.
func (r *runner) Wait(context.Context) error {
	<-r.dead
	return errors.Join(r.out.Close(), r.err.Close())
}

// Kill ends the process and its group at once.
func (r *runner) Kill(context.Context) error {
	if r.cmd.Process != nil && !r.hasEnded() {
		r.killGroup()
	}
	return nil
}

// Stdout is read by go-plugin.
func (r *runner) Stdout() io.ReadCloser { return r.out }

// Stderr is read by go-plugin.
func (r *runner) Stderr() io.ReadCloser { return r.err }

// Name is the program's path.
func (r *runner) Name() string { return r.cmd.Path }

// ID is the process id, or empty before there is one.
func (r *runner) ID() string {
	if r.cmd.Process == nil {
		return ""
	}
	return strconv.Itoa(r.cmd.Process.Pid)
}

// Diagnose says nothing: the caller words its own errors.
func (r *runner) Diagnose(context.Context) string { return "" }

// PluginToHost is the identity: both live in the same file system.
func (r *runner) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

// HostToPlugin is the identity too.
func (r *runner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
