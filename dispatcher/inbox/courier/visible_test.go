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

func TestWhatMayHaveBeenHandedOutBeforeIsMarked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, func(o *courier.Options) { o.Doubtful = func(_ string, seq uint64) bool { return seq <= 2 } })
		r.accept(cmdA, "1", "2")
		synctest.Wait()
		r.start()
		r.accept(cmdA, "3")
		synctest.Wait()
		marked := map[string]bool{}
		for _, d := range r.deliveries() {
			marked[string(d.cb.Body)] = d.cb.Redelivered
			if d.cb.Attempt != 1 {
				t.Errorf("%s is attempt %d", d.cb.Body, d.cb.Attempt)
			}
		}
		if !marked["1"] || !marked["2"] || marked["3"] || len(marked) != 3 {
			t.Errorf("marked as redelivered: %v, want the two that were there before", marked)
		}
		r.close()
	})
}

func TestTheWaitIsThatForTheFirstAttemptThatReachedThePlugin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waits []time.Duration
		back := time.Now().Add(time.Hour)
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			switch {
			case time.Now().Before(back):
				return errDown
			case cb.Attempt == 1:
				<-time.After(time.Minute)
				return errSick
			}
			return nil
		}, func(o *courier.Options) {
			o.Waited = func(_, _ string, wait time.Duration) { waits = append(waits, wait) }
		})
		r.start()
		r.accept(cmdA, "1")
		pass(2 * time.Hour)
		r.close()
		if len(waits) != 1 || waits[0] < time.Hour || waits[0] > time.Hour+time.Minute {
			t.Errorf("waits %v, want one of about an hour", waits)
		}
	})
}

func TestALineThatHoldsUpTooManyKeysSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt == 1 && strings.HasPrefix(string(cb.Body), "sick") {
				return sdk.RetryAfter(time.Hour, errSick)
			}
			return nil
		}, byUser)
		r.start()
		sick := make([]string, 10_000)
		for i := range sick {
			sick[i] = "sick" + strconv.Itoa(i)
		}
		r.accept(cmdA, sick...)
		pass(time.Minute)
		r.accept(cmdA, "well")
		pass(time.Minute)
		waiting := r.copies()["well"].State == store.Ready
		if why := r.Lines()[0].Why; !waiting || !strings.Contains(why, "10000 users or groups") {
			t.Errorf("a copy waits: %v; why: %q", waiting, why)
		}
		r.close()
	})
}

func TestALineThatWaitsForTheEndOfAnotherSaysSo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := newGate()
		r := newRig(t, nil, hang.handle, nil)
		r.start()
		r.accept(cmdA, "1")
		synctest.Wait()
		r.Configure(courier.Settings{Deliveries: map[string]courier.Delivery{"Sns.*": {Order: courier.ByUser}}})
		r.accept(cmdA, "2")
		synctest.Wait()
		if why := r.Lines()[0].Why; !strings.Contains(why, "before the settings changed") {
			t.Errorf("why: %q", why)
		}
		hang.open()
		synctest.Wait()
		if why := r.Lines()[0].Why; why != "" || r.states()[store.Done] != 2 {
			t.Errorf("why: %q, states %v", why, r.states())
		}
		r.close()
	})
}

func TestANewCommandAsksForNoOtherWhetherItIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		r := newRig(t, nil, ok, func(o *courier.Options) {
			o.Serves = func(string, string) string { asked.Add(1); return "" }
		})
		r.start()
		for i := range 100 {
			r.accept("Sns.Callback"+strconv.Itoa(i), "x")
			synctest.Wait()
		}
		if n := asked.Load(); n != 100 || r.states()[store.Done] == 0 {
			t.Errorf("asked %d times for 100 commands, states %v", n, r.states())
		}
		r.Refresh()
		synctest.Wait()
		if n := asked.Load(); n != 200 {
			t.Errorf("asked %d times, want all once more", n)
		}
		r.close()
	})
}

