package pluginhost

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What the hidden step allows a plugin, and how long it tries.
const (
	// maxOpenFiles caps the descriptors of a plugin: one socket, its database
	// and plenty of upstream connections.
	maxOpenFiles = 65536
	// busyTries times busyPause is how long a program that some process still
	// holds open for writing is waited for.
	busyTries = 50
	busyPause = 20 * time.Millisecond
)

// step is the hidden step's argument list.
type step struct {
	parent int    // the gateway's process id; another parent means it is gone
	status int    // the descriptor on which a failed exec is reported
	name   string // argv[0] of the plugin
	cookie string // KEY=VALUE, for the plugin's environment alone
	file   string // the program
}

// args renders the step's arguments; parseStep reads them back.
func (s step) args() []string {
	return []string{
		"-parent", strconv.Itoa(s.parent), "-status", strconv.Itoa(s.status),
		"-name", s.name, "-cookie", s.cookie, "--", s.file,
	}
}

func parseStep(args []string) (step, error) {
	var s step
	fs := flag.NewFlagSet("exec-plugin", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.IntVar(&s.parent, "parent", 0, "process id of the gateway")
	fs.IntVar(&s.status, "status", -1, "descriptor for a failed exec")
	fs.StringVar(&s.name, "name", "", "argv[0]")
	fs.StringVar(&s.cookie, "cookie", "", "the handshake's variable")
	if err := fs.Parse(args); err != nil {
		return s, fmt.Errorf("read the arguments of exec-plugin: %w", err)
	}
	if fs.NArg() != 1 || s.parent <= 0 || s.status < 0 || s.name == "" || s.cookie == "" {
		return s, errors.New("exec-plugin is a step of the gateway's own; it is not for the command line")
	}
	s.file = fs.Arg(0)
	return s, nil
}

// ExecPlugin is the whole of the hidden step `switchhook exec-plugin`: in the
// new process, between fork and the plugin's first instruction, it sets up what
// only a process can set for itself (process group, parent-death signal,
// resource limits) and then becomes the plugin. It returns only when it could
// not, after reporting why to the gateway that started it.
//
// The environment passes through, and the handshake's cookie joins it only now:
// a gateway that links the SDK would take the step for a plugin otherwise, and
// move the standard output that the plugin needs. On systems other than Linux there
// is no parent-death signal; see the package doc.
func ExecPlugin(args []string) error {
	// The parent-death signal belongs to the thread that asks for it and
	// survives an exec only on that thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	s, err := parseStep(args)
	if err != nil {
		return err
	}
	syscall.CloseOnExec(s.status)
	err = s.become()
	report := os.NewFile(uintptr(s.status), "status")
	defer report.Close()                              //nolint:errcheck // The process ends here.
	fmt.Fprint(report, failedExec{err: err}.encode()) //nolint:errcheck // Nobody is left to be told.
	return err
}

// become turns the process into the plugin.
func (s step) become() error {
	if err := ownGroup(); err != nil {
		return fmt.Errorf("make a process group: %w", err)
	}
	if err := dieWithParent(s.parent); err != nil {
		return fmt.Errorf("tie the plugin to its gateway: %w", err)
	}
	if err := limitResources(); err != nil {
		return fmt.Errorf("limit resources: %w", err)
	}
	env := append(os.Environ(), s.cookie)
	err := syscall.Exec(s.file, []string{s.name}, env) //nolint:gosec // Running it is the purpose.
	for try := 0; errors.Is(err, syscall.ETXTBSY) && try < busyTries; try++ {
		pause(busyPause)
		err = syscall.Exec(s.file, []string{s.name}, env) //nolint:gosec // Running it is the purpose.
	}
	return fmt.Errorf("exec %s: %w", s.name, err)
}

func pause(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	<-ctx.Done()
}

// ownGroup makes the process the leader of its own group, so that a terminal's
// Ctrl-C spares it and the gateway can end it together with its children.
func ownGroup() error {
	if syscall.Getpgrp() == syscall.Getpid() {
		return nil
	}
	return syscall.Setpgid(0, 0) //nolint:wrapcheck // Wrapped by the caller.
}

// limitResources forbids core files, which would hold callbacks, and caps the
// descriptors.
func limitResources() error {
	none := syscall.Rlimit{}
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &none); err != nil {
		return fmt.Errorf("core files: %w", err)
	}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("read open files: %w", err)
	}
	files.Max = min(files.Max, maxOpenFiles)
	files.Cur = files.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return fmt.Errorf("open files: %w", err)
	}
	return nil
}

// failedExec is what the step writes to its status descriptor: the error number
// where there is one, and the text.
type failedExec struct{ err error }

func (f failedExec) encode() string {
	errno, _ := errors.AsType[syscall.Errno](f.err)
	return strconv.Itoa(int(errno)) + " " + f.err.Error()
}

// decodeFailedExec returns the step's error, or nil for the empty report of an
// exec that went through.
func decodeFailedExec(report string) error {
	if report == "" {
		return nil
	}
	number, text, _ := strings.Cut(report, " ")
	if errno, err := strconv.Atoi(number); err == nil && errno > 0 {
		return &stepError{errno: syscall.Errno(errno), text: text}
	}
	return errors.New(text)
}

// stepError is a failure of the step that came with an error number.
type stepError struct {
	errno syscall.Errno
	text  string
}

func (e *stepError) Error() string { return e.text }
func (e *stepError) Unwrap() error { return e.errno }
