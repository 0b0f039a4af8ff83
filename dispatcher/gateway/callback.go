package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// IDHeader is the header of every answer to a callback whose app and Sign hold. It
// names the callback as the inbox, the log and the plugins do.
const IDHeader = "Switchhook-Callback-Id"

// exchange is one callback on its way through the gateway.
type exchange struct {
	gateway *Gateway
	w       http.ResponseWriter
	r       *http.Request
	cb      sdk.Callback
	trusted bool // app and Sign hold
	signed  bool // a Sign was asked for
	begun   bool // the response is being written
	trace   trace
	ctx     context.Context //nolint:containedctx // what the callback is answered in, also once its answer has panicked
}

// serveCallback takes a request to the callback path through the checks, in the
// order that the package's doc states.
func (g *Gateway) serveCallback(w http.ResponseWriter, r *http.Request) {
	x := exchange{gateway: g, w: w, r: r, ctx: r.Context()}
	x.cb.ReceivedAt = g.options.Now()
	defer x.trace.end() // after the rescue
	defer x.rescue()

	q, ok := readQuery(r.URL.RawQuery)
	switch {
	case !ok:
		g.forbid(w, r, authBadQuery)
	case q.probes():
		if failure := g.probe(w, r, &q); failure != authOK {
			g.forbid(w, r, failure)
		}
	default:
		x.admit(&q)
	}
}

// probe answers the console's probe, or leaves the answer to the caller when the
// Sign is no app's.
func (g *Gateway) probe(w http.ResponseWriter, r *http.Request, q *query) authFailure {
	failure := checkSign(g.apps.Load().tokens, q, g.options.Now(), g.options.SignWindow, g.metrics.skew)
	if failure == authOK {
		g.metrics.probes.Inc()
		g.metrics.answered(r.Method, http.StatusOK)
		g.replies.acknowledge(w)
	}
	return failure
}

// admit checks app, Sign and command, and goes on to the body.
func (x *exchange) admit(q *query) {
	g := x.gateway
	app, failure := g.apps.Load().admit(q, x.cb.ReceivedAt, g.options.SignWindow, g.metrics.skew)
	if failure != authOK {
		g.forbid(x.w, x.r, failure)
		return
	}
	if !plausible(q.command) {
		g.warnCommand(x.ctx, app.id, q.command)
		g.reject(x.w, x.r, rejectCommand)
		return
	}
	x.trusted, x.signed = true, !app.open
	x.cb.ID = newID(x.cb.ReceivedAt)
	x.w.Header()[IDHeader] = []string{x.cb.ID}
	x.cb.Command, x.cb.AppID = q.command, app.id
	x.cb.ClientIP, x.cb.Platform = q.clientIP, q.platform
	x.cb.Attempt, x.cb.Purpose = 1, sdk.Live
	x.begin()
	x.handle()
}

// handle reads the body and has the callback answered.
func (x *exchange) handle() {
	g := x.gateway
	body, held, rejected := g.readBody(x.w, x.r)
	defer g.budget.giveBack(held)
	x.cb.Body = body
	if rejected == accepted {
		rejected = x.inspect()
	}
	if rejected != accepted {
		x.decline(rejected)
		return
	}
	x.cb.Key = g.options.Key(x.cb)
	x.answer(g.options.Dispatch(x.ctx, x.cb))
}

// inspect looks into the body as far as the gateway has to.
func (x *exchange) inspect() rejection {
	env, rejected := x.gateway.bodies.read(x.cb.Body, x.cb.Command)
	if rejected != accepted {
		return rejected
	}
	if env.named && !env.agrees {
		x.gateway.metrics.mismatches.Inc()
		if x.gateway.options.StrictCommand {
			return rejectMismatch
		}
	}
	return accepted
}

// decline answers a callback that cannot reach a plugin: by policy where
// Tencent waits for a decision, else with a status.
func (x *exchange) decline(why rejection) {
	g := x.gateway
	result, decided := g.options.Decline(x.cb, why.outcome())
	if why != rejectInternal && result.Outcome != dispatcher.OutcomeBypassed { // what is internal was told of where it happened
		x.tell(slog.LevelWarn, why.String(), why.outcome(), result, nil)
	}
	if !decided || !g.writable(result) {
		x.begun = true
		x.trace.answered(why.status(), why.outcome())
		g.reject(x.w, x.r, why)
		x.observe(why.status(), why, result, g.replies.plain[why.status()].body)
		return
	}
	g.metrics.rejected[why].Inc()
	x.write(result, why)
}

// answer writes a result that can be written. One that cannot would make a body
// that Tencent does not understand, so it is as good as none.
func (x *exchange) answer(result dispatcher.Result) {
	if x.gateway.writable(result) {
		x.write(result, accepted)
		return
	}
	x.tell(slog.LevelError, "extra_not_an_object", dispatcher.OutcomeInternal, result, nil)
	x.decline(rejectInternal)
}

// tell writes the line of a callback that has failed here, in the context that it was
// answered in.
func (x *exchange) tell(level slog.Level, reason string, outcome dispatcher.Outcome, result dispatcher.Result, err error) {
	f := dispatcher.Failure{Callback: x.cb, Plugin: strings.Join(result.Plugins, ","), Outcome: outcome, Err: err}
	f.Log(x.ctx, x.gateway.log, level, slog.String("reason", reason))
}

// writable reports whether a result's Extra is a JSON object, if there is one.
// Unlike what comes from Tencent, what goes there is valid UTF-8.
func (g *Gateway) writable(result dispatcher.Result) bool {
	extra := result.Reply.Extra
	if len(extra) == 0 {
		return true
	}
	_, rejected := g.bodies.read(extra, "")
	return rejected == accepted && utf8.Valid(extra)
}

func (x *exchange) write(result dispatcher.Result, why rejection) {
	x.begun = true
	x.trace.answered(http.StatusOK, result.Outcome)
	x.gateway.metrics.answered(x.r.Method, http.StatusOK)
	x.gateway.replies.answer(x.w, result)
	x.observe(http.StatusOK, why, result, nil)
}
