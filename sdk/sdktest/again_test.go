package sdktest_test

import (
	"context"
	"slices"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

func TestACallbackThatComesAgainIsTheSameOne(t *testing.T) {
	t.Parallel()
	var seen []sdk.Callback // one after the other: each is answered before the next
	var mux sdk.Mux
	mux.HandleAny(blocked, sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		seen = append(seen, cb)
		return sdk.Reply{}, nil
	}))
	link := sdktest.Start(t, serve.Plugin{Name: "again", Mux: &mux, Accepts: []sdk.Purpose{sdk.Replay, sdk.DryRun}})
	first := link.Decide(t, blocked, nil).Acknowledged()
	second := link.Again(t, first, sdk.Live).Acknowledged()
	link.Again(t, second, sdk.Replay).Acknowledged()
	link.Again(t, first, sdk.DryRun).Acknowledged()
	link.Decide(t, blocked, nil).Acknowledged()

	if len(seen) != 5 {
		t.Fatalf("%d callbacks, want 5", len(seen))
	}
	for i, cb := range seen[:4] {
		if cb.ID != seen[0].ID || cb.Key != seen[0].Key || !cb.ReceivedAt.Equal(seen[0].ReceivedAt) || !slices.Equal(cb.Body, seen[0].Body) {
			t.Errorf("number %d is another one: %+v", i, cb)
		}
		attempt, as := []int{1, 2, 3, 1}[i], []sdk.Purpose{sdk.Live, sdk.Live, sdk.Replay, sdk.DryRun}[i]
		if cb.Attempt != attempt || cb.Redelivered != (attempt > 1) || cb.Purpose != as {
			t.Errorf("number %d: attempt %d, redelivered %t, as %s", i, cb.Attempt, cb.Redelivered, cb.Purpose)
		}
	}
	if other := seen[4]; other.ID == seen[0].ID || other.Key != seen[0].Key {
		t.Errorf("another callback with the same body: id %q key %q", other.ID, other.Key)
	}
}

func TestSendGivesTheKeyThatTheGatewayWouldGive(t *testing.T) {
	t.Parallel()
	var seen sdk.Callback
	sender := sdktest.Handler(sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		seen = cb
		return sdk.Reply{}, nil
	}))
	sender.Decide(t, blocked, nil).Acknowledged()
	if want, _ := imevent.ContractOf(blocked).Key(seen); seen.Key == "" || seen.Key != want {
		t.Errorf("key %q, want %q", seen.Key, want)
	}
}

func TestAPluginIsNotAskedForAPurposeThatItDoesNotAccept(t *testing.T) {
	t.Parallel()
	link := sdktest.Start(t, answering(blocked, sdk.Reply{}, nil))
	first := link.Decide(t, blocked, nil).Acknowledged()
	link.Again(t, first, sdk.Replay).Failed(sdk.KindUnsupported)
	link.Again(t, first, sdk.DryRun).Failed(sdk.KindUnsupported)
}
