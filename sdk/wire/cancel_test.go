package wire_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

func TestCancelReachesTheHandler(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			entered, ended := make(chan struct{}), make(chan error, 1)
			e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
				close(entered)
				<-ctx.Done()
				ended <- ctx.Err()
				return sdk.Reply{}, ctx.Err()
			}, options)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-entered
				cancel()
			}()
			_, err := e.client.Handle(ctx, event(afterCommand))
			want(t, err, sdk.KindTimeout)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the handler's context: %v", err)
			}
			until(t, "the place is free", func() bool { return e.client.InFlight() == 0 })
		})
	}
}

func TestDeadlineTravelsAndEndsTheWait(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			left := make(chan time.Duration, 1)
			e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
				deadline, _ := ctx.Deadline()
				left <- time.Until(deadline)
				<-ctx.Done()
				return sdk.Reply{}, ctx.Err()
			}, options)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			_, err := e.client.Handle(ctx, event(afterCommand))
			want(t, err, sdk.KindTimeout)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err = %v", err)
			}
			if d := <-left; d > 50*time.Millisecond {
				t.Errorf("the handler had %s", d)
			}
		})
	}
}

func TestContextThatHasEndedSendsNothing(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) {
				t.Error("the handler was called")
				return sdk.Reply{}, nil
			}, options)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := e.client.Handle(ctx, event(afterCommand))
			want(t, err, sdk.KindTimeout)
		})
	}
}

// lateTimer is a context whose deadline is over and whose timer has not fired
// yet, as happens when the plugin's fires first.
type lateTimer struct{ context.Context } //nolint:containedctx // this is a context

func (lateTimer) Deadline() (time.Time, bool) { return time.Now().Add(-time.Millisecond), true }

func TestFailureAfterTheDeadlineIsATimeout(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := open(t, func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
				<-ctx.Done()
				return sdk.Reply{}, ctx.Err()
			}, options)
			_, err := e.client.Handle(lateTimer{t.Context()}, event(afterCommand))
			want(t, err, sdk.KindTimeout)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("err = %v", err)
			}
		})
	}
}
