package pool_test

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
)

// fill sends n calls of command that hang.
func (f *fixture) fill(ctx context.Context, n int, command string) {
	for range n {
		f.send(ctx, sdk.Callback{Command: command})
	}
	synctest.Wait()
}

func TestACallWithoutAPlaceIsOverloadedAfterAShortWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := hangs(), hangs()
		f := newFixture(t, first, second)
		f.Limit(6, 0)
		f.fill(t.Context(), 6, beforeCommand)
		for deadline, took := range map[time.Duration]time.Duration{time.Second: pool.MaxWait, 20 * time.Millisecond: 20 * time.Millisecond} {
			begun := time.Now()
			_, err := f.within(t, deadline, beforeCommand)
			wantKind(t, err, sdk.KindOverloaded)
			if got := time.Since(begun); got != took {
				t.Errorf("with %s left it waited %s, want %s", deadline, got, took)
			}
			for _, word := range []string{"plugin test", beforeCommand, "6"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not name %s", err, word)
				}
			}
		}
		f.counted(t, `switchhook_plugin_bulkhead_rejections_total{command="`+beforeCommand+`",plugin="test"} 2`)
		first.die()
		second.die()
		synctest.Wait()
		if f.Held(beforeCommand) != 0 {
			t.Errorf("%d places are still held", f.Held(beforeCommand))
		}
	})
}

func TestACallWaitsForAPlaceThatIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan struct{})
		f := newFixture(t, newProcess(func(context.Context, sdk.Callback) (sdk.Reply, error) {
			<-answer
			return sdk.Reply{}, nil
		}))
		f.Limit(2, time.Second)
		f.fill(t.Context(), 5, beforeCommand)
		if f.Held(beforeCommand) != 2 || f.Queued(beforeCommand) != 3 {
			t.Errorf("%d have a place, %d wait", f.Held(beforeCommand), f.Queued(beforeCommand))
		}
		answer <- struct{}{}
		synctest.Wait()
		if f.Held(beforeCommand) != 2 || f.Queued(beforeCommand) != 2 {
			t.Errorf("after an answer %d have a place, %d wait", f.Held(beforeCommand), f.Queued(beforeCommand))
		}
		f.Limit(4, time.Second)
		synctest.Wait()
		if f.Held(beforeCommand) != 4 || f.Queued(beforeCommand) != 0 {
			t.Errorf("with more places %d have one, %d wait", f.Held(beforeCommand), f.Queued(beforeCommand))
		}
		close(answer)
	})
}

// TestPlacesAreGivenOutOnce has many callers come, wait and give up within
// microseconds: never are more inside than there are places, in the end none is
// held, and who has time to wait is served.
func TestPlacesAreGivenOutOnce(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"hasty": time.Microsecond, "patient": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var inside atomic.Int64
			f := newFixture(t)
			f.Publish(newPlain(func(context.Context, sdk.Callback) (sdk.Reply, error) {
				if n := inside.Add(1); n > 2 {
					t.Errorf("%d are inside", n)
				}
				runtime.Gosched()
				inside.Add(-1)
				return sdk.Reply{}, nil
			}))
			f.Limit(2, wait)
			var callers sync.WaitGroup
			for range 16 {
				callers.Go(func() {
					for range 2_000 {
						_, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
						if err != nil && (name == "patient" || sdk.KindOf(err) != sdk.KindOverloaded) {
							t.Errorf("a call got %v", err)
						}
					}
				})
			}
			callers.Wait()
			if f.Held(beforeCommand) != 0 || f.Queued(beforeCommand) != 0 {
				t.Errorf("%d places are held, and %d wait", f.Held(beforeCommand), f.Queued(beforeCommand))
			}
		})
	}
}

func TestOneCommandsPlacesAreNoOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p *process
		p = newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
			if cb.Command != beforeCommand {
				<-p.dead
			}
			return sdk.Reply{}, nil
		})
		f := newFixture(t, p)
		f.Describe([]sdk.Claim{{Pattern: "X.CallbackMine"}})
		f.Limit(3, 0)
		f.fill(t.Context(), 3, afterCommand)
		f.fill(t.Context(), 2, "X.CallbackOne") // listed nowhere, so they share
		f.fill(t.Context(), 1, "X.CallbackTwo")
		begun := time.Now()
		if _, err := f.within(t, time.Second, beforeCommand); err != nil || time.Since(begun) != 0 {
			t.Errorf("a decision waited %s for reports: %v", time.Since(begun), err)
		}
		_, err := f.within(t, time.Second, "X.CallbackThree")
		wantKind(t, err, sdk.KindOverloaded)
		const says = "plugin test has 3 callbacks of unlisted commands such as X.CallbackThree under way, which is its limit (plugins.test.max_in_flight)"
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("it got %v", err)
		}
		f.counted(t, `switchhook_plugin_bulkhead_rejections_total{command="other",plugin="test"} 1`)
		f.fill(t.Context(), 1, "X.CallbackMine")
		if f.Held("X.CallbackMine") != 1 {
			t.Error("a claimed command has no places of its own")
		}
		p.die()
	})
}

