package pool_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
)

// TestNobodyEntersARetiredProcess exchanges what is behind a pool as fast as it can
// while callbacks come: none may be lost, and none may be inside a process that a
// drain took for empty.
func TestNobodyEntersARetiredProcess(t *testing.T) {
	t.Parallel()
	fresh := func() (*pool.Intake, *atomic.Bool) {
		var drained atomic.Bool
		return newPlain(func(context.Context, sdk.Callback) (sdk.Reply, error) {
			if drained.Load() {
				t.Error("a callback entered a process that was drained")
			}
			return sdk.Reply{}, nil
		}), &drained
	}
	now, drained := fresh()
	f := newFixture(t)
	f.Publish(now)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for ctx.Err() == nil {
				if _, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand}); err != nil {
					t.Errorf("a callback got %v", err)
					return
				}
				runtime.Gosched() // or the exchange hardly gets a turn
			}
		})
	}
	for range 50_000 {
		next, nextDrained := fresh()
		f.Replace(now, next)
		<-now.Retire()
		drained.Store(true)
		now, drained = next, nextDrained
	}
	stop()
	callers.Wait()
}

func TestAQuietPoolUsesAllOfItsProcesses(t *testing.T) {
	t.Parallel()
	f := newFixture(t, replies("0"), replies("1"), replies("2"))
	got := map[string]int{}
	for range 30 {
		reply, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
		if err != nil {
			t.Fatal(err)
		}
		got[reply.Info]++
	}
	if got["0"] != 10 || got["1"] != 10 || got["2"] != 10 {
		t.Errorf("30 callbacks went to %v", got)
	}
}

func TestACallbackGoesWhereTheFewestAre(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		busy := []*process{hangs(), hangs(), hangs()}
		f := newFixture(t, busy...)
		for range 30 {
			f.send(t.Context(), sdk.Callback{Command: beforeCommand})
			synctest.Wait()
		}
		for i, p := range busy {
			if n := p.InFlight(); n != 10 {
				t.Errorf("process %d has %d of 30", i, n)
			}
		}
		idle := replies("idle")
		f.Publish(idle.Intake)
		for range 5 {
			if reply, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand}); err != nil || reply.Info != "idle" {
				t.Errorf("a callback went to the busy: %v, %v", reply, err)
			}
		}
		for _, p := range busy {
			p.die()
		}
	})
}

func TestAnEjectedOrDeadProcessGetsNothing(t *testing.T) {
	t.Parallel()
	first, second := replies("first"), replies("second")
	f := newFixture(t, first, second)
	only := func(want string) {
		t.Helper()
		for range 4 {
			reply, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
			if err != nil || reply.Info != want {
				t.Fatalf("got %q, %v, want %s", reply.Info, err, want)
			}
		}
	}
	f.Eject(first.Intake)
	only("second")
	f.Readmit(first.Intake)
	second.die() // and nobody has noticed
	only("first")
	f.Replace(second.Intake, first.Intake) // which is there already
	f.Publish(first.Intake)
	if f.Withdraw(second.Intake) || !f.Withdraw(first.Intake) || f.Withdraw(first.Intake) {
		t.Error("withdraw does not say whether the process was in the pool")
	}
	_, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
	wantKind(t, err, sdk.KindUnavailable)
}

// TestNoCallIsLostWhenProcessesDieOneAfterAnother kills a process with calls in
// hand again and again, and waits in between until everybody who was hit is done.
func TestNoCallIsLostWhenProcessesDieOneAfterAnother(t *testing.T) {
	t.Parallel()
	var seen sync.Map // deliveries by id
	serve := func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		n, _ := seen.LoadOrStore(cb.ID, new(atomic.Int64))
		if times := n.(*atomic.Int64).Add(1); times > 2 || cb.Attempt > 2 || (cb.Command == beforeCommand && times > 1) {
			t.Errorf("%s was delivered %d times, as attempt %d", cb.ID, times, cb.Attempt)
		}
		runtime.Gosched()
		return sdk.Reply{}, nil
	}
	members := []*process{newProcess(serve), newProcess(serve), newProcess(serve)}
	f := newFixture(t, members...)
	var stop atomic.Bool
	var callers sync.WaitGroup
	done := make([]atomic.Int64, 8)
	var lostBefore atomic.Int64
	for i := range done {
		callers.Go(func() {
			for n := 0; !stop.Load(); n++ {
				cb := sdk.Callback{ID: fmt.Sprint(i, "-", n), Command: afterCommand, Attempt: 1}
				if i%2 == 1 {
					cb.Command = beforeCommand
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				_, err := f.Handle(ctx, cb)
				cancel()
				if err != nil && cb.Command == afterCommand {
					t.Errorf("%s got %v", cb.ID, err)
				} else if err != nil {
					lostBefore.Add(1)
				}
				done[i].Add(1)
			}
		})
	}
	for n := range 50 {
		victim := n % len(members)
		fresh := newProcess(serve)
		members[victim].die()
		f.Blame(members[victim].Intake, nil)
		f.Replace(members[victim].Intake, fresh.Intake)
		members[victim] = fresh
		for i := range done {
			for was := done[i].Load(); done[i].Load() < was+2 && !t.Failed(); {
				runtime.Gosched()
			}
		}
	}
	stop.Store(true)
	callers.Wait()
	t.Logf("%d calls that may not be repeated were lost", lostBefore.Load())
}
