package courier_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestTheClosestWordsCountFieldByField(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		timeouts := map[string]time.Duration{}
		r := newRig(t, nil, func(ctx context.Context, _ string, cb sdk.Callback) error {
			deadline, _ := ctx.Deadline()
			timeouts[cb.Command] = time.Until(deadline)
			return nil
		}, func(o *courier.Options) {
			o.Settings.Deliveries = map[string]courier.Delivery{
				"*":                {MaxInFlight: 1, Order: courier.ByGroup},
				"Sns.*":            {Timeout: 5 * time.Second, Order: courier.Unordered},
				"Sns.CallbackFr*":  {MaxInFlight: 7},
				cmdB:               {MaxInFlight: 9, Order: courier.ByUser},
				"Sns.CallbackBla*": {Timeout: time.Second},
			}
		})
		r.start()
		for _, command := range []string{cmdA, cmdB, cmdC} {
			r.accept(command, "1")
			synctest.Wait()
		}
		type line struct {
			Name string
			Max  int
		}
		var got []line
		for _, l := range r.Lines() {
			got = append(got, line{l.Name, l.Max})
		}
		if diff := cmp.Diff([]line{{"*", 1}, {cmdA, 7}, {cmdB, 9}}, got); diff != "" {
			t.Error(diff)
		}
		want := map[string]time.Duration{cmdA: 5 * time.Second, cmdB: 5 * time.Second, cmdC: courier.DefaultTimeout}
		if diff := cmp.Diff(want, timeouts); diff != "" {
			t.Error(diff)
		}
		r.close()
	})
}

func TestALowerLimitCountsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			<-time.After(100 * time.Millisecond)
			return nil
		}, nil)
		for i := range 1000 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		r.start()
		pass(time.Second)
		r.Configure(courier.Settings{Deliveries: map[string]courier.Delivery{"*": {MaxInFlight: 3}}})
		pass(time.Second)
		most.Store(0)
		pass(time.Minute)
		if most.Load() != 3 || r.states()[store.Done] != 1000 {
			t.Errorf("%d at once, states %v", most.Load(), r.states())
		}
		r.close()
	})
}

func TestAnOrderThatComesOrGoesLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := newJudge()
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			<-time.After(100 * time.Millisecond)
			return nil
		}, nil)
		r.start()
		ordered := courier.Settings{Deliveries: map[string]courier.Delivery{"Sns.*": {Order: courier.ByUser}}}
		for i := range 200 {
			r.accept([]string{cmdA, cmdB}[i%2], "tom/"+strconv.Itoa(i))
		}
		pass(250 * time.Millisecond)
		before := len(r.deliveries())
		r.Configure(ordered)
		r.accept(cmdA, "tom/200", "tom/201")
		pass(time.Second)
		r.Configure(ordered) // the same again changes nothing
		pass(time.Minute)
		if before < 4 || before > 100 {
			t.Fatalf("%d deliveries before the change", before)
		}
		after := r.deliveries()[before:]
		if problem := j.all(after); problem != "" {
			t.Error(problem)
		}
		for i, d := range after[1:] {
			if d.at.Sub(after[i].at) < 100*time.Millisecond {
				t.Errorf("%s came while %s was under way", d.cb.Body, after[i].cb.Body)
				break
			}
		}
		if n := len(r.deliveries()); n != 202 || r.states()[store.Done] != 202 {
			t.Errorf("%d deliveries, states %v", n, r.states())
		}
		r.Configure(courier.Settings{})
		r.accept(cmdA, "tom/202", "tom/203")
		synctest.Wait()
		if n := len(r.deliveries()); n != 204 {
			t.Errorf("%d deliveries once the order was gone", n)
		}
		pass(time.Second)
		r.close()
	})
}
