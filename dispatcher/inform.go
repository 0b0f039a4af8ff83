package dispatcher

import (
	"context"
	"sync"

	"github.com/switchhook/switchhook/sdk"
)

// inform tells every handler of an event, all at the same time. The event is
// handled when all of them have handled it.
func (d *Dispatcher) inform(ctx context.Context, route *Route, cb sdk.Callback) Result {
	failure := OutcomeOK
	if len(route.targets) == 1 { // the usual case needs no goroutine
		failure = d.informOne(ctx, route, &route.targets[0], cb)
	} else {
		found := make([]Outcome, len(route.targets))
		var all sync.WaitGroup
		for i := range route.targets {
			all.Go(func() { found[i] = d.informOne(ctx, route, &route.targets[i], cb) })
		}
		all.Wait()
		for _, outcome := range found {
			if outcome != OutcomeOK {
				failure = outcome
				break
			}
		}
	}
	if failure != OutcomeOK {
		return Result{Reply: notHandled(), Outcome: failure, Failed: true}
	}
	return Result{Outcome: OutcomeOK}
}

func (d *Dispatcher) informOne(ctx context.Context, route *Route, t *target, cb sdk.Callback) Outcome {
	if _, err := d.attempt(ctx, route.contract, t, cb, true); err != nil {
		return outcomeOf(err)
	}
	return OutcomeOK
}

// store hands an event to the inbox; the answer promises that it is safe.
func (d *Dispatcher) store(ctx context.Context, route *Route, cb sdk.Callback) Result {
	if err := d.accept(ctx, cb, route.info.Handlers); err != nil {
		outcome := outcomeOf(err)
		d.log.ErrorContext(ctx, "callback not stored", "id", cb.ID, "app", cb.AppID, "command", cb.Command, "outcome", outcome.String(), "err", err)
		return Result{Reply: notHandled(), Outcome: outcome, Failed: true}
	}
	return Result{Outcome: OutcomeAccepted}
}
