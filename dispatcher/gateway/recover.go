package gateway

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/switchhook/switchhook/dispatcher"
)

// rescue is the last resort when a func of Options panics. Before the Sign
// holds the answer is a plain 500; after it, a before-command is still answered
// by policy. It must be deferred directly.
func (x *exchange) rescue() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(cause)
	}
	if x.begun || !x.trusted {
		x.logPanic(cause)
	}
	if x.begun {
		panic(http.ErrAbortHandler) // half an answer cannot be taken back
	}
	defer x.rescueAgain()
	if x.trusted {
		x.tell(slog.LevelError, "panic", dispatcher.OutcomeInternal, dispatcher.Result{}, dispatcher.Panicked(cause))
		x.decline(rejectInternal)
		return
	}
	x.gateway.reject(x.w, x.r, rejectInternal)
}

// rescueAgain answers when the policy panics too.
func (x *exchange) rescueAgain() {
	cause := recover()
	if cause == nil {
		return
	}
	x.logPanic(cause)
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	x.gateway.reject(x.w, x.r, rejectInternal)
}

// logPanic logs a panic that is no callback's failure, with its stack. The value of a
// panic may quote a body, so only the runtime's own are shown; of others the type must do.
func (x *exchange) logPanic(cause any) {
	shown := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		shown = err.Error()
	}
	x.gateway.log.ErrorContext(x.ctx, "panic while answering a callback",
		"id", x.cb.ID, "app", x.cb.AppID, "command", x.cb.Command, "panic", shown, "stack", string(debug.Stack()))
}
