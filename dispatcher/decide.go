package dispatcher

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// decide asks the handlers in order. Each sees the original body; a refusal ends
// the chain, partial refusals are merged, and where a handler has no answer the
// policy speaks in its place. Handlers share the budget: one that hangs leaves
// those behind it their part.
func (d *Dispatcher) decide(ctx context.Context, route *Route, cb sdk.Callback) Result {
	var chain chain
	for i := range route.targets {
		part, cancel := share(ctx, len(route.targets)-i)
		reply, err := d.consult(part, route.contract, &route.targets[i], cb, !chain.rewritten)
		cancel()
		if err != nil {
			outcome := outcomeOf(err)
			substitute := route.byPolicy(cb, outcome)
			substitute.Err = route.targets[i].blame(err)
			if route.onFailure == imevent.Deny || route.contract.Phase != imevent.Before {
				return substitute
			}
			chain.excuse(substitute)
			continue
		}
		if plain(reply) {
			chain.add(route.contract, reply, false)
			continue
		}
		refused, partial := route.contract.Refuses(cb, reply)
		if refused && !partial {
			return Result{Reply: reply, Outcome: OutcomeRejected, By: ByPlugin}
		}
		chain.add(route.contract, reply, partial)
	}
	return chain.result()
}

// share returns ctx with the next handler's part of the time that is left, where
// handlers is how many have not been asked yet.
func share(ctx context.Context, handlers int) (context.Context, context.CancelFunc) {
	deadline, bounded := ctx.Deadline()
	if handlers < 2 || !bounded {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Until(deadline)/time.Duration(handlers))
}

// chain gathers what the handlers of one callback have said so far.
type chain struct {
	reply     sdk.Reply
	answered  bool // reply is a handler's, not the policy's
	rewritten bool
	partial   bool
	failure   Outcome // the first one, or OutcomeOK
	err       error   // of that failure
}

// add takes in a handler's reply.
func (c *chain) add(contract *imevent.Contract, reply sdk.Reply, partial bool) {
	if c.answered {
		c.reply = contract.Merge(c.reply, reply)
	} else {
		c.reply = reply
	}
	c.answered = true
	c.partial = c.partial || partial
	c.rewritten = c.rewritten || contract.Rewrites(reply)
}

// excuse takes note of a failure that the policy allows to pass.
func (c *chain) excuse(substitute Result) {
	if !c.answered {
		c.reply = substitute.Reply
	}
	if c.failure == OutcomeOK {
		c.failure, c.err = substitute.Outcome, substitute.Err
	}
}

// result is the chain's answer. A failure shows even where the others answered:
// the decision was not taken as configured.
func (c *chain) result() Result {
	by := ByPlugin
	if !c.answered {
		by = ByPolicy
	}
	switch {
	case c.failure != OutcomeOK:
		return Result{Reply: c.reply, Outcome: c.failure, Err: c.err, By: by}
	case c.partial:
		return Result{Reply: c.reply, Outcome: OutcomeRejected, By: by}
	default:
		return Result{Reply: c.reply, Outcome: OutcomeOK, By: by}
	}
}
