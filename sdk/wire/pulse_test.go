package wire_test

import (
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestHeartbeatIsSeenWithoutAnyCall(t *testing.T) {
	t.Parallel()
	e := connect(t, wire.Service{Handler: sdk.HandlerFunc(echo)}, wire.ClientOptions{})
	if !e.client.Heartbeat().IsZero() {
		t.Error("a heartbeat before the first sign of life")
	}
	if err := e.client.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	first := e.client.Heartbeat()
	if first.IsZero() {
		t.Error("Open returned before the first heartbeat")
	}
	if first == first.Round(0) { //nolint:staticcheck // with the reading of the monotonic clock, which Round strips
		t.Error("a step of the system's clock would move the heartbeat")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !e.client.Heartbeat().After(first.Add(wire.HeartbeatInterval / 2)) {
		select {
		case <-tick.C:
		case <-time.After(time.Minute):
			t.Fatal("no second heartbeat")
		}
	}
}

func TestHeartbeatIsThatOfTheStreamThatIsSilentForLonger(t *testing.T) {
	t.Parallel()
	// Its streams say nothing between the first heartbeat and the first answer.
	client := (&fakePlugin{
		description: &wirepb.DescribeResponse{Capabilities: []string{wire.CapabilityStream, wire.CapabilityMetrics}},
		metrics:     []byte{},
	}).connect(t, wire.ClientOptions{})
	first := client.Heartbeat()
	if _, err := client.Handle(t.Context(), event(afterCommand)); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CollectMetrics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := client.Heartbeat(); !now.Equal(first) {
		t.Errorf("the lane of decisions was silent, and the heartbeat is %s later", now.Sub(first))
	}
	if _, err := client.Handle(t.Context(), event(beforeCommand)); err != nil {
		t.Fatal(err)
	}
	if !client.Heartbeat().After(first) {
		t.Error("both lanes have spoken, and the heartbeat is as it was")
	}
}
