package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// patience is how long a process may take to become ready, and to end.
const patience = time.Minute

// process is a program of the stand that runs.
type process struct {
	name string
	cmd  *exec.Cmd
	log  journal
	done chan struct{} // closed when it has ended
}

// run starts a program in dir; what it prints to either output is its journal.
func run(name, dir string, env []string, args ...string) (*process, error) {
	p := &process{name: name, done: make(chan struct{})}
	p.cmd = exec.Command(name, args...) //nolint:gosec,noctx // the stand's own programs, which end by close
	p.cmd.Dir, p.cmd.Env = dir, append(os.Environ(), env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // close asks for what it came to
	}()
	return p, nil
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// await waits until ready holds. A process that ends before is an error, with
// what it printed.
func (p *process) await(ctx context.Context, what string, ready func() bool) error {
	err := Await(ctx, what, func() bool { return p.ended() || ready() })
	if err == nil && p.ended() {
		err = errors.New("the process has ended")
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, err, p.log.end())
	}
	return nil
}

// close ends the process as a service manager does, and waits for it. One that
// does not end is killed, which is an error.
func (p *process) close() error {
	if p == nil {
		return nil
	}
	if !p.ended() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not end\n%s", p.name, p.log.end())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("%s ended with exit code %d\n%s", p.name, code, p.log.end())
	}
	return nil
}

// Await waits for a condition, for a minute at most.
func Await(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("never: %s", what)
		}
	}
	return nil
}

// journal is what a process has printed. It may be read while it is written.
type journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p) //nolint:wrapcheck // a buffer has no errors
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.String()
}

// end is what was printed last.
func (j *journal) end() string {
	const most = 16 << 10
	text := j.text()
	return text[max(0, len(text)-most):]
}
