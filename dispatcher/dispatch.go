package dispatcher

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Dispatcher answers callbacks by the table of the moment. It is safe for
// concurrent use.
type Dispatcher struct {
	table   atomic.Pointer[Table]
	log     *slog.Logger
	metrics *metrics
	accept  AcceptFunc

	attempted func(Attempt)
}

// AcceptFunc stores a callback durably for each of the plugins and returns once
// it is safe: from then on its deliveries are the store's affair.
type AcceptFunc func(ctx context.Context, cb sdk.Callback, plugins []string) error

// Options are what a Dispatcher needs. The zero Options work.
type Options struct {
	// Logger gets a line for every callback that fails here, but for those of
	// [Dispatcher.Deliver] and [Dispatcher.Decline], of which the caller knows more. nil
	// discards them.
	Logger *slog.Logger
	// Registerer gets the core's metrics; nil keeps them to itself.
	Registerer prometheus.Registerer
	// Accept is what a durable route hands its callbacks to, under the route's
	// limits; its context ends [AcceptTimeout] after the callback's first byte, or
	// when the sender hangs up. nil says that the callback is safe, or was already.
	// Without it no route can be durable; with it, every event is whose reply Tencent
	// does not read, unless somebody says sync.
	Accept AcceptFunc
	// TraceID names the trace that a callback's context belongs to, so that its
	// durations become exemplars that lead to it; empty for a callback that is not
	// sampled, which then costs nothing. It is asked by many goroutines at once, for
	// every callback and every attempt. Nil means that nothing is traced.
	TraceID func(context.Context) string
	// Attempted is told of every attempt at a handler that has ended, by the goroutine
	// that made it, which waits. Nil tells nobody and costs nothing.
	Attempted func(Attempt)
}

// New returns a Dispatcher with an empty table, by which every callback is
// unrouted. The error is a metric that is already registered.
func New(o Options) (*Dispatcher, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	m, err := newMetrics(o.Registerer, o.TraceID)
	if err != nil {
		return nil, fmt.Errorf("register the dispatcher's metrics: %w", err)
	}
	d := &Dispatcher{log: o.Logger, metrics: m, accept: o.Accept, attempted: o.Attempted}
	d.table.Store(&Table{})
	if err := o.Registerer.Register(newTableMetrics(&d.table)); err != nil {
		return nil, fmt.Errorf("register the table's metrics: %w", err)
	}
	return d, nil
}

// Swap makes t the table that later callbacks are answered by. Callbacks already
// under way keep the route they started with. Calls to Build and Swap belong to
// one goroutine.
func (d *Dispatcher) Swap(t *Table) {
	d.table.Store(t)
	d.metrics.forget(t)
}

// Table returns the table of the moment.
func (d *Dispatcher) Table() *Table { return d.table.Load() }

// Result is the answer to a callback.
type Result struct {
	Reply   sdk.Reply
	Outcome Outcome
	// Failed asks for ActionStatus FAIL: an event was not handled, and Tencent
	// takes no harm from hearing so.
	Failed bool
	// Plugins are those that the callback is routed to, in their order. The slice
	// is the route's own and must not be changed.
	Plugins []string
	// Err says which plugin failed first, and how; nil where none did. It is for the
	// author of that plugin: its text may repeat what the plugin was sent.
	Err error
	// By is who the reply comes from.
	By Decider
	// Reason says why no handler was asked, where that is a failure: app_limit,
	// route_limit, no_handler or not_stored. Empty everywhere else.
	Reason string
}

// Dispatch answers cb within its route's budget, counted from cb.ReceivedAt. It
// always has an answer: where no handler gave one, the route's policy does.
func (d *Dispatcher) Dispatch(ctx context.Context, cb sdk.Callback) Result {
	app, route := d.table.Load().lookup(cb.AppID, cb.Command)
	if route == nil {
		return d.unrouted(app, cb)
	}
	route.metrics.inFlight.Inc()
	defer route.metrics.inFlight.Dec()
	result, done := route.bypassed(cb)
	if !done {
		result = d.answer(ctx, app, route, cb)
	}
	result.Plugins = route.info.Handlers
	d.count(ctx, app, route, cb, result.Outcome)
	return result
}

