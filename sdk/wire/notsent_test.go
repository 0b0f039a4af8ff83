package wire_test

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// sent fails the test unless err says whether the plugin can have got the call.
func sent(t *testing.T, err error, may bool) {
	t.Helper()
	if got := !errors.Is(err, wire.ErrNotSent); got != may {
		t.Errorf("err = %v, says that the plugin may have got the call: %t, want %t", err, got, may)
	}
}

func TestBreakTellsWhatWasSent(t *testing.T) {
	t.Parallel()
	client, _, _ := stalled(t, wire.ClientOptions{})
	const calls = 8
	var seats [calls]seat
	results := make([]chan error, calls)
	for i := range calls {
		results[i] = make(chan error, 1)
		cb := sdk.Callback{ID: strconv.Itoa(i), Command: afterCommand, Body: make([]byte, 1<<20)}
		go func() {
			_, err := client.HandleIn(context.Background(), cb, &seats[i])
			results[i] <- err
		}()
		until(t, "it is under way", func() bool { return client.InFlight() == i+1 })
	}
	until(t, "the writer waits with the second", func() bool { return len(client.Unanswered()) == 2 })
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range calls {
		err := <-results[i]
		want(t, err, sdk.KindUnavailable)
		sent(t, err, i < 2)
		seats[i].wants(t, "left")
	}
	if diff := cmp.Diff([]string{"0", "1"}, unanswered(client)); diff != "" {
		t.Errorf("unanswered: %s", diff)
	}
	var late seat
	_, err := client.HandleIn(t.Context(), event(afterCommand), &late)
	want(t, err, sdk.KindUnavailable)
	sent(t, err, false)
	late.wants(t, "left")
}

func TestCallGivenUpInTheQueueWasNotSent(t *testing.T) {
	t.Parallel()
	client, _, _ := stalled(t, wire.ClientOptions{QueueFrames: 4})
	fill(t, client)
	until(t, "the writer waits", func() bool { return len(client.Unanswered()) == 2 })
	ctx, cancel := context.WithCancel(t.Context())
	var seats [4]seat
	results := make(chan error, len(seats))
	for i := range seats {
		go func() {
			_, err := client.HandleIn(ctx, event(afterCommand), &seats[i])
			results <- err
		}()
	}
	until(t, "all are queued", func() bool { return client.InFlight() == 2+len(seats) })
	var refused seat
	_, err := client.HandleIn(t.Context(), event(afterCommand), &refused)
	want(t, err, sdk.KindOverloaded)
	sent(t, err, false)
	refused.wants(t, "left")
	cancel()
	for range seats {
		err := <-results
		want(t, err, sdk.KindTimeout)
		sent(t, err, false)
	}
	for i := range seats {
		seats[i].wants(t, "left")
	}
	if n := client.InFlight(); n != 2 {
		t.Errorf("in flight = %d, want the two that were sent", n)
	}
}

func TestCallWithoutRoomWasNotSent(t *testing.T) {
	t.Parallel()
	client, _, _ := stalled(t, wire.ClientOptions{MaxInFlight: 2})
	fill(t, client)
	var place seat
	_, err := client.HandleIn(t.Context(), event(afterCommand), &place)
	want(t, err, sdk.KindOverloaded)
	sent(t, err, false)
	place.wants(t, "left")
}
