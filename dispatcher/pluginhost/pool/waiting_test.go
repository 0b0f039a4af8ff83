package pool_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

func TestWithoutAProcessACallbackWaitsOnlyWhenOneIsExpected(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(f *fixture)
		meet    func(f *fixture) // after 300 ms
		took    time.Duration
		served  bool
		outcome string
	}{
		"nobody is expected": {prepare: func(*fixture) {}, meet: func(*fixture) {}},
		"somebody comes": {
			prepare: func(f *fixture) { f.ExpectSomebody(true) },
			meet:    func(f *fixture) { f.Publish(replies("new").Intake) },
			took:    300 * time.Millisecond, served: true, outcome: "served",
		},
		"somebody is readmitted": {
			prepare: func(f *fixture) {
				p := replies("silent")
				f.Publish(p.Intake)
				f.Eject(p.Intake)
				f.ExpectSomebody(true)
				time.AfterFunc(300*time.Millisecond, func() { f.Readmit(p.Intake) })
			},
			meet: func(*fixture) {}, took: 300 * time.Millisecond, served: true, outcome: "served",
		},
		"nobody comes": {
			prepare: func(f *fixture) { f.ExpectSomebody(true) }, meet: func(*fixture) {},
			took: 400 * time.Millisecond, outcome: "given_up",
		},
		"who was expected does not come": {
			prepare: func(f *fixture) { f.ExpectSomebody(true) }, meet: func(f *fixture) { f.ExpectSomebody(false) },
			took: 300 * time.Millisecond, outcome: "given_up",
		},
		"who comes is dead already": {
			prepare: func(f *fixture) { f.ExpectSomebody(true) },
			meet: func(f *fixture) {
				p := replies("dead")
				p.die()
				f.Publish(p.Intake)
			},
			took: 400 * time.Millisecond, outcome: "given_up",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t)
				tt.prepare(f)
				begun := time.Now()
				time.AfterFunc(300*time.Millisecond, func() { tt.meet(f) })
				_, err := f.within(t, time.Second, beforeCommand)
				if took := time.Since(begun); took != tt.took {
					t.Errorf("it took %s, want %s", took, tt.took)
				}
				if tt.served != (err == nil) {
					t.Errorf("got the error %v", err)
				}
				if err != nil {
					wantKind(t, err, sdk.KindUnavailable)
				}
				if tt.outcome != "" {
					f.counted(t, `switchhook_plugin_waits_total{outcome="`+tt.outcome+`",plugin="test"} 1`)
				}
				if n := f.Waiters() + f.Held(beforeCommand); n != 0 {
					t.Errorf("%d are still there", n)
				}
				time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock: the timers above end
			})
		})
	}
}

func TestACallbackWithoutADeadlineWaitsASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.ExpectSomebody(true)
		begun := time.Now()
		_, err := f.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
		wantKind(t, err, sdk.KindUnavailable)
		if took := time.Since(begun); took != time.Second {
			t.Errorf("it waited %s", took)
		}
	})
}

func TestTheNumberOfThoseWhoWaitIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Limit(4, 0)
		f.ExpectSomebody(true)
		ctx, cancel := context.WithCancel(t.Context())
		for range 4 {
			f.send(ctx, sdk.Callback{Command: beforeCommand})
		}
		synctest.Wait()
		begun := time.Now()
		_, err := f.within(t, time.Second, beforeCommand)
		wantKind(t, err, sdk.KindUnavailable)
		if took := time.Since(begun); took != 0 || f.Waiters() != 4 {
			t.Errorf("it waited %s beside %d", took, f.Waiters())
		}
		f.counted(t, `switchhook_plugin_waits_total{outcome="no_room",plugin="test"} 1`)
		time.AfterFunc(100*time.Millisecond, func() { f.Publish(replies("new").Intake) })
		if _, err := f.within(t, time.Second, afterCommand); err != nil {
			t.Errorf("another command had no room to wait: %v", err)
		}
		cancel()
		synctest.Wait()
		if f.Waiters() != 0 {
			t.Errorf("%d wait whose callers have left", f.Waiters())
		}
	})
}
