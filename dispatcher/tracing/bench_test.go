package tracing_test

import (
	"context"
	"testing"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/tracing"
	"github.com/switchhook/switchhook/dispatcher/tracing/tracetest"
	"github.com/switchhook/switchhook/sdk"
)

// BenchmarkCallback is what tracing adds to a callback and its one attempt: nothing
// where it is off, and a string where it is on and the callback is not sampled.
func BenchmarkCallback(b *testing.B) {
	address := tracetest.New(nil).ServeGRPC(b)
	for _, mode := range []struct {
		name   string
		change func(*tracing.Options)
	}{
		{"off", func(*tracing.Options) {}},
		{"not sampled", func(o *tracing.Options) { o.Endpoint, o.Ratio = address, 0 }},
		{"sampled", to(address)},
	} {
		b.Run(mode.name, func(b *testing.B) {
			r := start(b, mode.change)
			handler := r.Handler("a", sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }))
			begin := r.Gateway()
			cb := callback(b, event)
			b.ReportAllocs()
			for b.Loop() {
				ctx := b.Context()
				var done func(int, dispatcher.Outcome)
				if begin != nil {
					ctx, done = begin(ctx, cb)
				}
				if _, err := handler.Handle(ctx, cb); err != nil {
					b.Fatal(err)
				}
				if done != nil {
					done(200, dispatcher.OutcomeOK)
				}
			}
		})
	}
}
