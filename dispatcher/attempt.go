package dispatcher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// errTwoRewrites is why a second handler's rewrite is not sent.
var errTwoRewrites = errors.New("an earlier handler has rewritten the operation already")

// blame says whose failure err is.
func (t *target) blame(err error) error { return fmt.Errorf("plugin %s: %w", t.plugin, err) }

// consult is attempt for a callback whose sender waits: a failure is told of at once.
func (d *Dispatcher) consult(ctx context.Context, contract *imevent.Contract, t *target, cb sdk.Callback, mayRewrite bool) (sdk.Reply, error) {
	reply, err := d.attempt(ctx, contract, t, cb, mayRewrite)
	if err != nil {
		FailureOf(cb, t.plugin, err).Log(ctx, d.log, slog.LevelError)
	}
	return reply, err
}

// attempt asks one handler once: the only place where a handler is called. A
// reply that Tencent would misread is an error here, so that it is never sent. Whoever
// calls it has a failure logged.
func (d *Dispatcher) attempt(ctx context.Context, contract *imevent.Contract, t *target, cb sdk.Callback, mayRewrite bool) (sdk.Reply, error) {
	began := time.Now()
	reply, err := d.ask(ctx, contract, t, cb, mayRewrite)
	outcome := attemptOutcome(contract, cb, reply, err)
	t.metrics.took.observe(ctx, time.Since(began))
	t.metrics.deliveries.inc(outcome)
	d.tell(t.plugin, &cb, began, outcome, err)
	if err != nil {
		return sdk.Reply{}, err
	}
	return reply, nil
}

// attemptOutcome is what an attempt counts as.
func attemptOutcome(contract *imevent.Contract, cb sdk.Callback, reply sdk.Reply, err error) Outcome {
	if err != nil {
		return outcomeOf(err)
	}
	if plain(reply) {
		return OutcomeOK
	}
	if refused, partial := contract.Refuses(cb, reply); refused || partial {
		return OutcomeRejected
	}
	return OutcomeOK
}

// ask calls the handler and looks at its reply, and survives a panic of either.
func (d *Dispatcher) ask(ctx context.Context, contract *imevent.Contract, t *target, cb sdk.Callback, mayRewrite bool) (reply sdk.Reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			reply, err = sdk.Reply{}, Panicked(p)
		}
	}()
	reply, err = t.handler.Handle(ctx, cb)
	if err == nil {
		err = inspect(contract, cb, reply, mayRewrite)
	}
	return reply, err
}

// inspect returns a bad reply's fault, or nil.
func inspect(contract *imevent.Contract, cb sdk.Callback, reply sdk.Reply, mayRewrite bool) error {
	if err := contract.Check(cb, reply); err != nil {
		return &sdk.Fault{Kind: sdk.KindBadReply, Err: fmt.Errorf("check the reply: %w", err)}
	}
	if !mayRewrite && contract.Rewrites(reply) {
		return &sdk.Fault{Kind: sdk.KindBadReply, Err: errTwoRewrites}
	}
	return nil
}

// plain reports whether a reply is the OK that nearly all replies are.
func plain(r sdk.Reply) bool { return r.Code == 0 && r.Extra == nil }
