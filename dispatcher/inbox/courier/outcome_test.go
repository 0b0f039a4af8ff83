package courier_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// once fails the first attempt at each callback with err.
func once(err error) handle {
	return func(_ context.Context, _ string, cb sdk.Callback) error {
		if cb.Attempt == 1 {
			return err
		}
		return nil
	}
}

func TestWhatGoesWellIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, nil)
		r.start()
		r.accept(cmdA, "1", "2", "3")
		r.accept(cmdB, "4")
		synctest.Wait()
		if n := len(r.deliveries()); n != 4 || r.states()[store.Done] != 4 {
			t.Errorf("%d deliveries, states %v; want 4 and all done", n, r.states())
		}
		d := r.deliveries()[0].cb
		if d.Attempt != 1 || d.Redelivered || d.Purpose != sdk.Live {
			t.Errorf("the first attempt is %+v", d)
		}
		r.close()
	})
}

func TestWhatFailedComesAgainAsTheSameCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, once(errSick), nil)
		r.start()
		r.accept(cmdA, "1")
		pass(time.Minute)
		seen := r.deliveries()
		if len(seen) != 2 {
			t.Fatalf("%d deliveries, want 2", len(seen))
		}
		want := seen[0].cb
		want.Attempt, want.Redelivered = 2, true
		if diff := cmp.Diff(want, seen[1].cb); diff != "" {
			t.Errorf("the second attempt differs:\n%s", diff)
		}
		if wait := seen[1].at.Sub(seen[0].at); wait != time.Second/2 {
			t.Errorf("it came after %v, want half of the first span", wait)
		}
		if o := r.copies()["1"]; o.State != store.Done || o.Attempts != 2 {
			t.Errorf("the copy is %+v", o)
		}
		r.close()
	})
}

func TestWhatNoAttemptCanCureIsADeadLetterAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want store.Reason
	}{
		"permanent":         {sdk.Permanent(errSick), store.Permanent},
		"malformed":         {sdk.Malformed(errSick), store.Malformed},
		"unsupported":       {&sdk.Fault{Kind: sdk.KindUnsupported}, store.Unsupported},
		"a bad reply":       {&sdk.Fault{Kind: sdk.KindBadReply}, store.BadReply},
		"a poison callback": {errPoison, store.Poison},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil, once(tt.err), nil)
				r.start()
				r.accept(cmdA, "1")
				pass(time.Minute)
				o := r.copies()["1"]
				if o.State != store.Dead || o.Reason != tt.want || o.Attempts != 1 || o.Error != tt.err.Error() {
					t.Errorf("%v, %v after %d attempts: %q", o.State, o.Reason, o.Attempts, o.Error)
				}
				r.close()
			})
		})
	}
}

func TestARetryWaitsAsLongAsThePluginAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, once(sdk.RetryAfter(42*time.Second, errSick)), nil)
		r.start()
		r.accept(cmdA, "1")
		pass(time.Hour)
		seen := r.deliveries()
		if wait := seen[1].at.Sub(seen[0].at); wait != 42*time.Second {
			t.Errorf("it came after %v", wait)
		}
		r.close()
	})
}

// The clock was years ahead when an attempt failed, and is right again.
func TestARetryIsNotPutOffForYearsByAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*courier.Options){"unordered": nil, "ordered": byUser} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
					if string(cb.Body) == "eve/1" && cb.Attempt == 1 {
						return sdk.RetryAfter(time.Hour, errSick)
					}
					return nil
				}, change)
				r.accept(cmdA, "ann/1", "tom/1", "sue/1")
				synctest.Wait()
				at := time.Now().Add(4 * 365 * 24 * time.Hour)
				r.queue(&store.Batch{Results: []store.Result{
					{Plugin: "p", Seq: 1, State: store.Retry, Attempts: 1, At: at, DueAt: at.Add(time.Minute)},
					{Plugin: "p", Seq: 2, State: store.Retry, Attempts: 1, At: at, DueAt: at.Add(time.Hour)},
					{Plugin: "p", Seq: 3, State: store.Retry, Attempts: 1, At: time.Now(), DueAt: time.Now().Add(time.Hour)},
				}})
				synctest.Wait()
				r.start()
				r.accept(cmdA, "eve/1")
				pass(10 * time.Second)
				if got := slices.Sorted(slices.Values(r.bodies())); !slices.Equal(got, []string{"ann/1", "eve/1", "tom/1"}) {
					t.Errorf("delivered %v, want each once, and neither what is to wait an hour", got)
				}
				pass(time.Hour)
				if states := r.states(); states[store.Done] != 4 {
					t.Errorf("states %v", states)
				}
				r.close()
			})
		})
	}
}

func TestWhatFailsForTooLongExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error { return errSick }, func(o *courier.Options) {
			o.Settings.Retry = courier.Retry{MaxAge: time.Hour, MaxBackoff: 10 * time.Minute}
		})
		r.start()
		r.accept(cmdA, "1")
		pass(3 * time.Hour)
		seen := r.deliveries()
		o := r.copies()["1"]
		if o.State != store.Dead || o.Reason != store.Expired || o.Attempts != len(seen) {
			t.Errorf("%v, %v after %d attempts", o.State, o.Reason, o.Attempts)
		}
		if age := seen[len(seen)-1].at.Sub(seen[0].at); age != time.Hour {
			t.Errorf("the last attempt came after %v, want the hour used", age)
		}
		// 0.5, 1, 2 … 256 s, and then every 5 minutes.
		if n := len(seen); n < 18 || n > 24 {
			t.Errorf("%d attempts", n)
		}
		r.close()
	})
}

func TestAPluginThatIsNotThereCostsNoAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		back := time.Now().Add(10 * time.Hour)
		r := newRig(t, nil, func(context.Context, string, sdk.Callback) error {
			if time.Now().Before(back) {
				return errDown
			}
			return nil
		}, nil)
		r.start()
		r.accept(cmdA, "1", "2", "3")
		pass(time.Minute)
		if l := r.line(); l.Why != errDown.Error() || l.Until.IsZero() || l.Limit != 1 {
			t.Errorf("the line is %+v", l)
		}
		pass(11 * time.Hour)
		if states := r.states(); states[store.Done] != 3 {
			t.Errorf("states %v", states)
		}
		for body, o := range r.copies() {
			if o.Attempts != 1 {
				t.Errorf("%s took %d attempts", body, o.Attempts)
			}
		}
		if l := r.line(); l.Why != "" {
			t.Errorf("the line still says %q", l.Why)
		}
		r.close()
	})
}

func TestACorruptCopyIsADeadLetterAndNotDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, nil)
		r.accept(cmdA, "1", "2", "3")
		synctest.Wait()
		r.store.Damage(2)
		r.start()
		synctest.Wait()
		bodies := r.bodies()
		slices.Sort(bodies) // two deliveries at once may come in any order
		if diff := cmp.Diff([]string{"1", "3"}, bodies); diff != "" {
			t.Error(diff)
		}
		if o := r.copies()["2"]; o.State != store.Dead || o.Reason != store.Corrupt {
			t.Errorf("%v %v", o.State, o.Reason)
		}
		if l := r.line(); l.Memory != 0 {
			t.Errorf("%d bytes of memory in use once all is over", l.Memory)
		}
		r.close()
	})
}

func TestAPanicIsAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt == 1 {
				panic("a secret")
			}
			return nil
		}, nil)
		r.start()
		r.accept(cmdA, "1")
		pass(time.Minute)
		if o := r.copies()["1"]; o.State != store.Done || o.Attempts != 2 {
			t.Errorf("%v after %d attempts", o.State, o.Attempts)
		}
		r.close()
	})
}

func TestAnAttemptEndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(ctx context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt > 1 {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		}, func(o *courier.Options) {
			o.Settings.Deliveries = map[string]courier.Delivery{"Sns.*": {Timeout: 7 * time.Second}}
		})
		r.start()
		r.accept(cmdA, "1")
		pass(time.Minute)
		seen := r.deliveries()
		if len(seen) != 2 || seen[1].at.Sub(seen[0].at) != 7500*time.Millisecond {
			t.Errorf("deliveries %v", seen)
		}
		r.close()
	})
}

func TestAnAttemptHasItsTimeHoweverLongThoseBeforeItTook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var least time.Duration
		slow := func(ctx context.Context, _ string, _ sdk.Callback) error {
			end, _ := ctx.Deadline()
			if left := time.Until(end); least == 0 || left < least {
				least = left
			}
			time.Sleep(50 * time.Millisecond) //nolint:forbidigo // in a bubble: no time passes outside
			return ctx.Err()
		}
		r := newRig(t, nil, slow, func(o *courier.Options) {
			o.Settings.Deliveries = map[string]courier.Delivery{"*": {Timeout: 10 * time.Second, MaxInFlight: 1}}
		})
		r.start()
		for range 300 { // more than ten seconds of one goroutine
			r.accept(cmdA, "1")
		}
		pass(time.Minute)
		if n := len(r.deliveries()); n != 300 {
			t.Errorf("%d deliveries, want 300", n)
		}
		if least < 10*time.Second-10*time.Second/64 {
			t.Errorf("an attempt had %v, more than a 64th less than its timeout", least)
		}
		r.close()
	})
}
