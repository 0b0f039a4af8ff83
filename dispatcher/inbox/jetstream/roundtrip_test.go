package jetstream_test

import (
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestOthersAreToldAllThatWasCommitted(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s, other := gateway(t, h), gateway(t, h)
	told := make(chan store.Applied, 10)
	other.Watch(func(a store.Applied) { told <- a })
	at := time.Date(2026, 11, 28, 12, 0, 0, 123_456_000, time.UTC)
	e := store.Event{
		ID: "id\xff", Key: "键\x00'", Command: "C.d", AppID: "1", ClientIP: "::1", Platform: "\xc3(", ReceivedAt: at, Body: []byte{0, 0xff},
	}
	bare := store.Event{ID: "bare", ReceivedAt: at.Add(999).In(time.FixedZone("CST", 8*3600))}
	b := store.Batch{
		Appends: []store.Append{
			{Event: e, Plugins: []string{"a", "插件"}, Once: true},
			{Event: e, Plugins: []string{"a"}, Once: true},
			{Event: bare, Plugins: []string{"b"}},
		},
		Drops: []store.Drop{{Plugin: "插件", Seq: 1}, {Plugin: "a", Seq: 1}},
	}
	for _, state := range []store.State{store.Retry, store.Done, store.Dead} {
		for _, reason := range append(store.Reasons(), store.NoReason) {
			b.Results = append(b.Results, store.Result{
				Plugin: "a", Seq: 1, State: state, Attempts: 7, At: at, DueAt: at.Add(time.Hour), Reason: reason, Error: "not \xff valid",
			})
		}
	}
	for _, purpose := range []sdk.Purpose{sdk.Live, sdk.Replay, sdk.DryRun} {
		b.Requeues = append(b.Requeues, store.Requeue{Plugin: "a", Seq: 1, Purpose: purpose, Command: "C.d", OnlyNew: purpose == sdk.Replay})
	}
	must(t, s.Commit(t.Context(), &b))
	got := *(<-told).Batch
	b.Appends[2].Event.ReceivedAt = at
	same(t, "what another is told", b, got)
	if !b.Results[0].Changed || !b.Appends[1].Duplicate || b.Appends[2].Event.Seq != 2 {
		t.Errorf("the batch came to %+v", b)
	}
}
