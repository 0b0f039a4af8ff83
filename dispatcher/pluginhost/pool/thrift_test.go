package pool_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// tired returns a process that takes d for everything, and counts what it gets.
func tired(d time.Duration, got *atomic.Int64) *process {
	p := replies("tired").after(d)
	serve := p.serve
	p.serve = func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		got.Add(1)
		return serve(ctx, cb)
	}
	return p
}

// TestAPluginThatIsSlowEverywhereIsNotGivenTwiceTheWork has all processes slow for a
// long time: after what is on credit, a tenth of the calls may be made twice, and no
// first attempt goes without a place.
func TestAPluginThatIsSlowEverywhereIsNotGivenTwiceTheWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const places, calls = 40, 4000
		var got atomic.Int64
		f := newFixture(t, tired(500*time.Millisecond, &got), tired(500*time.Millisecond, &got))
		f.Limit(places, 0)
		var failed atomic.Int64
		for range calls {
			// 50 a second that take half a second each: 25 of the 40 places.
			time.Sleep(20 * time.Millisecond) //nolint:forbidigo // the bubble's clock
			go func() {
				if _, err := f.within(t, time.Second, afterCommand); err != nil {
					failed.Add(1)
				}
			}()
		}
		time.Sleep(2 * time.Second) //nolint:forbidigo // the bubble's clock
		synctest.Wait()
		second := got.Load() - calls
		t.Logf("%d calls came to %d second attempts", calls, second)
		if most := int64(calls/10 + places/2); second < calls/20 || second > most {
			t.Errorf("%d calls came to %d second attempts, want at most %d", calls, second, most)
		}
		if n := failed.Load(); n > 0 {
			t.Errorf("%d calls failed", n)
		}
		f.counted(t, fmt.Sprintf(`switchhook_plugin_second_attempts_total{outcome="unneeded",plugin="test",reason="slow"} %d`, second))
		text, err := gather(f.registry)
		if err != nil || strings.Contains(text, `switchhook_plugin_second_attempts_withheld_total{plugin="test",reason="budget"} 0`) {
			t.Errorf("what was not made is not counted: %v", err)
		}
	})
}

// TestAllThatAHangingProcessHasIsOvertaken freezes one of two processes with half of
// the places, again and again, with some calls in between.
func TestAllThatAHangingProcessHasIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const places, stuck = 40, 20
		var well *process
		well = newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
			if cb.Command == beforeCommand {
				<-well.dead
			}
			return sdk.Reply{Info: "well"}, nil
		})
		defer func() { well.die() }()
		f := newFixture(t, well)
		f.Limit(places, 0)
		f.fill(t.Context(), places, beforeCommand) // so that after-commands go elsewhere
		for range 5 {
			frozen := hangs()
			f.Publish(frozen.Intake)
			answers := make(chan error, stuck)
			for i := range stuck {
				go func() { // they came one after another
					_, err := f.within(t, time.Second+time.Duration(i)*time.Millisecond, afterCommand)
					answers <- err
				}()
			}
			synctest.Wait()
			if n := frozen.InFlight(); n != stuck {
				t.Errorf("%d hang, want %d", n, stuck)
			}
			for range stuck {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
			frozen.die()
			fresh := replies("fresh")
			f.Replace(frozen.Intake, fresh.Intake)
			for range 10 * stuck {
				if _, err := f.within(t, time.Second, afterCommand); err != nil {
					t.Error(err)
				}
			}
			f.Withdraw(fresh.Intake)
		}
	})
}

// TestFirstAttemptsKeepAPlace has a second attempt at a slow call leave the last
// quarter of the places to calls that come.
func TestFirstAttemptsKeepAPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow, other := hangs(), hangs()
		f := newFixture(t, other, slow)
		f.Limit(8, 0)
		for range 6 {
			f.sendWithin(t, time.Second, afterCommand)
		}
		time.Sleep(500 * time.Millisecond) //nolint:forbidigo // the bubble's clock
		synctest.Wait()
		if held := f.Held(afterCommand); held != 6 {
			t.Errorf("%d of 8 places are held by 6 calls", held)
		}
		f.counted(t, `switchhook_plugin_second_attempts_withheld_total{plugin="test",reason="places"} 6`)
		slow.die()
		other.die()
	})
}
