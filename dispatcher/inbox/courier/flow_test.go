package courier_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestWhatWaitedBeforeTheStartIsReadFromTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, nil)
		for i := range 2000 {
			r.accept([]string{cmdA, cmdB}[i%2], strconv.Itoa(i))
		}
		synctest.Wait()
		r.start()
		synctest.Wait()
		if n := len(r.deliveries()); n != 2000 || r.states()[store.Done] != 2000 {
			t.Errorf("%d deliveries, states %v", n, r.states())
		}
		if l := r.line(); l.Behind || l.Memory != 0 {
			t.Errorf("the line has not caught up: %+v", l)
		}
		r.close()
	})
}

func TestRetriesAreFoundAgainAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, once(sdk.RetryAfter(time.Minute, errSick)), nil)
		r.start()
		r.accept(cmdA, "1", "2")
		synctest.Wait()
		r.close()
		again := newRig(t, r.store, ok, nil)
		again.start()
		began := time.Now()
		pass(time.Hour)
		seen := again.deliveries()
		if len(seen) != 2 || seen[0].cb.Attempt != 2 || !seen[0].cb.Redelivered {
			t.Fatalf("deliveries %+v", seen)
		}
		if wait := seen[0].at.Sub(began); wait != time.Minute {
			t.Errorf("tried again after %v", wait)
		}
		again.close()
	})
}

func TestWhatIsMadeReadyAgainIsDelivered(t *testing.T) {
	t.Parallel()
	for name, command := range map[string]string{"with the command named": cmdA, "with the plugin alone": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil, ok, nil)
				r.start()
				r.accept(cmdA, "1", "2", "3")
				synctest.Wait()
				r.queue(&store.Batch{Requeues: []store.Requeue{{Plugin: "p", Seq: 2, Purpose: sdk.Replay, Command: command}}})
				synctest.Wait()
				seen := r.deliveries()
				last := seen[len(seen)-1].cb
				if len(seen) != 4 || string(last.Body) != "2" || last.Purpose != sdk.Replay || last.Attempt != 2 {
					t.Errorf("%d deliveries, the last is %+v", len(seen), last)
				}
				r.close()
			})
		})
	}
}

func TestAResultThatIsNotCommittedKeepsAPageFromDeliveringItTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, nil)
		r.start()
		r.accept(cmdA, "1", "2", "3")
		synctest.Wait()
		r.stall(true)
		r.queue(&store.Batch{Requeues: []store.Requeue{{Plugin: "p", Seq: 1}, {Plugin: "p", Seq: 2}}})
		synctest.Wait()
		// Delivered again, and nothing of it is committed. What has the store read again
		// now reads copies that wait there and are in hand.
		r.Reload("p", cmdA)
		synctest.Wait()
		if n := len(r.deliveries()); n != 5 {
			t.Errorf("%d deliveries, want 3 and 2", n)
		}
		r.stall(false)
		synctest.Wait()
		if states := r.states(); states[store.Done] != 3 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestAPageThatIsOlderThanAResultDeliversNothingTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, ok, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
		})
		r.start()
		r.accept(cmdA, "0")
		synctest.Wait()
		hold := make(chan struct{})
		entered := make(chan struct{})
		busy := newGate()
		r.setHandle(busy.handle)
		r.accept(cmdA, "1", "2")
		synctest.Wait() // both are in the plugin's hands
		slow.before(func() { close(entered); <-hold })
		r.queue(&store.Batch{Requeues: []store.Requeue{{Plugin: "p", Seq: 1}}})
		<-entered // the answer was read, and tells of 1 and 2 as waiting
		busy.open()
		synctest.Wait() // their results are committed
		close(hold)
		synctest.Wait()
		got := r.bodies()
		slices.Sort(got)
		if diff := cmp.Diff([]string{"0", "0", "1", "2"}, got); diff != "" {
			t.Error(diff)
		}
		r.close()
	})
}

