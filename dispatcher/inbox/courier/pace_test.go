package courier_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestALineProbesAfterAnOutageAndThenSpeedsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(10 * time.Minute)
		var under, most atomic.Int64
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			if time.Now().Before(back) {
				return errDown
			}
			most.Store(max(most.Load(), under.Add(1)))
			defer under.Add(-1)
			<-time.After(100 * time.Millisecond)
			return nil
		}, nil)
		for i := range 1000 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		r.start()
		pass(10 * time.Minute)
		probes := len(r.deliveries())
		if probes > 60 {
			t.Errorf("%d attempts during an outage of 10 minutes", probes)
		}
		pass(time.Hour)
		// How many began at each moment after the plugin was back.
		var rounds []int
		var last time.Time
		for _, d := range r.deliveries() {
			if d.at.Before(back) {
				continue
			}
			if !d.at.Equal(last) {
				rounds = append(rounds, 0)
			}
			rounds[len(rounds)-1]++
			last = d.at
		}
		if diff := cmp.Diff([]int{1, 2, 4, 8, 16, 32, 64, 64}, rounds[:min(8, len(rounds))]); diff != "" {
			t.Errorf("rounds (-want +got):\n%s", diff)
		}
		if most.Load() > 64 || r.states()[store.Done] != 1000 {
			t.Errorf("%d at once, states %v", most.Load(), r.states())
		}
		r.close()
	})
}

func TestAnOverloadedPluginGetsLessAndNotNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		began := time.Now()
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			defer under.Add(-1)
			if n := under.Add(1); n > 20 {
				return &sdk.Fault{Kind: sdk.KindOverloaded, Err: errSick}
			}
			most.Store(max(most.Load(), under.Load()))
			<-time.After(100 * time.Millisecond)
			return nil
		}, nil)
		for i := range 2000 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		r.start()
		pass(time.Hour)
		seen := r.deliveries()
		// 2000 at 200 a second take 10 s.
		if took := seen[len(seen)-1].at.Sub(began); took > 20*time.Second || r.states()[store.Done] != 2000 {
			t.Errorf("it took %v, states %v", took, r.states())
		}
		if n := len(seen); n > 2600 {
			t.Errorf("%d attempts at 2000", n)
		}
		r.close()
	})
}

func TestSuspectsComeOneAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int64
		p := &dyingPlugin{poison: "poison"}
		r := newRig(t, nil, func(ctx context.Context, name string, cb sdk.Callback) error {
			if cb.Redelivered {
				most.Store(max(most.Load(), under.Add(1)))
				defer under.Add(-1)
			}
			return p.handle(ctx, name, cb)
		}, nil)
		for i := range 300 {
			body := strconv.Itoa(i)
			if i == 40 {
				body = "poison"
			}
			r.accept([]string{cmdA, cmdB}[i%2], body)
		}
		synctest.Wait()
		r.start()
		pass(time.Hour)
		if states := r.states(); states[store.Done] != 299 || states[store.Dead] != 1 {
			t.Errorf("states %v", states)
		}
		if o := r.copies()["poison"]; o.Reason != store.Poison {
			t.Errorf("the poison is %v %v: %s", o.State, o.Reason, o.Error)
		}
		if most.Load() != 1 {
			t.Errorf("%d suspects at once", most.Load())
		}
		r.close()
	})
}

func TestASlowCommandHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(ctx context.Context, plugin string, cb sdk.Callback) error {
			if cb.Command == cmdA && plugin == "p" {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		}, nil)
		r.start()
		for i := range 500 {
			r.queue(&store.Batch{Appends: []store.Append{
				newAppend(cmdA, fmt.Sprint("a", i), "p", "q"), newAppend(cmdB, fmt.Sprint("b", i), "p"),
			}})
		}
		synctest.Wait()
		counts := map[string]int{}
		for _, d := range r.deliveries() {
			counts[d.plugin+" "+d.cb.Command]++
		}
		if counts["p "+cmdB] != 500 || counts["q "+cmdA] != 500 {
			t.Errorf("deliveries %v", counts)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = r.Close(ctx)
		r.end()
	})
}
