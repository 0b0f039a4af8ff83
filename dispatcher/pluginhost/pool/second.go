package pool

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Lost reports whether err, of [Pool.Handle], says that the process may have had the
// call when it died or its link broke. Only the link says unavailable; a plugin cannot.
func Lost(err error) bool {
	return sdk.KindOf(err) == sdk.KindUnavailable && !errors.Is(err, wire.ErrNotSent)
}

// unsentError marks the error of a call that found no process.
type unsentError struct{ error }

// Is makes it a [wire.ErrNotSent].
func (unsentError) Is(target error) bool { return target == wire.ErrNotSent }

// again makes the second attempt of a call that failed with err at in, where one
// is due. A fault that the plugin gave is an answer; a call that the plugin may
// have had is repeated only where that does no harm.
func (p *Pool) again(ctx context.Context, cb sdk.Callback, r route, in *Intake, err error) (sdk.Reply, error) {
	kind, unsent := sdk.KindOf(err), errors.Is(err, wire.ErrNotSent)
	reason, repeat := secondDied, r.repeatable && kind == sdk.KindUnavailable
	if unsent {
		reason, repeat = secondNotSent, kind == sdk.KindUnavailable || kind == sdk.KindOverloaded
	}
	if !repeat || ctx.Err() != nil {
		return sdk.Reply{}, err
	}
	if err := p.quarantine.refuse(cb.ID); err != nil {
		return sdk.Reply{}, err
	}
	// Overloaded, it can go where there is room, and else the answer stands; and what
	// ended the only process would end its successor.
	wait := unsent || !p.single.Load()
	if kind == sdk.KindOverloaded {
		wait = errors.Is(err, wire.ErrDraining)
	}
	other := p.another(ctx, cb, r.gate, in, wait)
	if other == nil {
		return sdk.Reply{}, err
	}
	if !unsent {
		cb = repeated(cb)
	}
	reply, err := p.try(ctx, cb, r.gate, other)
	outcome := secondAnswered
	if err != nil {
		outcome = secondFailed
	}
	p.metrics.second(p.name, reason, outcome)
	return reply, err
}

// race makes the first attempt, and a second one beside it when there is no answer
// within limit. The first good answer ends the other attempt; a failure waits for
// what the other one says. The call must have entered in.
func (p *Pool) race(ctx context.Context, cb sdk.Callback, r route, in *Intake, limit time.Duration) (sdk.Reply, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.gate.thrift.earn()
	var second attempt
	second.done.Add(1)
	timer := time.AfterFunc(limit, func() {
		defer second.done.Done()
		defer p.survive(&second)
		p.overtake(ctx, cb, r.gate, in, &second)
		if second.made && second.err == nil {
			cancel()
		}
	})
	reply, err := p.try(ctx, cb, r.gate, in)
	if timer.Stop() {
		if err != nil {
			return p.again(ctx, cb, r, in, err)
		}
		return reply, nil
	}
	if err == nil && second.decided.CompareAndSwap(false, true) {
		return reply, nil
	}
	second.done.Wait() // it ends with ctx at the latest
	switch {
	case !second.made && err != nil:
		return p.again(ctx, cb, r, in, err)
	case second.made && second.err == nil:
		return second.reply, nil
	default:
		return reply, err
	}
}

// attempt is the second one of a race.
type attempt struct {
	decided atomic.Bool // somebody has a good answer
	done    sync.WaitGroup
	made    bool
	reply   sdk.Reply
	err     error
}

// overtake makes the second attempt of a race where another process can take it, the
// command has a place to spare, and not too many were made of late: a plugin that is
// slow because it has too much to do is not given more.
func (p *Pool) overtake(ctx context.Context, cb sdk.Callback, g *gate, in *Intake, a *attempt) {
	if a.decided.Load() || ctx.Err() != nil {
		return
	}
	other := p.spare(g, in)
	if other == nil {
		return
	}
	a.made = true
	a.reply, a.err = p.try(ctx, repeated(cb), g, other)
	outcome := secondUnneeded
	switch {
	case a.err == nil && a.decided.CompareAndSwap(false, true):
		outcome = secondAnswered
	case !a.decided.Load():
		outcome = secondFailed
	}
	p.metrics.second(p.name, secondSlow, outcome)
}

// survive, deferred, makes a panic the second attempt's failure: it has a goroutine of
// its own, where nobody else would survive it. The value may quote a body.
func (p *Pool) survive(a *attempt) {
	if v := recover(); v != nil {
		p.log.Error("second attempt panicked", "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		a.err = fmt.Errorf("second attempt panicked in the gateway: %T", v)
	}
}

// spare enters another process than in for the second attempt at a slow call, or
// returns nil and counts what it was that kept it from that, unless there is no other
// process.
func (p *Pool) spare(g *gate, in *Intake) *Intake {
	if !g.thrift.spend(g.room.places.Load()) {
		p.metrics.withhold(p.name, withheldBudget)
		return nil
	}
	if !g.trySpare() {
		g.thrift.refund()
		p.metrics.withhold(p.name, withheldPlaces)
		return nil
	}
	other := p.enter(in)
	if other == nil {
		g.leave()
		g.thrift.refund()
	}
	return other
}

// another enters another process than in, or returns nil: what keeps it from that says
// less than why the first attempt failed.
func (p *Pool) another(ctx context.Context, cb sdk.Callback, g *gate, in *Intake, wait bool) *Intake {
	if !wait {
		return p.enterNow(g, in)
	}
	other, err := p.admit(ctx, g, cb.Command, in)
	if err != nil {
		return nil
	}
	return other
}

// enterNow is admit without any wait; nil means that it cannot be.
func (p *Pool) enterNow(g *gate, except *Intake) *Intake {
	if !g.try() {
		return nil
	}
	in := p.enter(except)
	if in == nil {
		g.leave()
	}
	return in
}

// repeated is cb for a plugin that may have had it already.
func repeated(cb sdk.Callback) sdk.Callback {
	cb.Attempt = max(cb.Attempt+1, 2)
	cb.Redelivered = true
	return cb
}
