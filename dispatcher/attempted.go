package dispatcher

import (
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// Attempt is one call of a handler, for [Options.Attempted].
type Attempt struct {
	// Callback is what the handler was given. Its Body is shared and must not be changed.
	Callback sdk.Callback
	Plugin   string
	Outcome  Outcome
	// At is when it began, and Took how long it was until its answer.
	At   time.Time
	Took time.Duration
	// Err is how it failed; nil where it did not. Its text may repeat what the plugin was
	// sent.
	Err error
}

// tell hands an attempt to who wants to know.
func (d *Dispatcher) tell(plugin string, cb *sdk.Callback, at time.Time, outcome Outcome, err error) {
	if d.attempted != nil {
		d.attempted(Attempt{Callback: *cb, Plugin: plugin, Outcome: outcome, At: at, Took: time.Since(at), Err: err})
	}
}
