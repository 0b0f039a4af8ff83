package dispatcher

import (
	"context"
	"log/slog"
	"sync"

	"github.com/switchhook/switchhook/sdk"
)

// inform tells every handler of an event, all at the same time. The event is
// handled when all of them have handled it.
func (d *Dispatcher) inform(ctx context.Context, route *Route, cb sdk.Callback) Result {
	if len(route.targets) == 1 { // the usual case needs no goroutine
		return informed(d.informOne(ctx, route, &route.targets[0], cb))
	}
	found := make([]error, len(route.targets))
	var all sync.WaitGroup
	for i := range route.targets {
		all.Go(func() { found[i] = d.informOne(ctx, route, &route.targets[i], cb) })
	}
	all.Wait()
	for _, err := range found {
		if err != nil {
			return informed(err)
		}
	}
	return informed(nil)
}

// informed is the answer to an event, where err is the first failure or nil.
func informed(err error) Result {
	if err != nil {
		return Result{Reply: notHandled(), Outcome: outcomeOf(err), Failed: true, Err: err}
	}
	return Result{Outcome: OutcomeOK, By: ByPlugin}
}

func (d *Dispatcher) informOne(ctx context.Context, route *Route, t *target, cb sdk.Callback) error {
	if _, err := d.consult(ctx, route.contract, t, cb, true); err != nil {
		return t.blame(err)
	}
	return nil
}

// store hands an event to the inbox; the answer promises that it is safe. What
// becomes of the plugins meanwhile is no matter.
func (d *Dispatcher) store(ctx context.Context, route *Route, cb sdk.Callback) Result {
	ctx, cancel := context.WithDeadline(ctx, cb.ReceivedAt.Add(AcceptTimeout))
	defer cancel()
	if err := d.accept(ctx, cb, route.info.Handlers); err != nil {
		outcome := outcomeOf(err)
		if outcome == OutcomeFailed {
			outcome = OutcomeInternal // no handler was asked
		}
		Failure{Callback: cb, Plugin: pluginsOf(route), Outcome: outcome, Err: err}.
			Log(ctx, d.log, slog.LevelError, slog.String("reason", "not_stored"))
		return Result{Reply: notHandled(), Outcome: outcome, Failed: true, Reason: "not_stored"}
	}
	return Result{Outcome: OutcomeAccepted}
}
