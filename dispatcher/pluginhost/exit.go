package pluginhost

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// exitReason is the closed set of ways a process ends: the label of
// switchhook_plugin_exits_total.
type exitReason string

const (
	exitClean     exitReason = "clean"
	exitError     exitReason = "error"
	exitPanic     exitReason = "panic"
	exitSignal    exitReason = "signal"
	exitOOM       exitReason = "oom_suspected"
	exitLimit     exitReason = "limit"
	exitKilled    exitReason = "killed_timeout"
	exitWedged    exitReason = "wedged"
	exitHandshake exitReason = "handshake_failed"
	exitChecksum  exitReason = "checksum_mismatch"
	exitStart     exitReason = "start_failed"
)

// exit is how a process ended, and what it said last.
type exit struct {
	code   int
	signal syscall.Signal
	// killed is true when the host sent the SIGKILL.
	killed bool
	// terminated is true when the host asked the process to end.
	terminated bool
	// used is the processor time that it took, and bounds are what it was confined to.
	used      time.Duration
	bounds    confinement
	panicText string
	tail      []remark
}

// exitOf reads how a process ended from its collected state.
func exitOf(state *os.ProcessState) exit {
	e := exit{code: -1}
	if state == nil {
		return e
	}
	e.code, e.used = state.ExitCode(), state.UserTime()+state.SystemTime()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.signal = ws.Signal()
	}
	return e
}

// reason classes the exit. A SIGKILL that the host did not send comes from an
// operator or from the kernel's out-of-memory killer, and is so suspected; so is an end
// with words about memory.
func (e exit) reason() exitReason {
	switch {
	case e.killed:
		return exitKilled
	case e.terminated && (e.code == 0 || e.signal == syscall.SIGTERM):
		return exitClean
	case e.usedUp():
		return exitLimit
	case e.starved() != "":
		return exitOOM
	case e.panicText != "":
		return reported(e.panicText)
	case e.signal == syscall.SIGKILL:
		return exitOOM
	case e.signal != 0:
		return exitSignal
	case e.code == 0:
		return exitClean
	default:
		return exitError
	}
}

// usedUp reports whether the process ended because its processor time did. The kernel
// counts that time by ticks where it enforces the bound, and exactly where it accounts
// for it, so that the two differ a little.
func (e exit) usedUp() bool {
	limit := e.bounds.CPU
	switch e.signal {
	case syscall.SIGXCPU:
		return limit > 0
	case syscall.SIGKILL:
		return limit > 0 && !e.killed && e.used >= limit-limit/100
	default:
		return false
	}
}

// String says it in one line: the status or signal, then what of the last words tells
// most, or the bound that was hit.
func (e exit) String() string {
	var b strings.Builder
	switch {
	case e.usedUp():
		return fmt.Sprintf("used up isolation.cpu (%s), which is for the whole life of a process: raise it, or find out what the plugin computes",
			e.bounds.CPU)
	case e.signal == syscall.SIGKILL && !e.killed:
		b.WriteString("was killed by SIGKILL, perhaps for want of memory")
	case e.signal != 0:
		fmt.Fprintf(&b, "was ended by signal %d (%s)", int(e.signal), e.signal)
	default:
		fmt.Fprintf(&b, "exited with status %d", e.code)
	}
	if last := e.lastWords(); last != "" {
		b.WriteString(": ")
		b.WriteString(last)
	}
	if e.bounds.Memory > 0 && e.starved() != "" {
		fmt.Fprintf(&b, "; isolation.memory leaves it %s: raise that if the plugin needs more", bytesText(e.bounds.Memory))
	}
	return b.String()
}

// incompleteCopy is what a program may be that cannot be run, and what to do about it.
const incompleteCopy = "an incomplete copy: compare its size with the original's, and install it under another name and then rename it"

// brokenOff reports whether the process reached for a part of its program that is not
// there, as one does that was copied in part.
func (e exit) brokenOff() bool {
	return e.signal == syscall.SIGSEGV || e.signal == syscall.SIGBUS ||
		strings.HasPrefix(e.panicText, "SIGBUS: ") || strings.Contains(e.panicText, "[signal SIGBUS")
}

// startError is why a start failed: a sentence for the operator, a class for
// the metric, and whether trying the same again is of any use.
type startError struct {
	reason    exitReason
	permanent bool
	err       error
}

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// refuse returns a start error that no repetition can cure.
func refuse(reason exitReason, format string, args ...any) error {
	return &startError{reason: reason, permanent: true, err: fmt.Errorf(format, args...)}
}

// startFailure returns what err says of a failed start.
func startFailure(err error) *startError {
	if e, ok := errors.AsType[*startError](err); ok {
		return &startError{reason: e.reason, permanent: e.permanent, err: err}
	}
	return &startError{reason: exitStart, err: err}
}
