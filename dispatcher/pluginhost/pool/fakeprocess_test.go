package pool_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Commands by what may be done with them.
const (
	afterCommand  = "Sns.CallbackFriendAdd"
	beforeCommand = "Group.CallbackBeforeSendMsg"
)

// serveFunc is a plugin's handler. Its context ends with the call's, and when the
// process dies.
type serveFunc func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error)

// process is a plugin's process that is only a function. It keeps to the wire's
// rules about places.
type process struct {
	*pool.Intake

	serve serveFunc
	dead  chan struct{}
	die   func()
}

func newProcess(serve serveFunc) *process {
	p := &process{serve: serve, dead: make(chan struct{})}
	p.die = sync.OnceFunc(func() { close(p.dead) })
	p.Intake = pool.NewIntake(p, nil)
	return p
}

var (
	errDied = errors.New("the stream ended")
	errOwn  = errors.New("the plugin's own words")
)

// Broken is closed when the process has died.
func (p *process) Broken() <-chan struct{} { return p.dead }

// HandleIn has serve answer, as a process would: a caller who leaves ends nothing.
func (p *process) HandleIn(ctx context.Context, cb sdk.Callback, place wire.Place) (sdk.Reply, error) {
	select {
	case <-p.dead:
		place.Leave(false)
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: wire.ErrNotSent}
	default:
	}
	inside, cancel := context.WithCancel(ctx)
	var mu sync.Mutex // Abandon comes before Leave, or not at all
	through := false
	type answer struct {
		reply sdk.Reply
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer cancel()
		reply, err := p.serve(inside, cb)
		done <- answer{reply, err}
		mu.Lock()
		defer mu.Unlock()
		through = true
		place.Leave(!p.ended())
	}()
	select {
	case a := <-done:
		if p.ended() {
			return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: errDied}
		}
		return a.reply, a.err
	case <-p.dead:
		cancel()
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindUnavailable, Err: errDied}
	case <-ctx.Done():
		mu.Lock()
		defer mu.Unlock()
		if !through {
			place.Abandon()
		}
		return sdk.Reply{}, &sdk.Fault{Kind: sdk.KindTimeout, Err: ctx.Err()}
	}
}

func (p *process) ended() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// plain is a process without a second goroutine: for what happens within
// nanoseconds.
type plain struct {
	serve  serveFunc
	broken chan struct{}
}

func (p plain) Broken() <-chan struct{} { return p.broken }

func (p plain) HandleIn(ctx context.Context, cb sdk.Callback, place wire.Place) (sdk.Reply, error) {
	reply, err := p.serve(ctx, cb)
	if place != nil {
		place.Leave(true)
	}
	return reply, err
}

// newPlain returns the door of a plain process.
func newPlain(serve serveFunc) *pool.Intake {
	return pool.NewIntake(plain{serve, make(chan struct{})}, nil)
}

// hangs returns a process that holds every call until it dies.
func hangs() *process {
	var p *process
	p = newProcess(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		<-p.dead
		return sdk.Reply{}, errDied
	})
	return p
}

// replies returns a process that answers at once, with its name.
func replies(name string) *process {
	return newProcess(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{Info: name}, nil })
}

// fails returns a process that answers with err.
func fails(err error) *process {
	return newProcess(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, err })
}

// after has p answer no sooner than d.
func (p *process) after(d time.Duration) *process {
	serve := p.serve
	p.serve = func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		select {
		case <-time.After(d):
			return serve(ctx, cb)
		case <-ctx.Done():
			return sdk.Reply{}, ctx.Err()
		}
	}
	return p
}

// fixture is a pool with what it has logged and counted.
type fixture struct {
	*pool.Pool

	registry *prometheus.Registry
	log      *bytes.Buffer // read when all is quiet
}

func newFixture(tb testing.TB, members ...*process) *fixture {
	tb.Helper()
	f := &fixture{registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	p, err := pool.NewPool(f.registry, slog.New(slog.NewJSONHandler(f.log, nil)))
	if err != nil {
		tb.Fatal(err)
	}
	f.Pool = p
	for _, m := range members {
		p.Publish(m.Intake)
	}
	return f
}

// counted checks that the registry has the line.
func (f *fixture) counted(tb testing.TB, lines ...string) {
	tb.Helper()
	text, err := gather(f.registry)
	if err != nil {
		tb.Fatal(err)
	}
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			tb.Errorf("not counted: %s", line)
		}
	}
}

// gather renders the registry as text.
func gather(g prometheus.Gatherer) (string, error) {
	families, err := g.Gather()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// send has the pool handle cb, whatever comes of it.
func (f *fixture) send(ctx context.Context, cb sdk.Callback) {
	go func() { _, _ = f.Handle(ctx, cb) }()
}

// sendWithin has the pool answer a command within d, whatever comes of it.
func (f *fixture) sendWithin(tb testing.TB, d time.Duration, command string) {
	tb.Helper()
	go func() { _, _ = f.within(tb, d, command) }()
}

// within has the pool answer a command within d.
func (f *fixture) within(tb testing.TB, d time.Duration, command string) (sdk.Reply, error) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), d)
	defer cancel()
	return f.Handle(ctx, sdk.Callback{ID: "id", Command: command, Attempt: 1})
}

// wantKind checks the kind of an error.
func wantKind(tb testing.TB, err error, kind sdk.FaultKind) {
	tb.Helper()
	if err == nil || sdk.KindOf(err) != kind {
		tb.Errorf("got the error %v, want one of kind %s", err, kind)
	}
}
