package gateway

import (
	"context"

	"github.com/switchhook/switchhook/dispatcher"
)

// trace is what [Options.Trace] wants to hear of one exchange; the zero trace is
// nobody's.
type trace struct {
	done    func(status int, outcome dispatcher.Outcome)
	status  int
	outcome dispatcher.Outcome
}

// begin says that a callback of which app and Sign hold is about to be answered, and
// returns the context for that.
func (x *exchange) begin(ctx context.Context) context.Context {
	if x.gateway.options.Trace == nil {
		return ctx
	}
	ctx, x.trace.done = x.gateway.options.Trace(ctx, x.cb)
	x.trace.answered(rejectInternal.status(), rejectInternal.outcome()) // unless something else comes of it
	return ctx
}

// answered notes what is being written.
func (t *trace) answered(status int, outcome dispatcher.Outcome) {
	t.status, t.outcome = status, outcome
}

// end tells what was written. It is deferred, so that a panic keeps nobody waiting.
func (t *trace) end() {
	if t.done != nil {
		t.done(t.status, t.outcome)
	}
}
