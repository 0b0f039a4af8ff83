package dispatcher_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const (
	appID     = "1400000001"
	blockAdd  = "Sns.CallbackBlackListAdd"
	groupSend = "Group.CallbackBeforeSendMsg"
	giftSend  = "Live.CallbackBeforeSendGift"
	friendAdd = "Sns.CallbackPrevFriendAdd"
	invite    = "Group.CallbackBeforeInviteJoinGroup"
	chatbot   = "Chatbot.OnC2CSignalMessage"
)

// What a plugin may do in these tests.
func answers(r sdk.Reply) sdk.Handler {
	return sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return r, nil })
}

func fails(err error) sdk.Handler {
	return sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, err })
}

func hangs() sdk.Handler {
	return sdk.HandlerFunc(func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		<-ctx.Done()
		return sdk.Reply{}, ctx.Err()
	})
}

func panics() sdk.Handler {
	return sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { panic("bug") })
}

func unavailable() error {
	return &sdk.Fault{Kind: sdk.KindUnavailable, Err: errors.New("process is down")}
}

// plugin claims one command and does one thing.
func plugin(name, pattern string, h sdk.Handler) dispatcher.Plugin {
	return dispatcher.Plugin{Name: name, Handler: h, Claims: []sdk.Claim{{Pattern: pattern}}}
}

// gateway returns a dispatcher that has b's table; an app is added when b has none.
func gateway(t *testing.T, o dispatcher.Options, b dispatcher.Blueprint) *dispatcher.Dispatcher {
	t.Helper()
	d, err := dispatcher.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if b.Apps == nil {
		b.Apps = []dispatcher.App{{ID: appID}}
	}
	table, err := d.Build(b)
	if err != nil {
		t.Fatal(err)
	}
	d.Swap(table)
	return d
}

func callback(t *testing.T, command string) sdk.Callback {
	t.Helper()
	body, ok := samples.Request(command)
	if !ok {
		body = []byte(`{}`)
	}
	return sdk.Callback{ID: "id-1", Command: command, AppID: appID, ReceivedAt: time.Now(), Attempt: 1, Body: body}
}