// Decline answers a callback of which the app and the Sign hold but which the
// caller cannot have dispatched, for what outcome says: its body cannot be read,
// or there is no room for it. A before-command is decided by its policy, since a
// refusal in HTTP would switch moderation off; for an event decided is false, and
// the caller says in HTTP what is wrong.
func (d *Dispatcher) Decline(cb sdk.Callback, outcome Outcome) (result Result, decided bool) {
	app, route := d.table.Load().lookup(cb.AppID, cb.Command)
	if route == nil {
		contract := imevent.ContractOf(cb.Command)
		d.countUnrouted(app, outcome)
		return Result{Reply: contract.Allow(cb), Outcome: outcome}, contract.Phase == imevent.Before
	}
	if result, decided = route.bypassed(cb); decided {
		result.Plugins = route.info.Handlers
		d.count(context.Background(), app, route, cb, result.Outcome)
		return result, true
	}
	d.count(context.Background(), app, route, cb, outcome) // no example of anything: it was not dispatched
	if route.contract.Phase != imevent.Before {
		return Result{Outcome: outcome, Failed: true, Plugins: route.info.Handlers}, false
	}
	result = route.byPolicy(cb, outcome)
	result.Plugins = route.info.Handlers
	return result, true
}

// answer runs the route, with its limits and its deadline.
func (d *Dispatcher) answer(ctx context.Context, app *appRoutes, route *Route, cb sdk.Callback) Result {
	if !app.limit.enter(app.kept(route)) {
		return d.giveUp(ctx, route, cb, OutcomeOverloaded, "app_limit")
	}
	defer app.limit.leave()
	if !route.limit.enter(0) {
		return d.giveUp(ctx, route, cb, OutcomeOverloaded, "route_limit")
	}
	defer route.limit.leave()
	if cb.ReceivedAt.IsZero() {
		cb.ReceivedAt = time.Now()
	}
	if route.mode == ModeDurable && len(route.info.Handlers) > 0 { // also of plugins that are not there, or not yet
		return d.store(ctx, route, cb)
	}
	ctx, cancel := context.WithDeadline(ctx, cb.ReceivedAt.Add(route.timeout))
	defer cancel()
	switch {
	case len(route.targets) == 0:
		return d.giveUp(ctx, route, cb, OutcomeUnavailable, "no_handler")
	case waitedFor(route.contract):
		return d.decide(ctx, route, cb)
	default:
		return d.inform(ctx, route, cb)
	}
}

// keptForDecisions is the part of an app's places that events leave to those whose
// answer Tencent waits for: events of two commands alone can fill all of them.
const keptForDecisions = 4

// kept returns how many of the app's places a callback of the route leaves free.
func (a *appRoutes) kept(r *Route) int64 {
	if waitedFor(r.contract) {
		return 0
	}
	return a.limit.max / keptForDecisions
}

// giveUp answers a callback that no handler was asked about.
func (d *Dispatcher) giveUp(ctx context.Context, route *Route, cb sdk.Callback, outcome Outcome, reason string) Result {
	Failure{Callback: cb, Plugin: pluginsOf(route), Outcome: outcome}.Log(ctx, d.log, slog.LevelWarn, slog.String("reason", reason))
	result := route.byPolicy(cb, outcome)
	result.Reason = reason
	return result
}

// byPolicy answers cb as the route's policy wants and counts that it had to.
func (r *Route) byPolicy(cb sdk.Callback, outcome Outcome) Result {
	if r.contract.Phase != imevent.Before {
		return Result{Reply: notHandled(), Outcome: outcome, Failed: true}
	}
	r.metrics.defaulted.inc(outcome)
	return Result{Reply: r.answerOf(cb, r.onFailure), Outcome: outcome, By: ByPolicy}
}

// notHandled is the reply to an event that nobody handled. Its text is fixed:
// what went wrong is the operator's to know.
func notHandled() sdk.Reply { return sdk.Reply{Code: 1, Info: "not handled"} }

// unrouted answers a command that nobody claims: OK, for Tencent sends new
// commands unasked, and a failure would only hide among real ones.
func (d *Dispatcher) unrouted(app *appRoutes, cb sdk.Callback) Result {
	d.countUnrouted(app, OutcomeUnrouted)
	contract := imevent.ContractOf(cb.Command)
	if contract.Phase != imevent.Before {
		return Result{Outcome: OutcomeUnrouted}
	}
	return Result{Reply: contract.Allow(cb), Outcome: OutcomeUnrouted}
}

func (d *Dispatcher) countUnrouted(app *appRoutes, outcome Outcome) {
	d.metrics.other.callbacks.inc(outcome)
	if app != nil {
		app.outcomes.inc(outcome)
	}
}

func (d *Dispatcher) count(ctx context.Context, app *appRoutes, route *Route, cb sdk.Callback, outcome Outcome) {
	route.metrics.callbacks.inc(outcome)
	app.outcomes.inc(outcome)
	if !cb.ReceivedAt.IsZero() {
		route.metrics.duration.observe(ctx, time.Since(cb.ReceivedAt))
	}
}
