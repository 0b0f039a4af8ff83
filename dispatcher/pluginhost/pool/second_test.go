package pool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// dies returns a process that dies of its first call.
func dies() *process {
	var p *process
	p = newProcess(func(context.Context, sdk.Callback) (sdk.Reply, error) {
		p.die()
		return sdk.Reply{}, errDied
	})
	return p
}

func TestAFailedCallIsTriedElsewhereWhereThatDoesNoHarm(t *testing.T) {
	t.Parallel()
	unsent := func(kind sdk.FaultKind) *process { return fails(&sdk.Fault{Kind: kind, Err: wire.ErrNotSent}) }
	own := func(kind sdk.FaultKind) *process { return fails(&sdk.Fault{Kind: kind, Err: errOwn}) }
	idempotent := sdk.Claim{Pattern: beforeCommand, Idempotent: true}
	for name, tt := range map[string]struct {
		first   *process
		command string
		claims  []sdk.Claim
		second  bool // it is tried elsewhere
		reason  string
	}{
		"an after-command, its process died":             {first: dies(), command: afterCommand, second: true, reason: "died"},
		"a before-command, its process died":             {first: dies(), command: beforeCommand},
		"a before-command that is claimed idempotent":    {first: dies(), command: beforeCommand, claims: []sdk.Claim{idempotent}, second: true, reason: "died"},
		"a family that is claimed idempotent":            {first: dies(), command: beforeCommand, claims: []sdk.Claim{{Pattern: "Group.*", Idempotent: true}}, second: true, reason: "died"},
		"everything is, but a closer claim is not":       {first: dies(), command: beforeCommand, claims: []sdk.Claim{{Pattern: "*", Idempotent: true}, {Pattern: beforeCommand}}},
		"a before-command that was never sent":           {first: unsent(sdk.KindUnavailable), command: beforeCommand, second: true, reason: "not_sent"},
		"one for which there was no room in the queue":   {first: unsent(sdk.KindOverloaded), command: beforeCommand, second: true, reason: "not_sent"},
		"one that a process on its way out refused":      {first: fails(&sdk.Fault{Kind: sdk.KindOverloaded, Err: errors.Join(wire.ErrNotSent, wire.ErrDraining)}), command: beforeCommand, second: true, reason: "not_sent"},
		"one that is too large for any process":          {first: unsent(sdk.KindMalformed), command: afterCommand},
		"the plugin says that it failed":                 {first: own(sdk.KindFailed), command: afterCommand},
		"the plugin says that it will never do":          {first: own(sdk.KindPermanent), command: afterCommand},
		"the plugin complains":                           {first: own(sdk.KindMalformed), command: afterCommand},
		"the plugin says that it has no room":            {first: own(sdk.KindOverloaded), command: afterCommand},
		"the plugin does not know the command":           {first: own(sdk.KindUnsupported), command: afterCommand},
		"the answer makes no sense":                      {first: own(sdk.KindBadReply), command: afterCommand},
		"an after-command that nobody lists":             {first: dies(), command: "X.CallbackAfterX", second: true, reason: "died"},
		"a before-command that nobody lists":             {first: dies(), command: "X.CallbackBeforeX"},
		"one that nobody lists, and a claim decides":     {first: dies(), command: "X.CallbackX", claims: []sdk.Claim{{Pattern: "X.CallbackX", Decides: true}}},
		"a before-command that nobody lists but a claim": {first: dies(), command: "X.CallbackBeforeX", claims: []sdk.Claim{{Pattern: "X.CallbackBeforeX", Idempotent: true}}, second: true, reason: "died"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got sdk.Callback
			other := newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				got = cb
				return sdk.Reply{Info: "second"}, nil
			})
			f := newFixture(t, other, tt.first)
			f.Describe(tt.claims)
			f.Eject(other.Intake) // until the call is inside the first
			serve := tt.first.serve
			tt.first.serve = func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
				f.Readmit(other.Intake)
				return serve(ctx, cb)
			}
			reply, err := f.within(t, time.Minute, tt.command)
			if tt.second != (reply.Info == "second") || tt.second != (err == nil) {
				t.Fatalf("got %q, %v", reply.Info, err)
			}
			if !tt.second {
				return
			}
			if redelivered := tt.reason == "died"; got.Redelivered != redelivered || (got.Attempt == 2) != redelivered {
				t.Errorf("it came as attempt %d, redelivered %v", got.Attempt, got.Redelivered)
			}
			f.counted(t, fmt.Sprintf(`switchhook_plugin_second_attempts_total{outcome="answered",plugin="test",reason=%q} 1`, tt.reason))
		})
	}
}

func TestASecondAttemptIsTheLast(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dies(), dies(), dies())
	_, err := f.within(t, time.Minute, afterCommand)
	wantKind(t, err, sdk.KindUnavailable)
	f.counted(t, `switchhook_plugin_second_attempts_total{outcome="failed",plugin="test",reason="died"} 1`)
	if _, err := f.Handle(t.Context(), sdk.Callback{ID: "another", Command: afterCommand}); !errors.Is(err, errDied) {
		t.Errorf("the third process has not died of it: %v", err)
	}
}

func TestALostCallWaitsForTheProcessThatComes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		expected bool
		took     time.Duration
	}{
		"who is expected":  {true, 200 * time.Millisecond},
		"unless none does": {false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, dies())
				f.ExpectSomebody(tt.expected)
				time.AfterFunc(200*time.Millisecond, func() { f.Publish(replies("new").Intake) })
				begun := time.Now()
				_, err := f.within(t, time.Second, afterCommand)
				if took := time.Since(begun); took != tt.took || tt.expected != (err == nil) {
					t.Errorf("it took %s and gave %v", took, err)
				}
				time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock: the timer above ends
			})
		})
	}
}

