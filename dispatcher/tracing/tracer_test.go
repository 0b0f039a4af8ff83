package tracing_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing"
	"github.com/switchhook/switchhook/dispatcher/tracing/tracetest"
	"github.com/switchhook/switchhook/sdk"
)

// plugin is a handler that can be compared.
type plugin struct{ got *sdk.Callback }

func (p plugin) Handle(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
	*p.got = cb
	return sdk.Reply{}, nil
}

func TestSwitchedOffNothingIsWrapped(t *testing.T) {
	t.Parallel()
	r := start(t, func(*tracing.Options) {})
	var got sdk.Callback
	handler, log := plugin{&got}, slog.New(slog.DiscardHandler)
	if r.Gateway() != nil || r.Handler("a", handler) != sdk.Handler(handler) || r.Logger(log) != log {
		t.Error("something is wrapped")
	}
	if exported, dropped := r.counted(); exported != 0 || dropped != 0 {
		t.Errorf("%d exported, %d dropped", exported, dropped)
	}
	r.lint() // the series stand at 0
}

func TestSwitchedOffNothingIsAllocated(t *testing.T) { //nolint:paralleltest // allocations are counted over the whole process
	r := start(t, func(*tracing.Options) {})
	accept := func(context.Context, sdk.Callback, []string) error { return nil }
	deliver := func(context.Context, string, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }
	cb := callback(t, event)
	allocations := testing.AllocsPerRun(100, func() {
		_ = r.Accept(accept)(t.Context(), cb, nil)
		_, _ = r.Deliver(deliver)(t.Context(), "a", cb)
	})
	if allocations != 0 {
		t.Errorf("%g allocations a callback", allocations)
	}
}

// A callback that is not sampled tells its plugin so, and costs no span.
func TestThePartThatIsTraced(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	address := receiver.ServeGRPC(t)
	for _, test := range []struct {
		name            string
		ratio           float64
		least, greatest int
	}{
		{"none", 0, 0, 0},
		{"a quarter", 0.25, 350, 650}, // of 2000; seven standard deviations either way
		{"all", 1, 2000, 2000},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *tracing.Options) { o.Endpoint, o.Ratio = address, test.ratio })
			sampled := 0
			for range 2000 {
				if r.traced(callback(t, event)) {
					sampled++
				}
			}
			if sampled < test.least || sampled > test.greatest {
				t.Errorf("%d of 2000 are traced, want %d to %d", sampled, test.least, test.greatest)
			}
		})
	}
}

// traced takes a callback through the gateway and a delivery, and returns whether it is
// traced, by what its plugin gets.
func (r *rig) traced(cb sdk.Callback) bool {
	r.t.Helper()
	var live, later sdk.Callback
	r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
		_, _ = r.Handler("a", answers(&live, sdk.Reply{}, nil)).Handle(ctx, cb)
		return dispatcher.OutcomeOK
	})
	_, _ = r.Deliver(func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error) {
		return r.Handler(plugin, answers(&later, sdk.Reply{}, nil)).Handle(ctx, cb)
	})(context.Background(), "a", cb)
	sampled := make([]bool, 2)
	for i, text := range []string{live.Traceparent, later.Traceparent} {
		sc := trace.SpanContextFromContext(propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": text}))
		if !sc.IsValid() {
			r.t.Fatalf("the plugin gets %q", text)
		}
		if sampled[i] = sc.IsSampled(); !sampled[i] && sc.TraceID().String() != hex(cb) {
			r.t.Fatalf("%s is not sampled, and its plugin gets %q", cb.ID, text)
		}
	}
	if sampled[0] != sampled[1] {
		r.t.Fatalf("of %s the plugin gets %q, and later %q", cb.ID, live.Traceparent, later.Traceparent)
	}
	return sampled[0]
}

// Whatever is no id of the gateway's is let through as it is.
func TestAnIDThatIsNoUUIDIsNotTraced(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := start(t, to(receiver.ServeGRPC(t)))
	for _, id := range []string{"", "sdktest-1", strings.Repeat("-", 36), strings.Repeat("0", 36), "01a21fdd-1bb5-7756-0000-00000000000g", "00000000-0000-0000-0000-000000000000"} {
		var got sdk.Callback
		cb := sdk.Callback{ID: id, Command: event}
		r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
			_, _ = r.Handler("a", answers(&got, sdk.Reply{}, nil)).Handle(ctx, cb)
			return dispatcher.OutcomeOK
		})
		if got.Traceparent != "" {
			t.Errorf("of %q the plugin gets %q", id, got.Traceparent)
		}
	}
	r.close(t.Context())
	if spans := receiver.Spans(); len(spans) != 0 {
		t.Errorf("spans %+v", spans)
	}
}

func TestLinesOfATracedCallbackNameItsTrace(t *testing.T) {
	t.Parallel()
	receiver := tracetest.New(nil)
	r := start(t, to(receiver.ServeGRPC(t)))
	lines := &journal{}
	log := r.Logger(slog.New(slog.NewJSONHandler(lines, nil))).With("room", "test")
	log.InfoContext(t.Context(), "outside")
	cb := callback(t, event)
	r.pass(cb, http.StatusOK, func(ctx context.Context) dispatcher.Outcome {
		log.InfoContext(ctx, "inside", "id", cb.ID)
		if got := tracing.TraceID(ctx); got != hex(cb) {
			t.Errorf("TraceID = %q, want %q", got, hex(cb))
		}
		return dispatcher.OutcomeOK
	})
	if got := tracing.TraceID(t.Context()); got != "" {
		t.Errorf("outside of a span TraceID = %q", got)
	}
	if _, has := lines.lines("outside")[0]["trace_id"]; has {
		t.Error("a line outside of a span has a trace id")
	}
	if inside := lines.lines("inside")[0]; inside["trace_id"] != hex(cb) || inside["room"] != "test" || inside["id"] != cb.ID {
		t.Errorf("the line is %v", inside)
	}
}
