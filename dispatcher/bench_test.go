package dispatcher_test

import (
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// The core's own share of a callback: lookup, limits, deadline, check, metrics.
func BenchmarkDispatch(b *testing.B) {
	d, err := dispatcher.New(dispatcher.Options{})
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
	cb := sdk.Callback{ID: "id", Command: blockAdd, AppID: appID, Body: []byte(`{}`)}
	b.ReportAllocs()
	for b.Loop() {
		cb.ReceivedAt = time.Now()
		if got := d.Dispatch(b.Context(), cb); got.Outcome != dispatcher.OutcomeOK {
			b.Fatal(got.Outcome)
		}
	}
}
