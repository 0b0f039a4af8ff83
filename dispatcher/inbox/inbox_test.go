package inbox_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
	"github.com/switchhook/switchhook/sdk"
)

func TestWhatWaitedIsTakenUpByTheNextStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := memory(storetest.MemoryOptions{})
		g := open(t, s)
		g.serve(false, "p")
		g.accept(added, 7, "p", "q")
		g.settled(7)
		if err := g.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Accept(t.Context(), g.callback(added), []string{"p"}); sdk.KindOf(err) != sdk.KindOverloaded {
			t.Errorf("accepted after the end: %v", err)
		}
		s.Reopen()
		g = opened(t, s)
		g.accept(added, 1, "p") // before it delivers
		if n := len(g.deliveries("p")); n != 0 {
			t.Errorf("%d deliveries before the start", n)
		}
		g.Start()
		g.settled(0)
		if n := len(g.deliveries("p")); n != 8 {
			t.Errorf("%d deliveries, want the 7 that waited and the new one", n)
		}
		if n := g.metric("switchhook_inbox_recovered_messages"); n != 7 {
			t.Errorf("%v recovered, want 7", n)
		}
		g.lawHolds()
	})
}

func TestTheLawOfConservationHoldsThroughEverything(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		g.serve(false, "gone")
		var n atomic.Int64
		g.handled("p", func(sdk.Callback) error {
			switch n.Add(1) % 5 {
			case 1:
				return errFailed
			case 2:
				return errNever
			default:
				return nil
			}
		})
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			g.lawHolds()
		}
		check(g.Subscribe(t.Context(), store.Subscription{Plugin: "gone", Pattern: "*"}))
		g.accept(added, 50, "p", "gone")
		check(nil)
		g.settled(50)
		_, err := g.Replay(t.Context(), inbox.ReplayOrder{Purpose: sdk.Replay}, nil)
		check(err)
		g.settled(50)
		_, err = g.Drop(t.Context(), store.Filter{}, nil)
		check(err)
		check(g.Subscribe(t.Context(), store.Subscription{Plugin: "new", Pattern: sent}))
		_, err = g.Backfill(t.Context(), "new", "*", time.Time{}, nil)
		check(err)
		_, err = g.Move(t.Context(), "gone", "new")
		check(err)
		check(g.Subscribe(t.Context(), store.Subscription{Plugin: "last", Pattern: "*", Since: time.Now().Add(-time.Hour)}))
		g.settled(0)
		g.lawHolds()
	})
}

func TestFinishedEventsGoAfterTheirTimeAndOthersStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}), func(o *inbox.Options) { o.Settings.Retention = time.Hour })
		g.serve(false, "gone")
		g.handled("bad", func(sdk.Callback) error { return errNever })
		g.accept(added, 1100, "p")
		g.accept(added, 2, "gone")
		g.accept(added, 3, "bad")
		g.settled(2)
		time.Sleep(90 * time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
		if n := len(g.copies(store.Filter{})); n != 5 {
			t.Errorf("%d copies are kept, want the 2 that wait and the 3 dead letters", n)
		}
		g.Configure(inbox.Settings{})
		g.accept(added, 1, "p")
		g.settled(2)
		time.Sleep(6 * 24 * time.Hour) //nolint:forbidigo // in a bubble: no time passes outside
		if n := len(g.copies(store.Filter{Plugin: "p"})); n != 1 {
			t.Errorf("%d copies are kept, want one: finished events stay 7 days", n)
		}
	})
}

func TestAnInboxIsNeverFullOfWhatIsDone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{MaxBytes: 150_000}))
		g.padding = strings.Repeat("x", 1000)
		for range 700 { // five times its capacity
			g.accept(added, 1, "p")
			time.Sleep(10 * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
		}
		g.settled(0)
		g.lawHolds()
	})
}

func TestTheStatusSaysWhatWaitsAndWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := history(t)
		status, err := g.Status(t.Context())
		if err != nil || status.Problem != "" || !status.Since.IsZero() || status.Stats.Events != 4 {
			t.Fatalf("status %+v, err %v", status, err)
		}
		var text []string
		for _, l := range status.Lines {
			text = append(text, l.Plugin+" "+strings.Join(l.Commands, ","))
			switch l.Plugin {
			case "bad":
				if l.Dead != 4 || l.Ready != 0 || !l.Oldest.IsZero() {
					t.Errorf("%+v", l)
				}
			case "gone":
				if l.Ready != 4 || l.Dead != 0 || l.Oldest.IsZero() || l.Why != "the plugin is gone" {
					t.Errorf("%+v", l)
				}
			}
		}
		if got := strings.Join(text, "; "); got != "bad "+added+"; gone "+added {
			t.Errorf("lines: %s", got)
		}
	})
}

func TestTheStatusSaysWhenWhatFailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}), func(o *inbox.Options) {
			o.Settings.Deliveries = map[string]inbox.Delivery{"Sns.*": {Order: inbox.ByUser}}
		})
		g.handled("p", func(sdk.Callback) error { return sdk.RetryAfter(time.Hour, errors.New("not now")) })
		g.accept(sent, 1, "p")
		for range 2 {
			cb := g.callback(added)
			cb.Body = []byte(`{"PairList":[{"From_Account":"alice","To_Account":"bob"}]}`)
			if err := g.Accept(t.Context(), cb, []string{"p"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble: no time passes outside
		synctest.Wait()
		status, err := g.Status(t.Context())
		if err != nil || len(status.Lines) != 2 {
			t.Fatalf("status %+v, err %v", status, err)
		}
		alone, ordered := status.Lines[0], status.Lines[1]
		if alone.Why != "the next attempt is not due yet" || ordered.Ready != 1 || ordered.Why != "one failed and is not due yet: what its order puts behind it waits" {
			t.Errorf("why: %q, in order: %q of %+v", alone.Why, ordered.Why, ordered)
		}
		for _, l := range status.Lines {
			if wait := time.Until(l.Until); wait < 58*time.Minute || wait > 2*time.Hour {
				t.Errorf("%v until %v", l.Commands, wait)
			}
		}
	})
}

// damaged is a store of which nobody can count what is lost.
type damaged struct{ store.Store }

func (d damaged) Stats(ctx context.Context) (store.Stats, error) {
	s, err := d.Store.Stats(ctx)
	s.Loss = &store.Loss{Detail: "it is not a database"}
	return s, err
}

func TestALossThatNobodyCanCountIsCountedAsOne(t *testing.T) {
	t.Parallel()
	g := opened(t, damaged{memory(storetest.MemoryOptions{})})
	if n := g.metric("switchhook_inbox_lost_commits"); n != 1 {
		t.Errorf("%v lost, want 1: an alert looks for more than 0", n)
	}
}

func TestAnInboxThatCannotWorkSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := inbox.Open(t.Context(), inbox.Options{Store: memory(storetest.MemoryOptions{})})
	if err == nil || !strings.Contains(err.Error(), "Deliver") {
		t.Errorf("err %v", err)
	}
	s := memory(storetest.MemoryOptions{})
	g := opened(t, s)
	_, err = inbox.Open(t.Context(), g.options)
	if err == nil || !strings.Contains(err.Error(), "metrics") {
		t.Errorf("the same registry twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err = inbox.Open(t.Context(), g.options); err == nil || errors.Is(err, store.ErrFull) {
		t.Errorf("over a closed store: %v", err)
	}
	s.Reopen()
}

func TestEverySeriesIsThereFromTheBeginningAndWellNamed(t *testing.T) {
	t.Parallel()
	g := opened(t, memory(storetest.MemoryOptions{MaxBytes: 1 << 20}))
	for _, series := range [][]string{
		{"switchhook_inbox_messages", "ready"},
		{"switchhook_inbox_messages", "retry"},
		{"switchhook_inbox_messages", "dead"},
		{"switchhook_inbox_oldest_message_age_seconds", "ready"},
		{"switchhook_inbox_oldest_message_age_seconds", "retry"},
		{"switchhook_inbox_enqueued_total"},
		{"switchhook_inbox_completed_total", "done"},
		{"switchhook_inbox_completed_total", "dead"},
		{"switchhook_inbox_completed_total", "merged"},
		{"switchhook_inbox_retries_total"},
		{"switchhook_inbox_wait_seconds"},
		{"switchhook_inbox_commit_duration_seconds"},
		{"switchhook_inbox_commit_batch_size"},
		{"switchhook_inbox_append_errors_total"},
		{"switchhook_inbox_recovered_messages"},
		{"switchhook_inbox_size_bytes"},
		{"switchhook_inbox_lost_commits"},
		{"switchhook_inbox_in_flight"},
		{"switchhook_inbox_state", "full"},
		{"switchhook_inbox_state", "failing"},
		{"switchhook_callbacks_duplicate_total", sent},
		{"switchhook_callbacks_duplicate_total", "other"},
	} {
		if v := g.metric(series[0], series[1:]...); v != 0 {
			t.Errorf("%v begins at %v", series, v)
		}
	}
	if g.metric("switchhook_inbox_capacity_bytes") != 1<<20 || g.metric("switchhook_inbox_state", "ok") != 1 {
		t.Error("the capacity or the state is wrong")
	}
	problems, err := testutil.GatherAndLint(g.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, err %v", problems, err)
	}
}

func TestTheOldestIsToldByState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := open(t, memory(storetest.MemoryOptions{}))
		failed := false
		g.handled("p", func(sdk.Callback) error {
			if !failed {
				failed = true
				return sdk.RetryAfter(time.Hour, errFailed)
			}
			return nil
		})
		g.accept(added, 1, "p")
		g.settled(1)
		time.Sleep(10 * time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
		g.serve(false, "p")
		synctest.Wait()
		g.accept(added, 1, "p")
		time.Sleep(time.Minute) //nolint:forbidigo // in a bubble: no time passes outside
		ready := g.metric("switchhook_inbox_oldest_message_age_seconds", "ready")
		retry := g.metric("switchhook_inbox_oldest_message_age_seconds", "retry")
		if ready < 60 || ready > 61 || retry < 660 || retry > 700 {
			t.Errorf("ages: ready %v, retry %v; want 60 and 660", ready, retry)
		}
		g.serve(true, "p")
		time.Sleep(time.Hour) //nolint:forbidigo // in a bubble: no time passes outside
		g.settled(0)
	})
}
