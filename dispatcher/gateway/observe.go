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
	// Status is the HTTP status that was written.
	Status int
	// Body is the reply that was written with it.
	Body []byte
	// Took is the time from the first byte that the gateway read to the reply.
	Took time.Duration
	// Result is how the body came about.
	Result dispatcher.Result
}

// observe tells of an answer that was written.
func (x *exchange) observe(status int, result dispatcher.Result, body []byte) {
	o := &x.gateway.options
	if o.Observe == nil {
		return
	}
	o.Observe(Answered{
		Callback: x.cb, Status: status, Body: body, Took: o.Now().Sub(x.cb.ReceivedAt), Result: result,
	})
}
