package dispatcher_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

// In a synctest bubble time passes only when everybody waits, so these deadlines
// are exact.
func TestBudgets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		route dispatcher.RouteConfig
		claim sdk.Claim
		late  time.Duration // between the first byte and Dispatch
		took  time.Duration // in Dispatch
	}{
		"a decision gets 1.8 s by default":             {took: 1800 * time.Millisecond},
		"the time spent reading counts":                {late: time.Second, took: 800 * time.Millisecond},
		"a budget already spent is answered at once":   {late: 2 * time.Second, took: 0},
		"the operator's timeout is final":              {route: dispatcher.RouteConfig{Timeout: 300 * time.Millisecond}, took: 300 * time.Millisecond},
		"a claim may ask for less":                     {claim: sdk.Claim{Timeout: time.Second}, took: time.Second},
		"a claim may not ask for more than there is":   {claim: sdk.Claim{Timeout: time.Minute}, took: 1800 * time.Millisecond},
		"the operator's timeout overrules the claim's": {route: dispatcher.RouteConfig{Timeout: 1500 * time.Millisecond}, claim: sdk.Claim{Timeout: time.Second}, took: 1500 * time.Millisecond},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tc.claim.Pattern = groupSend
				d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
					Plugins: []dispatcher.Plugin{{Name: "slow", Handler: hangs(), Claims: []sdk.Claim{tc.claim}}},
					Routes:  map[string]dispatcher.RouteConfig{groupSend: tc.route},
				})
				cb := callback(t, groupSend)
				cb.ReceivedAt = time.Now().Add(-tc.late)
				before := time.Now()
				got := d.Dispatch(t.Context(), cb)
				if got.Outcome != dispatcher.OutcomeTimeout {
					t.Errorf("outcome %s, want timeout", got.Outcome)
				}
				if took := time.Since(before); took != tc.took {
					t.Errorf("answered after %v, want %v", took, tc.took)
				}
			})
		})
	}
}

// A handler that hangs leaves its successors their part of the budget.
func TestChainsShareTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newCounts()
		d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{
			Plugins: []dispatcher.Plugin{plugin("slow", groupSend, hangs()), plugin("strict", groupSend, answers(sdk.Reply{Code: 10100}))},
			Routes:  map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"slow", "strict"}, OnFailure: dispatcher.PolicyAllow}},
		})
		if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeRejected {
			t.Errorf("outcome %s, want the second handler's refusal", got.Outcome)
		}
		if n := registry.sum(t, "switchhook_decisions_defaulted_total", "outcome", "timeout"); n != 1 {
			t.Errorf("%d decisions defaulted, want the first handler's alone", n)
		}
	})
}

func TestDeliverHasItsOwnTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{
			plugin("slow", blockAdd, hangs()), inDebug(plugin("debugged", blockAdd, hangs())),
		}})
		for name, want := range map[string]time.Duration{"slow": dispatcher.DefaultDeliveryTimeout, "debugged": dispatcher.DebugTimeout} {
			before := time.Now()
			_, err := d.Deliver(t.Context(), name, callback(t, blockAdd))
			if sdk.KindOf(err) != sdk.KindTimeout || time.Since(before) != want {
				t.Errorf("%s: %v after %v, want a timeout after %v", name, err, time.Since(before), want)
			}
		}
		for name, want := range map[string]time.Duration{"slow": time.Minute, "debugged": dispatcher.DebugTimeout} {
			before := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			_, err := d.Deliver(ctx, name, callback(t, blockAdd))
			cancel()
			if sdk.KindOf(err) != sdk.KindTimeout || time.Since(before) != want {
				t.Errorf("%s, given a minute: %v after %v, want a timeout after %v", name, err, time.Since(before), want)
			}
		}
	})
}

// Whoever asks for a delivery may stop to want it, of a plugin in debug as well.
func TestADeliveryCanBeCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{
			plugin("slow", blockAdd, hangs()), inDebug(plugin("debugged", blockAdd, hangs())),
		}})
		for _, name := range []string{"slow", "debugged"} {
			before := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			time.AfterFunc(time.Second, cancel)
			_, err := d.Deliver(ctx, name, callback(t, blockAdd))
			if !errors.Is(err, context.Canceled) || time.Since(before) != time.Second {
				t.Errorf("%s: %v after %v, want it cancelled after a second", name, err, time.Since(before))
			}
		}
	})
}