func TestALineThatFillsTheMemoryLeavesTheOnlyOtherItsShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := newGate()
		r := newRig(t, nil, func(ctx context.Context, plugin string, cb sdk.Callback) error {
			if plugin == "q" {
				return nil
			}
			return hang.handle(ctx, plugin, cb)
		}, func(o *courier.Options) { o.Settings.Memory = 40 << 10 })
		r.start()
		r.accept(cmdA, "first")
		synctest.Wait() // from here on its events are hot
		for i := range 100 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		synctest.Wait()
		for i := range 100 {
			r.queue(&store.Batch{Appends: []store.Append{newAppend(cmdB, "q"+strconv.Itoa(i), "q")}})
		}
		synctest.Wait()
		if states := r.states(); states[store.Done] != 100 {
			t.Errorf("states %v, want those of the other plugin done: %+v", states, r.Lines())
		}
		hang.open()
		synctest.Wait()
		r.close()
	})
}

func TestAPageOfWhatHasAnotherNameMeanwhileIsNotDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, ok, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
		})
		r.accept(cmdA, "1", "2")
		synctest.Wait()
		entered, hold := make(chan struct{}), make(chan struct{})
		slow.before(func() { close(entered); <-hold })
		r.start()
		<-entered // the answer was read, and tells of both as the old name's
		if _, err := r.store.Move(t.Context(), "p", "q"); err != nil {
			t.Fatal(err)
		}
		r.Reload("p")
		r.Reload("q", cmdA)
		close(hold)
		synctest.Wait()
		for _, d := range r.deliveries() {
			if d.plugin != "q" {
				t.Errorf("%s was delivered to the old name", d.cb.Body)
			}
		}
		if n := len(r.deliveries()); n != 2 {
			t.Errorf("%d deliveries, want 2", n)
		}
		r.close()
	})
}

func TestWhatIsCommittedDuringTheLastPageIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, ok, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
		})
		r.accept(cmdA, "1")
		synctest.Wait()
		r.start()
		synctest.Wait() // nothing later is unknown
		entered, hold := make(chan struct{}), make(chan struct{})
		slow.before(func() { close(entered); <-hold })
		r.queue(&store.Batch{Requeues: []store.Requeue{{Plugin: "p", Seq: 1, Command: cmdA}}})
		<-entered
		r.accept(cmdA, "2", "3")
		synctest.Wait()
		close(hold)
		synctest.Wait()
		if diff := cmp.Diff([]string{"1", "1", "2", "3"}, slices.Sorted(slices.Values(r.bodies()))); diff != "" {
			t.Error(diff)
		}
		r.close()
	})
}

func TestARetryThatCannotBeReadWhenItIsDueIsNotForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt == 1 {
				return errSick
			}
			return nil
		}, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
		})
		r.start()
		r.accept(cmdA, "1")
		synctest.Wait()
		slow.fail(errSick)
		pass(10 * time.Second)
		slow.fail(nil)
		pass(time.Hour)
		if states := r.states(); states[store.Done] != 1 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestSuspectsThatWaitForTheirTurnStarveNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := newGate()
		var lost atomic.Bool
		body := "/" + strings.Repeat("x", 5000)
		r := newRig(t, nil, func(ctx context.Context, plugin string, cb sdk.Callback) error {
			switch {
			case plugin == "q":
				return nil
			case cb.Attempt == 1:
				<-time.After(time.Second)
				lost.Store(true)
				return errLost
			}
			return hang.handle(ctx, plugin, cb)
		}, func(o *courier.Options) { o.Settings.Memory = 24 << 10 })
		r.start()
		for i := range 8 {
			r.accept(cmdA, strconv.Itoa(i)+body)
		}
		pass(10 * time.Minute)
		for i := range 20 {
			r.queue(&store.Batch{Appends: []store.Append{newAppend(cmdB, "q"+strconv.Itoa(i)+body, "q")}})
		}
		pass(time.Minute)
		if states := r.states(); states[store.Done] != 20 || !lost.Load() {
			t.Errorf("states %v, want those of the other plugin done: %+v", states, r.Lines())
		}
		hang.open()
		pass(time.Hour)
		if states := r.states(); states[store.Done] != 28 {
			t.Errorf("states %v, want all done: %+v", states, r.Lines())
		}
		r.close()
	})
}
