package inbox_test

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestNothingAcceptedIsLostWhateverGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		g := open(t, s, func(o *inbox.Options) { o.Settings.Memory = 64 << 10 })
		g.handled("flaky", func(sdk.Callback) error {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
			switch rand.IntN(4) {
			case 0:
				return errFailed
			case 1:
				return errNever
			default:
				return nil
			}
		})
		if err := g.Subscribe(t.Context(), store.Subscription{Plugin: "moved", Pattern: "*"}); err != nil {
			t.Fatal(err)
		}
		g.serve(false, "moved")
		var mu sync.Mutex
		accepted := map[string]bool{} // the client's ledger
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for range 60 {
					cb := g.callback(added)
					if g.Accept(t.Context(), cb, []string{"flaky", "fine", "moved"}) == nil {
						mu.Lock()
						accepted[cb.ID] = true
						mu.Unlock()
					}
					time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond) //nolint:forbidigo // in a bubble
				}
			})
		}
		callers.Go(func() { g.troubles(s) })
		callers.Go(func() { g.operators() })
		callers.Wait()
		g.serve(true, "moved", "to")
		time.Sleep(time.Hour) //nolint:forbidigo // in a bubble: the last retries are due by then
		g.settled(0)
		for _, plugin := range []string{"fine", "flaky"} {
			got := map[string]bool{}
			for _, cb := range g.deliveries(plugin) {
				got[cb.ID] = true
			}
			for id := range accepted {
				if !got[id] {
					t.Errorf("%s was accepted and never delivered to plugin %s", id, plugin)
				}
			}
		}
		g.lawHolds()
	})
}

// troubles has the store fail again and again.
func (g *gateway) troubles(s *storetest.Memory) {
	for range 10 {
		time.Sleep(500 * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
		s.Fail(errors.New("input/output error"))
		time.Sleep(100 * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
		s.Fail(nil)
	}
}

// operators do what they may at any time. What they are refused is no matter here.
func (g *gateway) operators() {
	ctx := g.t.Context()
	for range 20 {
		time.Sleep(200 * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
		switch rand.IntN(5) {
		case 0:
			_, _ = g.Replay(ctx, inbox.ReplayOrder{Purpose: sdk.Replay}, nil)
		case 1:
			_, _ = g.Drop(ctx, store.Filter{}, nil)
		case 2:
			_, _ = g.Move(ctx, "moved", "to")
		case 3:
			_, _ = g.Unsubscribe(ctx, "moved", "*")
		case 4:
			_ = g.Subscribe(ctx, store.Subscription{Plugin: "moved", Pattern: "*", Since: time.Now().Add(-time.Second)})
		}
	}
}
