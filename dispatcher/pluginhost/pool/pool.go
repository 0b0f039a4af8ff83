package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Pool is a plugin's place in the routing table: the handler that stays the same
// while processes behind it come and go.
//
// What is sent where is read from an immutable lineup, so that a callback takes no
// lock; who changes the lineup takes turns.
type Pool struct {
	name    string
	metrics *Metrics
	log     *slog.Logger
	down    error

	lineup atomic.Pointer[lineup]
	turn   atomic.Uint32
	routes atomic.Pointer[routes]
	room   *room
	single atomic.Bool // the plugin is to have one process

	quarantine *quarantine

	hoping sync.Mutex
	hopes  map[any]struct{}

	mu          sync.Mutex
	members     []member
	expected    bool
	generations uint64
}

// New returns a pool without processes, for a plugin of that name.
func New(name string, m *Metrics, log *slog.Logger) *Pool {
	p := &Pool{
		hopes:   make(map[any]struct{}),
		name:    name,
		metrics: m,
		log:     log.With("plugin", name),
		down:    &sdk.Fault{Kind: sdk.KindUnavailable, Err: unsentError{fmt.Errorf("plugin %s is not running", name)}},
		room:    newRoom(name),
	}
	p.quarantine = newQuarantine(name, m, p.log)
	p.lineup.Store(&lineup{changed: make(chan struct{})})
	p.Describe(nil)
	return p
}

// Handle has one of the processes answer cb. It waits for a place, bounded by the
// plugin's MaxWait, and for a process only when one is expected. Where nothing
// speaks against it, a call that is lost or slow gets one second attempt.
func (p *Pool) Handle(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	if err := p.quarantine.refuse(cb.ID); err != nil {
		return sdk.Reply{}, err
	}
	r := p.routes.Load().of(cb.Command)
	in, err := p.admit(ctx, r.gate, cb.Command, nil)
	if err != nil {
		return sdk.Reply{}, err
	}
	if r.repeatable && len(p.lineup.Load().pickable) > 1 {
		if limit, ok := slow(ctx); ok {
			return p.race(ctx, cb, r, in, limit)
		}
	}
	reply, err := p.try(ctx, cb, r.gate, in)
	if err != nil {
		return p.again(ctx, cb, r, in, err)
	}
	return reply, nil
}

// Busiest returns how many calls the plugin has of the command of which it has the
// most, and how many of one command it may have.
func (p *Pool) Busiest() (held, limit int64) {
	rs := p.routes.Load()
	held = rs.other.held.Load()
	for _, r := range rs.commands {
		held = max(held, r.gate.held.Load())
	}
	return held, p.room.places.Load()
}

// admit takes a place of g for the call and has it enter a process, another one
// than except.
func (p *Pool) admit(ctx context.Context, g *gate, command string, except *Intake) (*Intake, error) {
	w := waiting{pool: p, gate: g}
	defer w.end()
	for {
		if !g.enter(ctx) {
			p.metrics.rejected(p.name, g.command)
			return nil, g.full(command)
		}
		if in := p.enter(except); in != nil {
			w.served = true
			return in, nil
		}
		g.leave()
		if err := w.wait(ctx, except); err != nil {
			return nil, err
		}
	}
}

// enter enters the process that has the fewest calls, or returns nil when there is
// none.
func (p *Pool) enter(except *Intake) *Intake {
	for {
		l := p.lineup.Load()
		in := l.pick(&p.turn, except)
		if in != nil && in.enter() {
			return in
		}
		if in == nil && l == p.lineup.Load() {
			return nil
		}
		// Retired between the pick and the entry, or another lineup.
	}
}

// try is one attempt with a process that the call has entered.
func (p *Pool) try(ctx context.Context, cb sdk.Callback, g *gate, in *Intake) (sdk.Reply, error) {
	reply, err := in.handle(ctx, cb, g)
	switch {
	case err == nil:
	case Lost(err):
		p.lose(in, suspect{cb.ID, cb.AppID, cb.Command})
	case errors.Is(err, wire.ErrDraining) && in.leaving.CompareAndSwap(false, true):
		p.log.WarnContext(ctx, "plugin process is about to end, though the gateway has not asked it to, and gets no more callbacks")
	}
	return reply, err
}