func TestWhatIsNotServedWaitsInTheStoreUntilItIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var served atomic.Bool
		r := newRig(t, nil, ok, func(o *courier.Options) {
			o.Serves = func(_, command string) string {
				if command == cmdB || served.Load() {
					return ""
				}
				return "plugin p is disabled"
			}
		})
		r.start()
		r.accept(cmdA, "1", "2", "3")
		r.accept(cmdB, "4")
		pass(time.Hour)
		if diff := cmp.Diff([]string{"4"}, r.bodies()); diff != "" {
			t.Error(diff)
		}
		if l := r.line(); l.Why != "plugin p is disabled" || l.Memory != 0 {
			t.Errorf("the line is %+v", l)
		}
		served.Store(true)
		r.Refresh()
		synctest.Wait()
		if states := r.states(); states[store.Done] != 4 || r.copies()["1"].Attempts != 1 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestNothingNewIsDeliveredWhileHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, once(errSick), nil)
		r.start()
		r.accept(cmdA, "1")
		synctest.Wait()
		r.Hold(true)
		r.accept(cmdA, "2")
		pass(time.Hour)
		if n := len(r.deliveries()); n != 1 || r.line().Why == "" {
			t.Errorf("%d deliveries, %+v", n, r.line())
		}
		r.Hold(false)
		pass(time.Minute)
		if states := r.states(); states[store.Done] != 2 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestCloseWaitsForWhatIsUnderWayAndBeginsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			<-time.After(time.Second)
			return nil
		}, nil)
		r.start()
		for i := range 100 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		pass(1500 * time.Millisecond)
		r.close()
		if n := len(r.deliveries()); n == 100 || r.states()[store.Done] != n {
			t.Errorf("%d deliveries, states %v", n, r.states())
		}
	})
}

func TestCloseCancelsWhatOutlivesItsPatience(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(ctx context.Context, _ string, _ sdk.Callback) error {
			<-ctx.Done()
			return ctx.Err()
		}, nil)
		r.start()
		r.accept(cmdA, "1")
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); err == nil {
			t.Error("it did not say that it had to cancel")
		}
		r.end()
		o := r.copies()["1"]
		if o.State != store.Retry || o.Attempts != 1 || o.DueAt.After(time.Now()) {
			t.Errorf("the copy is %+v, want one that is due and counts as redelivered", o)
		}
		again := newRig(t, r.store, ok, nil)
		again.start()
		synctest.Wait()
		if seen := again.deliveries(); len(seen) != 1 || !seen[0].cb.Redelivered {
			t.Errorf("after the restart: %+v", seen)
		}
		again.close()
	})
}

func TestAStoreThatCannotBeReadIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, ok, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
		})
		r.accept(cmdA, "1")
		synctest.Wait()
		slow.fail(errSick)
		r.start()
		pass(time.Minute)
		if l := r.line(); !strings.Contains(l.Why, errSick.Error()) {
			t.Errorf("the line is %+v", l)
		}
		slow.fail(nil)
		pass(time.Minute)
		if !slices.Equal(r.bodies(), []string{"1"}) {
			t.Errorf("delivered %q", r.bodies())
		}
		r.close()
	})
}

func TestReloadForgetsWhatTheStoreHasNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := newGate()
		r := newRig(t, nil, hang.handle, nil)
		r.start()
		if err := r.store.Subscribe(t.Context(), store.Subscription{Plugin: "p", Pattern: "*"}); err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		synctest.Wait()
		if _, err := r.store.Unsubscribe(t.Context(), "p", "*"); err != nil {
			t.Fatal(err)
		}
		r.Reload("p")
		began := len(r.deliveries())
		hang.open()
		pass(time.Minute)
		if n := len(r.deliveries()); n != began || n == 100 {
			t.Errorf("%d deliveries, %d had begun before", n, began)
		}
		if l := r.line(); l.Memory != 0 || l.InFlight != 0 {
			t.Errorf("the line is %+v", l)
		}
		r.close()
	})
}
