package wire

import (
	"context"
	"errors"

	"github.com/switchhook/switchhook/sdk"
)

// ErrNotSent is in the errors of calls that the plugin cannot have got: trying them
// elsewhere repeats nothing. Where there is a doubt, the error is without it.
var ErrNotSent = errors.New("the plugin never got the call")

// ErrDraining is in the errors of calls that a plugin with this SDK refused because it
// is about to end, as somebody has asked it to: it has not looked at them, which makes
// each an ErrNotSent, and takes no others.
var ErrDraining = errors.New(draining)

// Place is what a call occupies at the gateway for as long as the plugin has it. Its
// methods are called from any goroutine, with no lock of the client's held, and must
// not block: all answers of a lane come by one reader.
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
//
// A call by stream whose caller gives up leaves its place when the plugin answers
// after all, which acknowledges the cancel, or when the stream breaks. Nobody can
// follow a unary call after its caller has given up: it leaves its place then.
func (c *Client) HandleIn(ctx context.Context, cb sdk.Callback, place Place) (sdk.Reply, error) {
	return c.handle(ctx, &cb, place)
}

// Unanswered returns the ids of the callbacks that the plugin has got and not
// answered, those that were abandoned included; once the link is broken, of those
// that it had then. There are at most as many as MaxInFlight allows on two lanes.
//
// Of unary calls it returns those under way, and those that lost their connection
// since the last answer: at most MaxInFlight of these.
func (c *Client) Unanswered() []string {
	ids := c.alone.unanswered(nil)
	if l := c.lanes.Load(); l != nil {
		ids = l.after.calls.unanswered(l.before.calls.unanswered(ids))
	}
	return ids
}

// Strays returns how many answers came that nobody waits for: to calls that the
// plugin has answered before, or never got. They harm no other call, and a plugin
// that sends them is broken.
func (c *Client) Strays() int64 { return c.strays.Load() }
