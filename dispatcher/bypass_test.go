package dispatcher_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// asked is a plugin that must not be asked.
func asked(t *testing.T) sdk.Handler {
	t.Helper()
	return sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		t.Errorf("the plugin was asked about %s", cb.Command)
		return sdk.Reply{}, nil
	})
}

func bypassUntil(command, app string, d imevent.Decision, until time.Time) dispatcher.Bypass {
	return dispatcher.Bypass{Command: command, App: app, Decision: d, Until: until}
}

func TestABypassAnswersInThePluginsPlace(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	tests := map[string]struct {
		command  string
		bypasses []dispatcher.Bypass
		code     int
	}{
		"allow lets everything through": {groupSend, []dispatcher.Bypass{bypassUntil(groupSend, "", imevent.Allow, later)}, 0},
		"deny refuses as the command does": {
			groupSend, []dispatcher.Bypass{bypassUntil(groupSend, "", imevent.Deny, later)}, 10100,
		},
		"a family's covers what a plugin decides": {groupSend, []dispatcher.Bypass{bypassUntil("Group.*", "", imevent.Deny, later)}, 10100},
		"a family's covers a command that nobody has heard of": {
			"Group.CallbackBeforeNew", []dispatcher.Bypass{bypassUntil("Group.*", "", imevent.Allow, later)}, 0,
		},
		"the command's own counts more than its family's": {
			groupSend, []dispatcher.Bypass{bypassUntil("Group.*", "", imevent.Deny, later), bypassUntil(groupSend, "", imevent.Allow, later)}, 0,
		},
		"the app's own counts more than that for all": {
			groupSend, []dispatcher.Bypass{bypassUntil(groupSend, "", imevent.Allow, later), bypassUntil("Group.*", appID, imevent.Deny, later)}, 10100,
		},
		"a command stays answered when its plugin takes the claim back": {
			giftSend, []dispatcher.Bypass{bypassUntil(giftSend, "", imevent.Allow, later)}, 0,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := newCounts()
			d := gateway(t, dispatcher.Options{Registerer: counts}, dispatcher.Blueprint{
				Plugins:  []dispatcher.Plugin{plugin("one", "Group.*", asked(t))},
				Bypasses: tc.bypasses,
			})
			got := d.Dispatch(t.Context(), callback(t, tc.command))
			if got.Outcome != dispatcher.OutcomeBypassed || got.Reply.Code != tc.code || got.Failed {
				t.Errorf("outcome %s, code %d, failed %t; want bypassed, %d", got.Outcome, got.Reply.Code, got.Failed, tc.code)
			}
			for _, family := range []string{"switchhook_callbacks_total", "switchhook_decisions_defaulted_total"} {
				if n := counts.sum(t, family, "outcome", "bypassed"); n != 1 {
					t.Errorf("%s counts %d as bypassed, want 1", family, n)
				}
			}
			if n := counts.sum(t, "switchhook_decisions_defaulted_total", "", ""); n != 1 {
				t.Errorf("counted %d defaulted decisions, want 1", n)
			}
		})
	}
}

func TestABypassIsForNothingElse(t *testing.T) {
	t.Parallel()
	later := time.Now().Add(time.Hour)
	for name, tc := range map[string]struct {
		command string
		bypass  dispatcher.Bypass
	}{
		"another app's decisions are asked for":   {groupSend, bypassUntil(groupSend, "1400000002", imevent.Deny, later)},
		"another command's are":                   {giftSend, bypassUntil(groupSend, "", imevent.Deny, later)},
		"an event of the family is handled":       {"Group.CallbackAfterSendMsg", bypassUntil("Group.*", "", imevent.Deny, later)},
		"an event whose reply is read is handled": {chatbot, bypassUntil("Chatbot.*", "", imevent.Deny, later)},
		"one that is over answers nothing":        {groupSend, bypassUntil(groupSend, "", imevent.Deny, time.Now())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
				Plugins:  []dispatcher.Plugin{plugin("one", tc.command, answers(sdk.Reply{}))},
				Bypasses: []dispatcher.Bypass{tc.bypass},
			})
			if got := d.Dispatch(t.Context(), callback(t, tc.command)); got.Outcome == dispatcher.OutcomeBypassed {
				t.Error("the plugin was not asked")
			}
		})
	}
}

// Nobody builds a table when a bypass ends: the clock alone ends it.
func TestABypassEndsAtItsTimeExactly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
			Plugins:  []dispatcher.Plugin{plugin("one", groupSend, answers(sdk.Reply{}))},
			Bypasses: []dispatcher.Bypass{bypassUntil(groupSend, "", imevent.Deny, time.Now().Add(time.Minute))},
		})
		time.Sleep(time.Minute - time.Nanosecond) //nolint:forbidigo // the bubble's clock
		if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeBypassed {
			t.Errorf("just before its end: %s", got.Outcome)
		}
		time.Sleep(time.Nanosecond) //nolint:forbidigo // the bubble's clock
		if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeOK {
			t.Errorf("at its end: %s", got.Outcome)
		}
	})
}

// An unreadable body is decided by the policy, and by the bypass in its place.
func TestABypassAnswersWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
		Plugins:  []dispatcher.Plugin{plugin("one", groupSend, asked(t))},
		Routes:   map[string]dispatcher.RouteConfig{groupSend: {OnFailure: dispatcher.PolicyDeny}},
		Bypasses: []dispatcher.Bypass{bypassUntil(groupSend, "", imevent.Allow, time.Now().Add(time.Hour))},
	})
	got, decided := d.Decline(callback(t, groupSend), dispatcher.OutcomeMalformed)
	if !decided || got.Outcome != dispatcher.OutcomeBypassed || got.Reply.Code != 0 {
		t.Errorf("decided %t, outcome %s, code %d; want the bypass's allow", decided, got.Outcome, got.Reply.Code)
	}
}

func TestARouteTellsItsBypass(t *testing.T) {
	t.Parallel()
	want := bypassUntil("Group.*", "", imevent.Deny, time.Now().Add(time.Hour))
	d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil), plugin("two", blockAdd, nil)}, Bypasses: []dispatcher.Bypass{want},
	})
	for _, r := range d.Table().Routes() {
		if bypassed := r.Bypass != nil; bypassed != (r.Command == groupSend) || bypassed && *r.Bypass != want {
			t.Errorf("%s: bypass %+v", r.Command, r.Bypass)
		}
	}
}

func TestParseDecision(t *testing.T) {
	t.Parallel()
	if d, err := dispatcher.ParseDecision("deny"); err != nil || d != imevent.Deny {
		t.Errorf("deny: %v %v", d, err)
	}
	if _, err := dispatcher.ParseDecision("maybe"); err == nil {
		t.Error("maybe is a decision")
	}
}