func TestASlowCallIsOvertaken(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	own := &sdk.Fault{Kind: sdk.KindFailed, Err: errOwn}
	for name, tt := range map[string]struct {
		first, second func() *process
		command       string
		took          time.Duration
		info          string // empty: an error of kind
		kind          sdk.FaultKind
		outcome       string // empty: no second attempt was made
	}{
		"by one that answers": {first: hangs, second: func() *process { return replies("second").after(50 * ms) }, took: 450 * ms, info: "second", outcome: "answered"},
		"not when it answers before": {
			first: func() *process { return replies("first").after(390 * ms) }, second: func() *process { return replies("second") }, took: 390 * ms, info: "first",
		},
		"and is faster all the same": {
			first: func() *process { return replies("first").after(500 * ms) }, second: func() *process { return replies("second").after(200 * ms) }, took: 500 * ms, info: "first", outcome: "unneeded",
		},
		"by one that fails": {
			first: func() *process { return replies("first").after(700 * ms) }, second: func() *process { return fails(own) }, took: 700 * ms, info: "first", outcome: "failed",
		},
		"and fails": {
			first: func() *process { return fails(own).after(500 * ms) }, second: func() *process { return replies("second").after(300 * ms) }, took: 700 * ms, info: "second", outcome: "answered",
		},
		"and fails as the other one does": {
			first: func() *process { return fails(own).after(500 * ms) }, second: func() *process { return fails(own).after(200 * ms) }, took: 600 * ms, kind: sdk.KindFailed, outcome: "failed",
		},
		"to no avail": {first: hangs, second: hangs, took: time.Second, kind: sdk.KindTimeout, outcome: "failed"},
		"not when it must not come twice": {
			first: hangs, second: func() *process { return replies("second") }, command: beforeCommand, took: time.Second, kind: sdk.KindTimeout,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first, second := tt.first(), tt.second()
				f := newFixture(t, second, first) // a fresh pool begins with the last of two
				command := tt.command
				if command == "" {
					command = afterCommand
				}
				begun := time.Now()
				reply, err := f.within(t, time.Second, command)
				if took := time.Since(begun); took != tt.took {
					t.Errorf("it took %s, want %s", took, tt.took)
				}
				if reply.Info != tt.info {
					t.Errorf("the answer is %q of %v, want %q", reply.Info, err, tt.info)
				}
				if tt.info == "" {
					wantKind(t, err, tt.kind)
				}
				first.die()
				second.die()
				synctest.Wait()
				if tt.outcome != "" {
					f.counted(t, fmt.Sprintf(`switchhook_plugin_second_attempts_total{outcome=%q,plugin="test",reason="slow"} 1`, tt.outcome))
				} else {
					f.counted(t, `switchhook_plugin_second_attempts_total{outcome="answered",plugin="test",reason="slow"} 0`)
				}
				if n := f.Held(command) + first.InFlight() + second.InFlight(); n != 0 {
					t.Errorf("%d are still under way", n)
				}
			})
		})
	}
}

// panicking is a link that panics, as only a mistake of the gateway's own does.
type panicking struct{ broken chan struct{} }

func (p panicking) Broken() <-chan struct{} { return p.broken }

func (panicking) HandleIn(context.Context, sdk.Callback, wire.Place) (sdk.Reply, error) { panic("bug") }

func TestASecondAttemptThatPanicsHarmsNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.Publish(pool.NewIntake(panicking{make(chan struct{})}, nil))
		f.Publish(replies("first").after(500 * time.Millisecond).Intake) // a fresh pool begins with the last of two
		if reply, err := f.within(t, time.Second, afterCommand); err != nil || reply.Info != "first" {
			t.Errorf("got %q, %v", reply.Info, err)
		}
		synctest.Wait()
		if log := f.log.String(); !strings.Contains(log, "second attempt panicked") || strings.Contains(log, `"panic":"bug"`) {
			t.Errorf("the log says %s", log)
		}
	})
}

func TestASlowCallIsNotOvertakenWithoutAPlaceToSpare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := replies("slow").after(time.Second)
		f := newFixture(t, replies("second"), slow) // a fresh pool begins with the last of two
		f.Limit(1, 0)
		if reply, err := f.within(t, 2*time.Second, afterCommand); err != nil || reply.Info != "slow" {
			t.Errorf("got %q, %v", reply.Info, err)
		}
		f.counted(t, `switchhook_plugin_second_attempts_total{outcome="answered",plugin="test",reason="slow"} 0`,
			`switchhook_plugin_second_attempts_total{outcome="failed",plugin="test",reason="slow"} 0`)
	})
}

func TestASlowCallIsOvertakenByAnotherProcessEvenIfThatHasMoreToDo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var busy *process
		busy = newProcess(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
			if cb.Command == beforeCommand {
				<-busy.dead
			}
			return sdk.Reply{Info: "busy"}, nil
		})
		f := newFixture(t, busy)
		f.send(t.Context(), sdk.Callback{Command: beforeCommand})
		f.send(t.Context(), sdk.Callback{Command: beforeCommand})
		synctest.Wait()
		slow := hangs()
		f.Publish(slow.Intake)
		if reply, err := f.within(t, time.Second, afterCommand); err != nil || reply.Info != "busy" {
			t.Errorf("got %q, %v", reply.Info, err)
		}
		busy.die()
		slow.die()
	})
}
