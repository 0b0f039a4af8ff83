package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// The exit codes of every command.
const (
	// ExitOK says that what was asked for was done.
	ExitOK = 0
	// ExitFailed says that it was not done, or that what was looked at is not in
	// order.
	ExitFailed = 1
	// ExitUsage says that the command line or the configuration is wrong;
	// nothing was started.
	ExitUsage = 2
	// ExitNothing says that nothing matched, so that nothing was done.
	ExitNothing = 3
)

// ExitCode is a row of the table of exit codes.
type ExitCode struct {
	// Code is what the process ends with.
	Code int
	// Meaning is one sentence, for docs/cli.md.
	Meaning string
}

// ExitCodes returns the table of exit codes, the same for every command.
func ExitCodes() []ExitCode {
	return []ExitCode{
		{ExitOK, "Done. `serve` stopped cleanly. `send` or `lint-reply` saw a reply that Tencent reads as it was meant, a refusal included. " +
			"`send --sign none`, `wrong` or `stale` was refused with 401 or 403, as it should be. `verify-sign` would accept the Sign. No check of `doctor`, `doctor nats` or `plugin verify` failed."},
		{ExitFailed, "Not done, or not in order. The gateway could not start or be reached, or it refused a reload or another change, or a new program did not come up: the text says what serves now. " +
			"`send` or `lint-reply` saw no reply, or one that Tencent counts as a failure. A forged request of `send --sign` was not refused. " +
			"`verify-sign` would not accept the Sign. A check of `doctor`, of `doctor nats` or of `plugin verify` failed, or was left out. `inbox check` found problems. " +
			"`send` saw an event accepted that a plugin did not handle in time. `inbox replay` found no plugin that knows replays."},
		{ExitUsage, "The command line or the configuration is wrong, or a file that they name cannot be read; nothing was started or sent."},
		{ExitNothing, "Nothing matched, so that nothing was done: `inbox replay`, `inbox dead replay`, `inbox dead drop`, `inbox dead show`, `inbox events show`, `inbox subscriptions move|remove|backfill` and `trace`."},
	}
}

// errReported marks an error whose text the user has already seen.
var errReported = errors.New("reported")

// usageError is a mistake in the command line or the configuration.
type usageError struct {
	err  error
	help string // the command that explains how to do it right; may be empty
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// usage makes err a complaint about how cmd was called.
func usage(cmd *cobra.Command, err error) error {
	return &usageError{err: err, help: cmd.CommandPath() + " --help"}
}

// nothingError says that nothing matched.
type nothingError struct{ err error }

func (e *nothingError) Error() string { return e.err.Error() }

func (e *nothingError) Unwrap() error { return e.err }

// nothing makes err one about something that is not there.
func nothing(err error) error { return &nothingError{err} }

// one is what a command takes that works on one thing, named as its usage does.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 1:
			return nil
		case 0:
			return fmt.Errorf("%s is missing: type %s %s", what, cmd.CommandPath(), what)
		default:
			return fmt.Errorf("%q is too much: there is one %s", args[1], what)
		}
	}
}

// misconfigured makes err a complaint about the configuration.
func misconfigured(err error) error { return &usageError{err: err} }

// reported makes err one that is not printed again; its exit code stays.
func reported(err error) error { return fmt.Errorf("%w: %w", errReported, err) }

// exitCode tells mistakes of the user from failures: also a problem of the
// configuration that only a gateway about to start could see.
func exitCode(err error) int {
	if _, ok := errors.AsType[*usageError](err); ok {
		return ExitUsage
	}
	if _, ok := errors.AsType[config.Problems](err); ok {
		return ExitUsage
	}
	if _, ok := errors.AsType[*nothingError](err); ok {
		return ExitNothing
	}
	return ExitFailed
}

// complain prints err the way every command of the house does. There is nobody
// left to tell when that cannot be written. The problems of a file come a line
// each, in the form that editors follow.
func complain(w io.Writer, err error) {
	if problems, ok := errors.AsType[config.Problems](err); ok {
		_, _ = fmt.Fprintf(w, "%v\nswitchhook: the configuration has %s\n", problems, plural(len(problems), "mistake"))
		return
	}
	_, _ = fmt.Fprintf(w, "switchhook: %v\n", err)
	if u, ok := errors.AsType[*usageError](err); ok && u.help != "" {
		_, _ = fmt.Fprintf(w, "Run '%s' to see how it is used.\n", u.help)
	}
}
