package cli

import (
	"context"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// tally is what the running gateway has counted of a command, by outcome.
type tally map[string]float64

// tally asks for the counts; nil when the gateway does not say, or is not the one
// that the callback goes to. Like handlers, it is a kindness to the reader.
func (c *console) tally(ctx context.Context, cb *callback) tally {
	if cb.handlers == nil {
		return nil
	}
	var counts tally
	if err := c.ask(func(client *admin.Client) (err error) {
		counts, err = client.Outcomes(ctx, cb.Command)
		return err
	}); err != nil {
		return nil
	}
	return counts
}

// since returns the outcome that was counted since before, or "" where that was not
// one callback alone.
func (now tally) since(before tally) string {
	if now == nil || before == nil {
		return ""
	}
	one, all := "", 0.0
	for outcome, n := range now {
		if n > before[outcome] {
			one, all = outcome, all+n-before[outcome]
		}
	}
	if all != 1 {
		return ""
	}
	return one
}

// counted says on a line of its own that no plugin stands behind the reply.
func counted(command, outcome string) string {
	switch outcome {
	case "", "ok", "rejected", "accepted", "unrouted":
		return ""
	case "bypassed":
		return "the gateway counted bypassed: an operator's bypass answered, not the plugin; see switchhook route ls\n"
	}
	if imevent.PhaseOf(command) == imevent.Before {
		return "the gateway counted " + outcome + ": its policy answered, not the plugin; its log says why\n"
	}
	return "the gateway counted " + outcome + ": its log says why\n"
}
