package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/switchhook/switchhook/sdk"
)

// notHandledMessage is the message of the one line that every failed callback gets,
// wherever it fails. Others look for it.
const notHandledMessage = "callback not handled"

// Failure is a callback that was not handled, for the log.
type Failure struct {
	Callback sdk.Callback
	// Plugin is the one that was asked, or those that were not.
	Plugin string
	// Outcome is what the failure counts as.
	Outcome Outcome
	// Err is the cause; nil where the outcome says it all.
	Err error
}

// FailureOf is the failure of one attempt at a plugin that ended in err.
func FailureOf(cb sdk.Callback, plugin string, err error) Failure {
	return Failure{Callback: cb, Plugin: plugin, Outcome: outcomeOf(err), Err: err}
}

// placed is an error that knows where it happened: what ctx is within then, such as a
// span that has ended by the time the failure is logged.
type placed interface {
	error
	Within(ctx context.Context) context.Context
}

// Log writes the line: the callback's id, app, command and attempt, the plugin and the
// outcome, then attrs, and the cause without what it repeats of the body. A panic's
// stack stands in the same line.
func (f Failure) Log(ctx context.Context, log *slog.Logger, level slog.Level, attrs ...slog.Attr) {
	if place, ok := errors.AsType[placed](f.Err); ok {
		ctx = place.Within(ctx)
	}
	if !log.Enabled(ctx, level) {
		return
	}
	cb := &f.Callback
	all := append(make([]slog.Attr, 0, 12), //nolint:mnd // room for all of them
		slog.String("id", cb.ID), slog.String("app", cb.AppID), slog.String("command", cb.Command),
		slog.String("plugin", f.Plugin), slog.Int("attempt", cb.Attempt), slog.String("outcome", f.Outcome.String()))
	if cb.Purpose != sdk.Live {
		all = append(all, slog.String("purpose", cb.Purpose.String()))
	}
	all = append(all, attrs...)
	if f.Err != nil {
		all = append(all, slog.Any("err", Discreet(f.Err, *cb)))
	}
	if p, ok := errors.AsType[*panicError](f.Err); ok {
		all = append(all, slog.String("stack", p.stack))
	}
	log.LogAttrs(ctx, level, notHandledMessage, all...)
}

// errPanicked marks a panic on the gateway's side of a handler.
var errPanicked = errors.New("panic in the gateway")

// panicError is a panic on the gateway's side of a handler, with its stack.
type panicError struct{ text, stack string }

func (e *panicError) Error() string { return errPanicked.Error() + ": " + e.text }
func (e *panicError) Unwrap() error { return errPanicked }

// Panicked is the error of a panic that was just recovered, for [FailureOf]. Its value
// may quote a body, so only the runtime's own text is shown.
func Panicked(value any) error {
	text := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		text = err.Error()
	}
	return &panicError{text: text, stack: string(debug.Stack())}
}

// pluginsOf are the plugins that a route goes to, for a log.
func pluginsOf(route *Route) string { return strings.Join(route.info.Handlers, ",") }