func TestDeliverIsOneAttempt(t *testing.T) {
	t.Parallel()
	registry := newCounts()
	d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{
		plugin("good", blockAdd, answers(sdk.Reply{})),
		plugin("bad", blockAdd, fails(sdk.RetryAfter(time.Minute, errors.New("locked")))),
	}})
	if _, err := d.Deliver(t.Context(), "good", callback(t, blockAdd)); err != nil {
		t.Error(err)
	}
	_, err := d.Deliver(t.Context(), "bad", callback(t, blockAdd))
	if f, ok := errors.AsType[*sdk.Fault](err); !ok || f.RetryAfter != time.Minute {
		t.Errorf("%v has lost its hint", err)
	}
	if _, err = d.Deliver(t.Context(), "gone", callback(t, blockAdd)); sdk.KindOf(err) != sdk.KindUnavailable {
		t.Errorf("%v, want unavailable", err)
	}
	if n := registry.sum(t, "switchhook_deliveries_total", "outcome", "ok"); n != 1 {
		t.Errorf("%d deliveries are ok, want 1", n)
	}
	if n := registry.sum(t, "switchhook_deliveries_total", "outcome", "failed"); n != 1 {
		t.Errorf("%d deliveries failed, want 1", n)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]dispatcher.Blueprint{
		"one route's callbacks under way are bounded": {Routes: map[string]dispatcher.RouteConfig{groupSend: {MaxInFlight: 2}}},
		"one app's callbacks under way are bounded":   {Apps: []dispatcher.App{{ID: appID, MaxInFlight: 2}}},
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entered, leave := make(chan struct{}), make(chan struct{})
			b.Plugins = []dispatcher.Plugin{plugin("busy", groupSend, sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) {
				entered <- struct{}{}
				<-leave
				return sdk.Reply{}, nil
			}))}
			d := gateway(t, dispatcher.Options{}, b)
			var all sync.WaitGroup
			for range 2 {
				all.Go(func() {
					if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeOK {
						t.Errorf("outcome %s, want ok", got.Outcome)
					}
				})
				<-entered
			}
			if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeOverloaded {
				t.Errorf("the third is %s, want overloaded", got.Outcome)
			}
			close(leave)
			all.Wait()
		})
	}
}

// Events that hang, of two commands, take no more than their part of an app's places.
func TestEventsLeavePlacesToDecisions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newCounts()
		d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{
			Apps:    []dispatcher.App{{ID: appID, MaxInFlight: 8}},
			Plugins: []dispatcher.Plugin{plugin("one", blockAdd, hangs()), plugin("two", afterJoin, hangs()), plugin("three", groupSend, answers(sdk.Reply{}))},
		})
		for i := range 10 {
			go d.Dispatch(t.Context(), callback(t, []string{blockAdd, afterJoin}[i%2]))
		}
		synctest.Wait()
		for range 3 {
			if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeOK {
				t.Errorf("a decision is %s while events hang", got.Outcome)
			}
		}
		if n := registry.sum(t, "switchhook_callbacks_total", "outcome", "overloaded"); n != 4 {
			t.Errorf("%d of 10 events are overloaded, want all but three quarters of 8", n)
		}
	})
}

// No command that a request invents becomes a series.
func TestForgedCommandsMintNoSeries(t *testing.T) {
	t.Parallel()
	registry := newCounts()
	d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("all", "Group.*", answers(sdk.Reply{}))}})
	before := registry.names(t)
	for i := range 10_000 {
		cb := callback(t, "Group.Forged"+strconv.Itoa(i))
		if i%2 == 0 {
			cb.Command = "Forged.Command" + strconv.Itoa(i)
		}
		cb.AppID = []string{appID, strconv.Itoa(i)}[i%3%2]
		d.Dispatch(t.Context(), cb)
	}
	if diff := cmp.Diff(before, registry.names(t)); diff != "" {
		t.Errorf("series (-before +after):\n%s", diff)
	}
}

func TestUnreadableBodies(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		command string
		policy  dispatcher.Policy
		decided bool
		code    int
	}{
		"an event is left to HTTP":                            {command: blockAdd},
		"a message passes, as Tencent would have it":          {command: groupSend, decided: true},
		"a message is refused where the operator says so":     {command: groupSend, policy: dispatcher.PolicyDeny, decided: true, code: 10100},
		"an unclaimed decision passes":                        {command: "C2C.CallbackBeforeSendMsg", decided: true},
		"an unclaimed event is left to HTTP":                  {command: "C2C.CallbackAfterSendMsg"},
		"a decision that is not in the catalogue passes, too": {command: "Group.CallbackBeforeTomorrow", decided: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := newCounts()
			d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{
				Plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics()), plugin("two", groupSend, panics())},
				Routes:  map[string]dispatcher.RouteConfig{groupSend: {OnFailure: tc.policy}},
			})
			got, decided := d.Decline(callback(t, tc.command), dispatcher.OutcomeMalformed)
			if decided != tc.decided || got.Outcome != dispatcher.OutcomeMalformed || decided && got.Reply.Code != tc.code {
				t.Errorf("decided %t, outcome %s, code %d; want %t, malformed, %d", decided, got.Outcome, got.Reply.Code, tc.decided, tc.code)
			}
			if n := registry.sum(t, "switchhook_callbacks_total", "outcome", "malformed"); n != 1 {
				t.Errorf("counted %d malformed callbacks, want 1", n)
			}
		})
	}
}
