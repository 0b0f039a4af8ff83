package admin

import (
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// Answered is a callback with its answer, as a person is shown it who works on a
// plugin. It holds what the API never tells: the body, and a plugin's own words.
type Answered struct {
	// At is when the callback came in.
	At time.Time
	// Callback is what came in.
	Callback sdk.Callback
	// Plugins are those that it was routed to; empty where none claims the command.
	Plugins []string
	// Outcome is what became of it: a label of switchhook_callbacks_total.
	Outcome string
	// Failed says that no plugin answered as the operator wants: a policy did, or
	// nobody.
	Failed bool
	// Err says which plugin failed, and how; nil where none did.
	Err error
	// Status and Body are the reply.
	Status int
	Body   []byte
	// Took is the time from the first byte read to the reply.
	Took time.Duration
}
