package conformance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/switchhook/switchhook/sdk/wire"
)

const (
	// startPatience is how many times longer a start may take than an answer.
	startPatience = 3
	// deathPatience is how long a killed process may take to be gone.
	deathPatience = 5 * time.Second
	// afterlife is how long the output of a dead process is still read, and how
	// long a broken link may be ahead of the news of a death.
	afterlife = 500 * time.Millisecond
	// busyTries times busyPause is how long a program is waited for that another
	// process of ours, just being forked, still holds open for writing.
	busyTries = 50
	busyPause = 20 * time.Millisecond
)

// process is one process of the plugin.
type process struct {
	cmd     *exec.Cmd
	sockets string
	data    string
	out     *printed
	err     *tail
	dead    chan struct{} // closed when it has ended and was collected
	alone   atomic.Bool   // nobody is left in its group
	link    *link         // nil until the handshake
}

// launch starts a process in directories of its own, in the environment that the
// gateway gives. The caller ends it by kill, and removes its files by remove.
func (s *suite) launch(clientCert string) (*process, error) {
	dir, err := os.MkdirTemp(s.root, "")
	if err != nil {
		return nil, fmt.Errorf("make a directory for a process: %w", err)
	}
	p := &process{
		sockets: filepath.Join(dir, "s"), data: filepath.Join(dir, "d"),
		out: newPrinted(), err: &tail{}, dead: make(chan struct{}),
	}
	for _, d := range []string{p.sockets, p.data} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return nil, fmt.Errorf("make a directory for a process: %w", err)
		}
	}
	command := func() *exec.Cmd {
		return &exec.Cmd{
			Path: s.program, Args: []string{s.options.Program}, Dir: p.data, Env: environment(p.sockets, clientCert),
			Stdout: p.out, Stderr: p.err, WaitDelay: afterlife,
			SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
		}
	}
	p.cmd = command()
	err = p.cmd.Start()
	for try := 0; errors.Is(err, syscall.ETXTBSY) && try < busyTries; try++ {
		pause(busyPause)
		p.cmd = command()
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, unrunnable(s.program, err)
	}
	go func() {
		_ = p.cmd.Wait() // read from ProcessState
		p.signalGroup(0) // notes whether the group ended with it
		close(p.dead)
	}()
	return p, nil
}

func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

// environment is what the gateway gives a plugin: a few variables of its own,
// and those of the handshake.
func environment(sockets, clientCert string) []string {
	var env []string
	for _, key := range wire.Environment() {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	env = append(env,
		wire.CookieKey+"="+wire.CookieValue,
		fmt.Sprintf("PLUGIN_PROTOCOL_VERSIONS=%d", wire.ProtocolVersion),
		"PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000",
		plugin.EnvUnixSocketDir+"="+sockets,
	)
	if clientCert != "" {
		env = append(env, "PLUGIN_CLIENT_CERT="+clientCert)
	}
	return env
}

// hasEnded reports whether there was a process and is none any more.
func (p *process) hasEnded() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// endsWithin waits for the end of the process and reports whether it came.
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

// remove removes the directories of a dead process.
func (p *process) remove() { _ = os.RemoveAll(filepath.Dir(p.sockets)) }

// lastWords says how the process ended, or that it runs, and what it said last.
func (p *process) lastWords() string {
	words := "the process still runs"
	if p.hasEnded() && p.cmd.ProcessState != nil {
		words = p.cmd.ProcessState.String()
	}
	if last := p.err.String(); last != "" {
		words += "; it said last on standard error: " + last
	}
	return words
}

// copyProgram makes the private copy that is run, and returns its path and hash.
func copyProgram(dir, program string) (file, sum string, err error) {
	src, err := os.Open(program) //nolint:gosec // The caller names it.
	if err != nil {
		return "", "", &OptionError{Option: "Program", Err: fmt.Errorf("open the program: %w", err)}
	}
	defer src.Close() //nolint:errcheck // Only read.
	file = filepath.Join(dir, filepath.Base(program))
	dst, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o500) //nolint:gosec // A program is executable.
	if err != nil {
		return "", "", fmt.Errorf("copy the program: %w", err)
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(dst, hash), src)
	if err = errors.Join(err, dst.Close()); err != nil {
		return "", "", fmt.Errorf("copy the program: %w", err)
	}
	return file, hex.EncodeToString(hash.Sum(nil)), nil
}

// start launches a process and links to it.
func (s *suite) start(ctx context.Context) (*process, error) {
	var identity *identity
	cert := ""
	if s.mtls {
		var err error
		if identity, err = newIdentity(); err != nil {
			return nil, err
		}
		cert = identity.pem
	}
	p, err := s.launch(cert)
	if err != nil {
		return nil, err
	}
	if err := s.connect(ctx, p, identity); err != nil {
		s.drop(&p)
		return nil, err
	}
	return p, nil
}
