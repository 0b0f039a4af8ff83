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
	// confined is what is taken away on the way.
	confined confinement
}

// args renders the step's arguments; parseStep reads them back.
func (s step) args() []string {
	return []string{
		"-parent", strconv.Itoa(s.parent), "-status", strconv.Itoa(s.status),
		"-name", s.name, "-cookie", s.cookie, "-confined", s.confined.encode(), "--", s.file,
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
	confined := fs.String("confined", "{}", "the isolation")
	err := fs.Parse(args)
	if err == nil {
		s.confined, err = parseConfinement(*confined)
	}
	if err != nil {
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
// only a process can set for itself (process group, parent-death signal, and what
// its [Isolation] takes away) and then becomes the plugin. It returns only when it could
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
	report := os.NewFile(uintptr(s.status), "status")
	defer report.Close() //nolint:errcheck // The process ends here.
	err = s.become(report)
	fmt.Fprint(report, failedExec{err: err}.encode()) //nolint:errcheck // Nobody is left to be told.
	return err
}

// become turns the process into the plugin, and reports what is in force just
// before.
func (s step) become(report io.Writer) error {
	if err := ownGroup(); err != nil {
		return fmt.Errorf("make a process group: %w", err)
	}
	if err := dieWithParent(s.parent); err != nil {
		return fmt.Errorf("tie the plugin to its gateway: %w", err)
	}
	words, err := s.confined.restrict(s.parent)
	if err != nil {
		return fmt.Errorf("isolate the plugin: %w", err)
	}
	fmt.Fprintln(report, strings.Join(words, " ")) //nolint:errcheck // Nobody is left to be told.
	env := append(pluginEnvironment(os.Environ()), s.cookie)
	err = syscall.Exec(s.file, []string{s.name}, env) //nolint:gosec // Running it is the purpose.
	for try := 0; errors.Is(err, syscall.ETXTBSY) && try < busyTries; try++ {
		pause(busyPause)
		err = syscall.Exec(s.file, []string{s.name}, env) //nolint:gosec // Running it is the purpose.
	}
	return &execError{fmt.Errorf("exec %s: %w", s.name, err)}
}

// forPlugin stands before the variables that the configuration gives a plugin. They
// must mean nothing to the step itself: one such as LD_LIBRARY_PATH would run the
// plugin user's code with the gateway's rights.
const forPlugin = "SWITCHHOOK_FOR_PLUGIN_"

// pluginEnvironment returns the step's environment with the plugin's own variables in
// force.
func pluginEnvironment(step []string) []string {
	var env []string
	own := make(map[string]bool)
	for _, v := range step {
		if v, ok := strings.CutPrefix(v, forPlugin); ok {
			key, _, _ := strings.Cut(v, "=")
			own[key] = true
			env = append(env, v)
		}
	}
	for _, v := range step {
		key, _, _ := strings.Cut(v, "=")
		if !own[key] && !strings.HasPrefix(v, forPlugin) {
			env = append(env, v)
		}
	}
	return env
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

// execError is the failure of the last call, whose error number says why.
type execError struct{ err error }

func (e *execError) Error() string { return e.err.Error() }
func (e *execError) Unwrap() error { return e.err }

// hopeless stands in the place of an error number for what no repetition cures.
const hopeless = -1

// failedExec is what the step writes to its status descriptor when it could not
// become the plugin: the error number where there is one, and the text.
type failedExec struct{ err error }

func (f failedExec) encode() string {
	number := 0
	if _, ok := errors.AsType[*unfit](f.err); ok {
		number = hopeless
	}
	if last, ok := errors.AsType[*execError](f.err); ok {
		errno, _ := errors.AsType[syscall.Errno](last)
		number = int(errno)
	}
	return "failed " + strconv.Itoa(number) + " " + f.err.Error()
}

// decodeStatus returns what the step reports to be in force, and why it could not
// become the plugin; nil after an exec that went through.
func decodeStatus(report string) (inForce []string, err error) {
	if words, rest, ok := strings.Cut(report, "\n"); ok && !strings.HasPrefix(report, "failed ") {
		inForce, report = strings.Fields(words), rest
	}
	report, failed := strings.CutPrefix(report, "failed ")
	if !failed {
		return inForce, nil
	}
	number, text, _ := strings.Cut(report, " ")
	errno, err := strconv.Atoi(number)
	switch {
	case err == nil && errno > 0:
		return nil, &stepError{errno: syscall.Errno(errno), text: text}
	case errno == hopeless:
		return nil, refuse(exitStart, "%s", text)
	default:
		return nil, errors.New(text)
	}
}

// stepError is a failure of the step that came with an error number.
type stepError struct {
	errno syscall.Errno
	text  string
}

func (e *stepError) Error() string { return e.text }
func (e *stepError) Unwrap() error { return e.errno }
