package gateway

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// Answered is a callback with its answer, for [Options.Observe].
type Answered struct {
	// Callback is what came in. Its body is shared and must not be changed.
	Callback sdk.Callback
	// Signed says that a Sign was asked for, and holds: the app has a token.
	Signed bool
	// Status is the HTTP status that was written.
	Status int
	// Took is the time from the first byte that the gateway read to the reply.
	Took time.Duration
	// Result is how the body came about.
	Result dispatcher.Result
	// Rejected is why the callback could not be dispatched, as a label of
	// switchhook_requests_rejected_total; empty where it was.
	Rejected string

	plain []byte // what was written where Result was not
}

// Body returns the reply that was written. It is made anew at every call, so that who
// does not ask pays nothing.
func (a *Answered) Body() []byte {
	if a.plain != nil {
		return a.plain
	}
	return appendReply(nil, a.Result)
}

// observe tells of an answer that was written: result, or plain in its place.
func (x *exchange) observe(status int, why rejection, result dispatcher.Result, plain []byte) {
	o := &x.gateway.options
	if o.Observe == nil {
		return
	}
	o.Observe(Answered{
		Callback: x.cb, Signed: x.signed, Status: status, Took: o.Now().Sub(x.cb.ReceivedAt), Result: result,
		Rejected: why.String(), plain: plain,
	})
}
