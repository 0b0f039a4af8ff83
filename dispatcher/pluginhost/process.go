package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// afterlife is how long the output of a dead process is still read: a child
// that left the process group may hold the pipes open for ever.
const afterlife = 250 * time.Millisecond

// process is one plugin process, from fork to collection. It is go-plugin's
// runner.Runner, and keeps go-plugin away from what it handles badly: of
// standard output it sees the handshake line alone and only after the host has
// checked it, of standard error nothing, and the death at once.
type process struct {
	cmd    *exec.Cmd
	file   string // the program the step becomes
	name   string // its argv[0]
	cookie string // the handshake's variable, set by the step
	// confined is what the step takes away; inForce is what it has reported of that,
	// before the plugin's first instruction.
	confined confinement
	inForce  []string

	spawner *spawner
	out     *stdout // what it prints on standard output
	err     *lines  // what it prints on standard error

	pid  atomic.Int64  // zero until the fork
	dead chan struct{} // closed when the process has ended
	done chan struct{} // closed when its output was read and exit is set
	exit exit          // how it ended; read after done

	killed, terminated atomic.Bool
	stderr             *io.PipeReader // what go-plugin reads: nothing, until the end
	stderrEnd          *io.PipeWriter
}

// newProcess prepares a process. cmd brings the environment; its argument list
// is the hidden step's.
func newProcess(cmd *exec.Cmd, file, name string, sp *spawner, out *stdout, errs *lines) *process {
	p := &process{
		cmd: cmd, file: file, name: name, spawner: sp, out: out, err: errs,
		dead: make(chan struct{}), done: make(chan struct{}),
	}
	p.stderr, p.stderrEnd = io.Pipe()
	return p
}

// Start forks and waits until the step has become the plugin or said why it
// cannot.
func (p *process) Start(ctx context.Context) error {
	var pipes [3][2]*os.File
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(pipes)
			return fmt.Errorf("make a pipe: %w", err)
		}
		pipes[i] = [2]*os.File{r, w}
	}
	out, errs, status := pipes[0], pipes[1], pipes[2]
	const statusFD = 3 // the first of ExtraFiles
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = nil, out[1], errs[1]
	p.cmd.ExtraFiles = []*os.File{status[1]}
	p.cmd.SysProcAttr = spawnAttributes()
	become := step{parent: os.Getpid(), status: statusFD, name: p.name, cookie: p.cookie, file: p.file, confined: p.confined}
	p.cmd.Args = append(p.cmd.Args, become.args()...)
	if err := p.spawner.start(p.cmd); err != nil {
		closeAll(pipes)
		return fmt.Errorf("start the exec step: %w", err)
	}
	p.pid.Store(int64(p.cmd.Process.Pid))
	if p.killed.Load() {
		p.killGroup() // asked for before there was anything to kill
	}
	for _, w := range []*os.File{out[1], errs[1], status[1]} {
		w.Close() //nolint:errcheck,gosec // The child has its own.
	}
	go p.collect(out[0], errs[0]) //nolint:contextcheck // Collecting outlives the start.
	var err error
	p.inForce, err = readStatus(ctx, status[0])
	return err
}

func closeAll(pipes [3][2]*os.File) {
	for _, p := range pipes {
		for _, f := range p {
			if f != nil {
				f.Close() //nolint:errcheck,gosec // Never used.
			}
		}
	}
}

// readStatus reads the step's report: what is in force, and nothing more when the
// exec went through.
func readStatus(ctx context.Context, status *os.File) ([]string, error) {
	defer status.Close() //nolint:errcheck // Read to its end.
	stop := context.AfterFunc(ctx, func() {
		status.SetReadDeadline(time.Now()) //nolint:errcheck,gosec // A pipe has deadlines.
	})
	defer stop()
	report, err := io.ReadAll(io.LimitReader(status, 4<<10))
	if err != nil {
		return nil, fmt.Errorf("wait for the exec step: %w", errors.Join(ctx.Err(), err))
	}
	return decodeStatus(string(report))
}

