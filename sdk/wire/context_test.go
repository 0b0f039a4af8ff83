package wire_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// inHandler runs look inside a handler that was called by stream with ctx.
func inHandler(t *testing.T, ctx context.Context, look func(ctx context.Context)) { //nolint:revive // t first, as in all tests
	t.Helper()
	e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		look(ctx)
		return sdk.Reply{}, nil
	}, wire.ClientOptions{})
	if _, err := e.client.Handle(ctx, event(afterCommand)); err != nil {
		t.Error(err)
	}
}

func TestContextOfACall(t *testing.T) {
	t.Parallel()

	t.Run("has no deadline when the caller has none", func(t *testing.T) {
		t.Parallel()
		inHandler(t, context.Background(), func(ctx context.Context) {
			if deadline, ok := ctx.Deadline(); ok {
				t.Errorf("deadline = %s", deadline)
			}
			if ctx.Err() != nil {
				t.Error(ctx.Err())
			}
		})
	})

	t.Run("ends when the handler returns", func(t *testing.T) {
		t.Parallel()
		var untouched, watched context.Context
		var done <-chan struct{}
		for _, kept := range []*context.Context{&untouched, &watched} {
			inHandler(t, context.Background(), func(ctx context.Context) {
				*kept = ctx
				if kept == &watched {
					done = ctx.Done()
				}
			})
		}
		<-done
		<-untouched.Done()
		if !errors.Is(untouched.Err(), context.Canceled) || !errors.Is(watched.Err(), context.Canceled) {
			t.Errorf("err = %v, %v", untouched.Err(), watched.Err())
		}
	})

	t.Run("ends those derived from it", func(t *testing.T) {
		t.Parallel()
		var child context.Context
		inHandler(t, context.Background(), func(ctx context.Context) {
			var cancel context.CancelFunc
			child, cancel = context.WithCancel(ctx)
			context.AfterFunc(t.Context(), cancel)
		})
		<-child.Done()
		if !errors.Is(context.Cause(child), context.Canceled) {
			t.Errorf("cause = %v", context.Cause(child))
		}
	})

	t.Run("has a deadline also when nobody watches it", func(t *testing.T) {
		t.Parallel()
		e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
			for ctx.Err() == nil { // looks without Done on purpose
				runtime.Gosched()
			}
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) && !errors.Is(ctx.Err(), context.Canceled) {
				t.Errorf("err = %v", ctx.Err())
			}
			<-ctx.Done()
			return sdk.Reply{}, nil
		}, wire.ClientOptions{})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		// Which end notices first is open, and so is what the caller gets.
		_, _ = e.client.Handle(ctx, event(afterCommand))
		until(t, "the handler has returned", func() bool { return e.client.InFlight() == 0 })
	})

	t.Run("ends when the link breaks", func(t *testing.T) {
		t.Parallel()
		entered, ended := make(chan struct{}), make(chan struct{})
		e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
			close(entered)
			<-ctx.Done()
			close(ended)
			return sdk.Reply{}, nil
		}, wire.ClientOptions{})
		go func() { _, _ = e.client.Handle(context.Background(), event(afterCommand)) }()
		<-entered
		if err := e.client.Close(); err != nil {
			t.Error(err)
		}
		<-ended
	})
}
