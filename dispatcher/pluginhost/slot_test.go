package pluginhost_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

var errEntered = errors.New("a callback entered a process that was drained")

// TestNobodyEntersARetiredProcess exchanges what is behind a slot as fast as it
// can while callbacks come: none may be lost, and none may be inside a process
// that a drain took for empty.
func TestNobodyEntersARetiredProcess(t *testing.T) {
	t.Parallel()
	slot := pluginhost.NewSlot()
	fresh := func() (sdk.Handler, *atomic.Bool) {
		var drained atomic.Bool
		return sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
			if drained.Load() {
				return sdk.Reply{}, errEntered
			}
			return sdk.Reply{}, nil
		}), &drained
	}
	handler, drained := fresh()
	slot.Exchange(handler)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if _, err := slot.Handle(ctx, sdk.Callback{}); err != nil {
					t.Errorf("a callback got %v", err)
					return
				}
				runtime.Gosched() // or the exchange hardly gets a turn
			}
		})
	}
	for range 100_000 {
		next, nextDrained := fresh()
		retire := slot.Exchange(next)
		retire()
		drained.Store(true)
		drained = nextDrained
	}
	stop()
	callers.Wait()
}

func BenchmarkSlot(b *testing.B) {
	slot := pluginhost.NewSlot()
	slot.Exchange(sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, nil }))
	ctx, cb := b.Context(), sdk.Callback{Command: testCommand}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := slot.Handle(ctx, cb); err != nil {
			b.Fatal(err)
		}
	}
}