func TestACommandHasASeriesAsLongAsItIsClaimed(t *testing.T) {
	t.Parallel()
	const mine = "X.CallbackMine"
	synctest.Test(t, func(t *testing.T) {
		p := hangs()
		f := newFixture(t, p)
		f.Describe([]sdk.Claim{{Pattern: mine}})
		f.counted(t, `switchhook_plugin_bulkhead_rejections_total{command="`+mine+`",plugin="test"} 0`)
		f.Limit(1, 0)
		f.fill(t.Context(), 1, mine)
		_, err := f.within(t, time.Second, mine)
		wantKind(t, err, sdk.KindOverloaded)
		f.Describe([]sdk.Claim{{Pattern: mine}, {Pattern: "X.CallbackOther"}})
		if f.Held(mine) != 1 {
			t.Error("a new description gives places out that are held")
		}
		f.counted(t, `switchhook_plugin_bulkhead_rejections_total{command="`+mine+`",plugin="test"} 1`)
		f.Describe(nil)
		if text, err := gather(f.registry); err != nil || strings.Contains(text, mine) {
			t.Errorf("it is still in the metrics: %v", err)
		}
		p.die()
	})
}

func TestAPlaceIsHeldUntilThePluginIsThrough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := hangs()
		f := newFixture(t, p)
		ctx, leave := context.WithCancel(t.Context())
		f.fill(ctx, 5, beforeCommand)
		if _, stuck := p.Stuck(5, 0, time.Now()); stuck {
			t.Error("calls whose callers wait count as given up")
		}
		leave()
		synctest.Wait()
		if f.Held(beforeCommand) != 5 || p.InFlight() != 5 {
			t.Errorf("the plugin has 5 calls, and %d places are held", f.Held(beforeCommand))
		}
		drained := p.Retire()
		select {
		case <-drained:
			t.Error("the process is drained with 5 calls in hand")
		default:
		}
		p.die()
		<-drained
		if f.Held(beforeCommand) != 0 {
			t.Errorf("%d places are still held", f.Held(beforeCommand))
		}
	})
}

func TestAProcessIsStuckWhenItHoldsManyCallsAndAnswersNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var p *process
		p = newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
			if cb.ID == "hangs" {
				<-p.dead
			}
			return sdk.Reply{}, nil
		})
		f := newFixture(t, p)
		give := func(n int) {
			for range n {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				f.send(ctx, sdk.Callback{ID: "hangs", Command: beforeCommand})
			}
			time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
			synctest.Wait()
		}
		stuck := func(want bool, why string) {
			t.Helper()
			command, got := p.Stuck(8, 3*time.Second, time.Now())
			if got != want || (got && command != beforeCommand) {
				t.Errorf("%s: stuck is %v with %q", why, got, command)
			}
		}
		give(1)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's clock
		if _, one := p.Stuck(1, time.Second, time.Now()); one {
			t.Error("a single late call was taken for a process that hangs")
		}
		give(7)
		if _, err := f.within(t, time.Second, beforeCommand); err != nil {
			t.Error(err)
		}
		give(1)
		stuck(false, "it has been quiet for no time")
		time.Sleep(3 * time.Second) //nolint:forbidigo // the bubble's clock
		stuck(true, "nine given up and nothing for 3 s")
		if _, err := f.within(t, time.Second, afterCommand); err != nil {
			t.Error(err)
		}
		stuck(true, "it answers another command")
		if _, err := f.within(t, time.Second, beforeCommand); err != nil {
			t.Error(err)
		}
		stuck(false, "it has just answered")
		give(1)
		time.Sleep(3 * time.Second) //nolint:forbidigo // the bubble's clock
		stuck(true, "ten given up and nothing since")
		p.die()
	})
}
