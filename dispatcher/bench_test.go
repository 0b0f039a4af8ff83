package dispatcher_test

import (
	"context"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// The core's own share of a callback: lookup, limits, deadline, check, metrics.
func BenchmarkDispatch(b *testing.B) {
	d := newBenchDispatcher(b, nil)
	cb := sdk.Callback{ID: "id", Command: blockAdd, AppID: appID, Body: []byte(`{}`)}
	b.ReportAllocs()
	for b.Loop() {
		cb.ReceivedAt = time.Now()
		if got := d.Dispatch(b.Context(), cb); got.Outcome != dispatcher.OutcomeOK {
			b.Fatal(got.Outcome)
		}
	}
}

// One attempt alone, with what it is counted and timed by: where nothing is traced,
// and where something could be and this callback is not. A sampled one has an
// exemplar to pay for.
func BenchmarkDeliver(b *testing.B) {
	for _, bm := range []struct {
		name string
		hook func(context.Context) string
		id   string
	}{{"untraced", nil, ""}, {"not sampled", traceID, ""}, {"sampled", traceID, "4bf92f3577b34da6a3ce929d0e0e4736"}} {
		b.Run(bm.name, func(b *testing.B) {
			d := newBenchDispatcher(b, bm.hook)
			cb := sdk.Callback{ID: "id", Command: blockAdd, AppID: appID, Body: []byte(`{}`)}
			ctx, cancel := context.WithTimeout(context.WithValue(b.Context(), sampled{}, bm.id), time.Hour)
			defer cancel()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Deliver(ctx, "one", cb); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func newBenchDispatcher(b *testing.B, traceID func(context.Context) string) *dispatcher.Dispatcher {
	b.Helper()
	d, err := dispatcher.New(dispatcher.Options{TraceID: traceID})
	if err != nil {
		b.Fatal(err)
	}
	table, err := d.Build(dispatcher.Blueprint{
		Apps:    []dispatcher.App{{ID: appID}},
		Plugins: []dispatcher.Plugin{plugin("one", blockAdd, answers(sdk.Reply{}))},
	})
	if err != nil {
		b.Fatal(err)
	}
	d.Swap(table)
	return d
}