func TestDispatchAnswers(t *testing.T) {
	t.Parallel()
	var (
		allow  = sdk.Reply{}
		reject = sdk.Reply{Code: 10100, Info: "no"}
		drop   = sdk.Reply{Code: 2}
		edit   = sdk.Reply{Extra: json.RawMessage(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]}`)}
		deny   = map[string]dispatcher.RouteConfig{groupSend: {OnFailure: dispatcher.PolicyDeny}}
		inOrd  = map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"one", "two"}}}
	)
	tests := map[string]struct {
		command   string
		plugins   []dispatcher.Plugin
		routes    map[string]dispatcher.RouteConfig
		want      dispatcher.Outcome
		code      int
		extra     string
		failed    bool
		forApp    string
		defaulted int
	}{
		"an event that its plugin has handled is ok": {
			command: blockAdd, plugins: []dispatcher.Plugin{plugin("one", blockAdd, answers(allow))}, want: dispatcher.OutcomeOK,
		},
		"an event is ok only when every claimant has handled it": {
			command: blockAdd, plugins: []dispatcher.Plugin{plugin("one", blockAdd, answers(allow)), plugin("two", "Sns.*", fails(errors.New("disk")))},
			want: dispatcher.OutcomeFailed, code: 1, failed: true,
		},
		"an event whose plugin is down is reported, not hidden": {
			command: blockAdd, plugins: []dispatcher.Plugin{plugin("one", blockAdd, fails(unavailable()))},
			want: dispatcher.OutcomeUnavailable, code: 1, failed: true,
		},
		"a verdict on an event is a bad reply": {
			command: blockAdd, plugins: []dispatcher.Plugin{plugin("one", blockAdd, answers(reject))},
			want: dispatcher.OutcomeBadReply, code: 1, failed: true,
		},
		"a panic on our side harms one callback": {
			command: blockAdd, plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics())},
			want: dispatcher.OutcomeInternal, code: 1, failed: true,
		},
		"a command that nobody claims is answered ok": {command: blockAdd, want: dispatcher.OutcomeUnrouted},
		"a command that is not in the catalogue reaches a catch-all": {
			command: "Group.CallbackAfterTomorrow", plugins: []dispatcher.Plugin{plugin("all", "*", answers(allow))}, want: dispatcher.OutcomeOK,
		},
		"a refusal of an unlisted before-command goes out as it is": {
			command: "Group.CallbackBeforeTomorrow", plugins: []dispatcher.Plugin{plugin("all", "Group.*", answers(sdk.Reply{Code: 7}))},
			want: dispatcher.OutcomeRejected, code: 7,
		},
		"a callback of an unknown app is not anybody's": {
			command: blockAdd, forApp: "999", plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics())}, want: dispatcher.OutcomeUnrouted,
		},
		"a decision that allows goes through": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(allow))}, want: dispatcher.OutcomeOK,
		},
		"a refusal is an outcome of its own and no error": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(reject))},
			want: dispatcher.OutcomeRejected, code: 10100,
		},
		"a silent drop is a refusal": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(drop))}, want: dispatcher.OutcomeRejected, code: 2,
		},
		"a refusal ends the chain": {
			command: groupSend, routes: inOrd, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(reject)), plugin("two", groupSend, panics())},
			want: dispatcher.OutcomeRejected, code: 10100,
		},
		"one handler of a chain may rewrite": {
			command: groupSend, routes: inOrd, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(edit)), plugin("two", groupSend, answers(allow))},
			want: dispatcher.OutcomeOK, extra: string(edit.Extra),
		},
		"a second rewrite is not sent": {
			command: groupSend, routes: inOrd, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(edit)), plugin("two", groupSend, answers(edit))},
			want: dispatcher.OutcomeBadReply, extra: string(edit.Extra), defaulted: 1,
		},
		"a failed decision does what Tencent would do: a message passes": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, fails(errors.New("bug")))},
			want: dispatcher.OutcomeFailed, defaulted: 1,
		},
		"a failed decision does what Tencent would do: a gift does not pass": {
			command: giftSend, plugins: []dispatcher.Plugin{plugin("one", giftSend, fails(errors.New("bug")))},
			want: dispatcher.OutcomeFailed, code: 102100, defaulted: 1,
		},
		"a failed decision is refused where the operator says so": {
			command: groupSend, routes: deny, plugins: []dispatcher.Plugin{plugin("one", groupSend, fails(unavailable()))},
			want: dispatcher.OutcomeUnavailable, code: 10100, defaulted: 1,
		},
		"after a failure that is allowed the next handler still decides": {
			command: groupSend, routes: inOrd, plugins: []dispatcher.Plugin{plugin("one", groupSend, fails(errors.New("bug"))), plugin("two", groupSend, answers(reject))},
			want: dispatcher.OutcomeRejected, code: 10100, defaulted: 1,
		},
		"a code outside the range is never sent": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(sdk.Reply{Code: 120001}))},
			want: dispatcher.OutcomeBadReply, defaulted: 1,
		},
		"the closest claim decides": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("wide", "*", panics()), plugin("close", groupSend, answers(reject)), plugin("family", "Group.*", panics())},
			want: dispatcher.OutcomeRejected, code: 10100,
		},
		"two equal claims on a decision make that command unavailable": {
			command: groupSend, plugins: []dispatcher.Plugin{plugin("one", groupSend, panics()), plugin("two", groupSend, panics())},
			want: dispatcher.OutcomeUnavailable, defaulted: 1,
		},
		"partial refusals are united": {
			command: invite, routes: map[string]dispatcher.RouteConfig{invite: {Handlers: []string{"one", "two"}}},
			plugins: []dispatcher.Plugin{
				plugin("one", invite, answers(sdk.Reply{Extra: json.RawMessage(`{"RefusedMembers_Account":["jared"]}`)})),
				plugin("two", invite, answers(sdk.Reply{Extra: json.RawMessage(`{"RefusedMembers_Account":["tommy"]}`)})),
			},
			want: dispatcher.OutcomeRejected, extra: `{"RefusedMembers_Account":["jared","tommy"]}`,
		},
		"the chatbot's answer is read although it is an event": {
			command: chatbot, plugins: []dispatcher.Plugin{plugin("bot", chatbot, answers(sdk.Reply{Extra: json.RawMessage(`{"RspData":"hello"}`)}))},
			want: dispatcher.OutcomeOK, extra: `{"RspData":"hello"}`,
		},
		"a chatbot that fails says so": {
			command: chatbot, plugins: []dispatcher.Plugin{plugin("bot", chatbot, fails(errors.New("model")))},
			want: dispatcher.OutcomeFailed, code: 1, failed: true,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counts := newCounts()
			d := gateway(t, dispatcher.Options{Registerer: counts}, dispatcher.Blueprint{Plugins: tc.plugins, Routes: tc.routes})
			cb := callback(t, tc.command)
			if tc.forApp != "" {
				cb.AppID = tc.forApp
			}
			got := d.Dispatch(t.Context(), cb)
			if got.Outcome != tc.want || got.Reply.Code != tc.code || got.Failed != tc.failed {
				t.Errorf("outcome %s, code %d, failed %t; want %s, %d, %t", got.Outcome, got.Reply.Code, got.Failed, tc.want, tc.code, tc.failed)
			}
			if diff := cmp.Diff(decoded(t, tc.extra), decoded(t, string(got.Reply.Extra))); diff != "" {
				t.Errorf("extra keys (-want +got):\n%s", diff)
			}
			if n := counts.sum(t, "switchhook_callbacks_total", "outcome", tc.want.String()); n != 1 {
				t.Errorf("counted %d callbacks as %s, want 1", n, tc.want)
			}
			if n := counts.sum(t, "switchhook_callbacks_total", "", ""); n != 1 {
				t.Errorf("counted %d callbacks in all, want 1", n)
			}
			if n := counts.sum(t, "switchhook_decisions_defaulted_total", "", ""); n != tc.defaulted {
				t.Errorf("counted %d defaulted decisions, want %d", n, tc.defaulted)
			}
		})
	}
}

// A refusal of friends names each of them with code 0 on top, since a code on top
// lets everything pass.
func TestDeniedFriendsAreRefusedOneByOne(t *testing.T) {
	t.Parallel()
	d := gateway(t, dispatcher.Options{}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("one", friendAdd, fails(unavailable()))},
		Routes:  map[string]dispatcher.RouteConfig{friendAdd: {OnFailure: dispatcher.PolicyDeny}},
	})
	got := d.Dispatch(t.Context(), callback(t, friendAdd))
	if got.Reply.Code != 0 {
		t.Fatalf("code %d on top lets every friend pass", got.Reply.Code)
	}
	var extra struct {
		ResultItem []struct {
			ToAccount  string `json:"To_Account"`
			ResultCode int
		}
	}
	if err := json.Unmarshal(got.Reply.Extra, &extra); err != nil {
		t.Fatal(err)
	}
	if len(extra.ResultItem) != 2 {
		t.Fatalf("%d results for two targets: %s", len(extra.ResultItem), got.Reply.Extra)
	}
	for _, item := range extra.ResultItem {
		if item.ResultCode < 38000 || item.ResultCode > 39000 {
			t.Errorf("%s passes with code %d", item.ToAccount, item.ResultCode)
		}
	}
}

func decoded(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q is not JSON: %v", text, err)
	}
	return v
}
