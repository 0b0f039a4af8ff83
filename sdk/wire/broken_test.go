package wire_test

import (
	"context"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestBrokenStreamMakesAllCallsUnavailableAtOnce(t *testing.T) {
	t.Parallel()
	var entered sync.WaitGroup
	entered.Add(3)
	e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		entered.Done()
		<-ctx.Done()
		return sdk.Reply{}, ctx.Err()
	}, wire.ClientOptions{})
	results := make(chan error, 3)
	for _, command := range []string{afterCommand, afterCommand, beforeCommand} {
		go func() {
			_, err := e.client.Handle(context.Background(), event(command))
			results <- err
		}()
	}
	entered.Wait()
	e.grpc.Stop()
	for range 3 {
		want(t, <-results, sdk.KindUnavailable)
	}
	<-e.client.Broken()
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	want(t, err, sdk.KindUnavailable)
	if e.client.Healthy(t.Context()) == nil {
		t.Error("a client with a broken stream says it is healthy")
	}
	if n := e.client.InFlight(); n != 0 {
		t.Errorf("in flight = %d", n)
	}
}

func TestCloseMakesCallsUnavailableAndCannotBeUndone(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{})
	e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		close(entered)
		<-ctx.Done()
		return sdk.Reply{}, ctx.Err()
	}, wire.ClientOptions{})
	result := make(chan error, 1)
	go func() {
		_, err := e.client.Handle(context.Background(), event(afterCommand))
		result <- err
	}()
	<-entered
	if err := e.client.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, <-result, sdk.KindUnavailable)
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	want(t, err, sdk.KindUnavailable)
}
