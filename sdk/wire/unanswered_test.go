package wire_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// unanswered is Unanswered in a fixed order.
func unanswered(client *wire.Client) []string {
	return slices.Sorted(slices.Values(client.Unanswered()))
}

func TestUnansweredAreThoseThatThePluginHas(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 3)
	free := make(chan struct{})
	defer close(free)
	e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Body != nil {
			entered <- struct{}{}
			<-free
		}
		return sdk.Reply{}, nil
	}, wire.ClientOptions{})
	results := make(chan error, 3)
	call := func(ctx context.Context, id, command string) {
		_, err := e.client.Handle(ctx, sdk.Callback{ID: id, Command: command, Body: []byte("stay")})
		results <- err
	}
	ctx, cancel := context.WithCancel(t.Context())
	go call(ctx, "abandoned", afterCommand)
	<-entered
	cancel()
	want(t, <-results, sdk.KindTimeout)
	go call(context.Background(), "event", afterCommand)
	go call(context.Background(), "decision", beforeCommand)
	<-entered
	<-entered
	if _, err := e.client.Handle(t.Context(), sdk.Callback{ID: "answered", Command: afterCommand}); err != nil {
		t.Fatal(err)
	}
	all := []string{"abandoned", "decision", "event"}
	if diff := cmp.Diff(all, unanswered(e.client)); diff != "" {
		t.Errorf("before the break: %s", diff)
	}
	_ = e.client.Close()
	for range 2 {
		err := <-results
		want(t, err, sdk.KindUnavailable)
		sent(t, err, true)
	}
	_, err := e.client.Handle(t.Context(), sdk.Callback{ID: "too late", Command: afterCommand})
	want(t, err, sdk.KindUnavailable)
	if diff := cmp.Diff(all, unanswered(e.client)); diff != "" {
		t.Errorf("after the break: %s", diff)
	}
}

func TestUnaryCallsThatLostTheirConnectionAreUnanswered(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 2)
	e := open(t, func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Body != nil {
			entered <- struct{}{}
			<-ctx.Done()
		}
		return sdk.Reply{}, nil
	}, wire.ClientOptions{Unary: true})
	results := make(chan error, 2)
	var seats [2]seat
	for i, id := range []string{"one", "two"} {
		go func() {
			_, err := e.client.HandleIn(context.Background(), sdk.Callback{ID: id, Body: []byte("stay")}, &seats[i])
			results <- err
		}()
		<-entered
	}
	if _, err := e.client.Handle(t.Context(), sdk.Callback{ID: "answered"}); err != nil {
		t.Fatal(err)
	}
	both := []string{"one", "two"}
	if diff := cmp.Diff(both, unanswered(e.client)); diff != "" {
		t.Errorf("under way: %s", diff)
	}
	e.grpc.Stop()
	for range both {
		err := <-results
		want(t, err, sdk.KindUnavailable)
		sent(t, err, true)
	}
	for i := range seats {
		seats[i].wants(t, "left")
	}
	until(t, "the socket is gone", func() bool {
		var place seat
		_, err := e.client.HandleIn(t.Context(), sdk.Callback{ID: "too late"}, &place)
		want(t, err, sdk.KindUnavailable)
		place.wants(t, "left")
		return errors.Is(err, wire.ErrNotSent)
	})
	if diff := cmp.Diff(both, unanswered(e.client)); diff != "" {
		t.Errorf("after the end: %s", diff)
	}
}

func TestAnswerShowsThatThePluginSurvivedWhatWasLost(t *testing.T) {
	t.Parallel()
	fake := &fakePlugin{options: []grpc.ServerOption{grpc.UnaryInterceptor(
		func(ctx context.Context, m any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			if call, ok := m.(*wirepb.HandleRequest); ok && call.GetId() == "lost" {
				return nil, status.Error(codes.Unavailable, "no connection")
			}
			return next(ctx, m)
		})}}
	client := fake.dial(t, wire.ClientOptions{Unary: true})
	_, err := client.Handle(t.Context(), sdk.Callback{ID: "lost"})
	want(t, err, sdk.KindUnavailable)
	sent(t, err, true)
	if diff := cmp.Diff([]string{"lost"}, unanswered(client)); diff != "" {
		t.Error(diff)
	}
	if _, err := client.Handle(t.Context(), sdk.Callback{ID: "answered"}); err != nil {
		t.Fatal(err)
	}
	if ids := client.Unanswered(); len(ids) > 0 {
		t.Errorf("unanswered = %v", ids)
	}
}
