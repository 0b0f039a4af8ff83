package inbox_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestANewSubscriptionReachesBackAsFarAsItSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		g.accept(added, 3, "old", "older")
		time.Sleep(time.Hour) //nolint:forbidigo // in a bubble: no time passes outside
		g.accept(added, 700, "old", "older")
		g.accept(sent, 5, "old")
		g.settled(0)
		since := time.Now().Add(-time.Minute)
		for range 2 { // the second time it is there already
			err := g.Subscribe(t.Context(),
				store.Subscription{Plugin: "new", Pattern: "Sns.*", Since: since},
				store.Subscription{Plugin: "newest", Pattern: "*"})
			if err != nil {
				t.Fatal(err)
			}
		}
		g.settled(0)
		got := g.deliveries("new")
		if len(got) != 700 || len(g.deliveries("newest")) != 0 {
			t.Errorf("%d and %d deliveries, want the 700 since then and none", len(got), len(g.deliveries("newest")))
		}
		for _, cb := range got {
			if cb.Purpose != sdk.Live || cb.Attempt != 1 || cb.Command != added {
				t.Errorf("delivered as %+v", cb)
			}
		}
		g.lawHolds()
		var done, total int64
		n, err := g.Backfill(t.Context(), "new", "*", time.Time{}, func(d, t int64) { done, total = d, t })
		if err != nil || n != 8 || done != 708 || total != 708 {
			t.Errorf("%d were made (%d of %d), err %v; want the 8 that it had not", n, done, total, err)
		}
		g.settled(0)
		g.lawHolds()
	})
}

func TestASubscriptionThatIsRemovedLeavesDeadLetters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		g.serve(false, "p")
		if err := g.Subscribe(t.Context(), store.Subscription{Plugin: "p", Pattern: added}); err != nil {
			t.Fatal(err)
		}
		g.accept(added, 4, "p", "q")
		g.settled(4)
		status, err := g.Status(t.Context())
		if err != nil || len(status.Subscriptions) != 1 || status.Subscriptions[0].Waiting != 4 || status.Subscriptions[0].Why != "the plugin is gone" {
			t.Errorf("status %+v, err %v", status.Subscriptions, err)
		}
		if dead, err := g.Unsubscribe(t.Context(), "p", added); dead != 4 || err != nil {
			t.Errorf("%d dead letters, err %v; want 4", dead, err)
		}
		if dead := g.copies(store.Filter{Reason: store.Unsubscribed}); len(dead) != 4 {
			t.Errorf("%d dead letters, want 4", len(dead))
		}
		g.serve(true, "p")
		g.settled(0)
		if n := len(g.deliveries("p")); n != 0 {
			t.Errorf("%d were delivered after all", n)
		}
		_, err = g.Unsubscribe(t.Context(), "p", added)
		if want := "plugin p is not subscribed to " + added; !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), want) {
			t.Errorf("a second time: %v", err)
		}
		if n, err := g.Backfill(t.Context(), "p", added, time.Time{}, nil); n != 0 || !errors.Is(err, store.ErrNotFound) {
			t.Errorf("earlier events for a plugin that nobody subscribed: %d copies, err %v", n, err)
		}
		g.lawHolds()
	})
}

func TestWhatIsMovedIsDeliveredUnderTheNewName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		g.serve(false, "old", "new")
		g.accept(added, 3, "old")
		g.accept(added, 2, "old", "new") // of which both have a copy
		if copies, err := g.Move(t.Context(), "old", "new"); err != nil || copies < 3 {
			t.Errorf("%d copies, err %v", copies, err)
		}
		g.lawHolds()
		status, err := g.Status(t.Context())
		if err != nil || len(status.Lines) != 1 || status.Lines[0].Plugin != "new" {
			t.Errorf("lines %+v, err %v; want that of the new name alone", status.Lines, err)
		}
		g.serve(true, "old", "new")
		g.settled(0)
		if o, n := len(g.deliveries("old")), len(g.deliveries("new")); o != 0 || n != 5 {
			t.Errorf("%d and %d deliveries, want 0 and 5", o, n)
		}
		if n := g.metric("switchhook_inbox_completed_total", "merged"); n != 2 {
			t.Errorf("%v merged, want 2", n)
		}
		g.lawHolds()
		if _, err := g.Move(t.Context(), "nobody", "new"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("what is not there: %v", err)
		}
	})
}

func TestACopyTakenAwayUnderWayIsCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		if err := g.Subscribe(t.Context(), store.Subscription{Plugin: "p", Pattern: added}); err != nil {
			t.Fatal(err)
		}
		begun, release := make(chan struct{}), make(chan struct{})
		g.handled("p", func(sdk.Callback) error { close(begun); <-release; return nil })
		g.accept(added, 1, "p")
		<-begun
		if dead, err := g.Unsubscribe(t.Context(), "p", added); dead != 1 || err != nil {
			t.Errorf("%d dead, err %v", dead, err)
		}
		close(release)
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		if done := g.metric("switchhook_inbox_completed_total", "done"); done != 0 {
			t.Errorf("%v done, want it counted as dead alone", done)
		}
		g.lawHolds()
	})
}
