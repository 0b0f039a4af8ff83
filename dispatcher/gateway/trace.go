package gateway

import "github.com/switchhook/switchhook/dispatcher"

// trace is what [Options.Trace] wants to hear of one exchange; the zero trace is
// nobody's.
type trace struct {
	done    func(status int, outcome dispatcher.Outcome)
	status  int
	outcome dispatcher.Outcome
}

// begin says that a callback of which app and Sign hold is about to be answered, and
// takes the context for that.
func (x *exchange) begin() {
	if x.gateway.options.Trace == nil {
		return
	}
	x.ctx, x.trace.done = x.gateway.options.Trace(x.ctx, x.cb)
	x.trace.answered(rejectInternal.status(), rejectInternal.outcome()) // unless something else comes of it
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