// collect waits for the end of the process, ends what is left of its group and
// reads the rest of its output.
func (p *process) collect(out, errs *os.File) {
	var readers sync.WaitGroup
	readers.Go(func() { p.out.readAll(out) })
	readers.Go(func() { p.err.readAll(errs) })

	awaitDeath(int(p.pid.Load()))
	p.killGroup() // the id is still taken: by the dead leader
	waitErr := p.cmd.Wait()
	p.killGroup() // where awaitDeath could not wait
	close(p.dead)
	p.out.processEnded()

	rest := time.Now().Add(afterlife)
	for _, f := range []*os.File{out, errs} {
		f.SetReadDeadline(rest) //nolint:errcheck,gosec // A pipe has deadlines.
	}
	readers.Wait()
	for _, f := range []*os.File{out, errs} {
		f.Close() //nolint:errcheck,gosec // Read to its end.
	}
	p.exit = exitOf(p.cmd.ProcessState)
	p.exit.killed, p.exit.terminated, p.exit.bounds = p.killed.Load(), p.terminated.Load(), p.confined
	p.err.sink.flush()
	p.exit.panicText, p.exit.tail = p.err.sink.lastWords()
	if waitErr != nil && p.cmd.ProcessState == nil {
		p.exit.tail = append(p.exit.tail, remark{text: waitErr.Error()})
	}
	p.stderrEnd.Close() //nolint:errcheck,gosec // Never fails.
	close(p.done)
}

// terminate asks the process to end.
func (p *process) terminate() {
	if p.ended() {
		return
	}
	p.terminated.Store(true)
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck,gosec // Gone is as good.
}

// askForDump has the process print its goroutines, as the Go runtime does when it
// gets SIGQUIT; what it prints then becomes one record of the log.
func (p *process) askForDump() {
	if p.ended() {
		return
	}
	p.err.sink.expectDump()
	p.cmd.Process.Signal(syscall.SIGQUIT) //nolint:errcheck,gosec // Gone is as good.
}

// kill ends the process and its group at once. It may be called at any time,
// before the fork too, and more than once.
func (p *process) kill() {
	if p.ended() {
		return
	}
	p.killed.Store(true)
	p.killGroup()
}

func (p *process) killGroup() {
	if pid := p.pid.Load(); pid > 0 {
		syscall.Kill(-int(pid), syscall.SIGKILL) //nolint:errcheck,gosec // Nobody left is as good.
	}
}

func (p *process) ended() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// endsWithin waits for the process to end, no longer than limit, and reports
// whether it has.
func (p *process) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.dead:
		return true
	case <-timer.C:
		return false
	}
}

// awaitDone waits until the process has ended and its output was read, but no
// longer than limit, and reports whether it has. One that was never started
// has ended.
func (p *process) awaitDone(limit time.Duration) bool {
	if p.pid.Load() == 0 {
		return true
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.done:
		return true
	case <-timer.C:
		return false
	}
}

// exitCause returns how the dead process ended, as soon as its last words were
// read.
func (p *process) exitCause() exit {
	p.awaitDone(killPatience)
	select {
	case <-p.done:
		return p.exit
	default:
		return exit{code: -1}
	}
}

// lastWords returns what the process printed last, in a line.
func (p *process) lastWords() string {
	var e exit
	e.panicText, e.tail = p.err.sink.lastWords()
	return e.lastWords()
}

// Wait is go-plugin's: it returns when the process has ended and said its last.
func (p *process) Wait(context.Context) error {
	<-p.done
	return nil
}

// Kill is go-plugin's: it ends the process at once.
func (p *process) Kill(context.Context) error {
	p.kill()
	return nil
}

// Stdout is the checked handshake line and nothing more.
func (p *process) Stdout() io.ReadCloser { return p.out.checked }

// Stderr is empty: go-plugin's parser panics on some lines, so it gets none.
func (p *process) Stderr() io.ReadCloser { return p.stderr }

// Name is the program's path as the operator knows it.
func (p *process) Name() string { return p.name }

// ID is the process id.
func (p *process) ID() string { return strconv.FormatInt(p.pid.Load(), 10) }

// Diagnose says nothing: the host words its own errors.
func (p *process) Diagnose(context.Context) string { return "" }

// HostToPlugin is the identity: both live in the same file system.
func (p *process) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// PluginToHost is the identity for a unix socket and for TCP on loopback. Any
// other address would send callbacks off the machine.
func (p *process) PluginToHost(network, address string) (string, string, error) {
	if onThisMachine(network, address) {
		return network, address, nil
	}
	return "", "", refuse(exitHandshake, "the plugin serves on %s %s: only a unix socket or a loopback address will do",
		network, address)
}

// onThisMachine reports whether an address is a unix socket or one of loopback.
// Any other would send callbacks off the machine.
func onThisMachine(network, address string) bool {
	if network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return network == "tcp" && err == nil && ip.IsLoopback()
}
