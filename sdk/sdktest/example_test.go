package sdktest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

// greeter is the plugin of these examples. Its setting is what it says.
func greeter() serve.Plugin {
	cfg := &struct {
		Text string `json:"text"`
	}{Text: "welcome"}
	var mux sdk.Mux
	mux.HandleAny("Sns.CallbackFriendAdd", sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		if cb.Attempt > 1 {
			return sdk.Reply{Info: cfg.Text + " again"}, nil
		}
		return sdk.Reply{Info: cfg.Text}, nil
	}))
	return serve.Plugin{Name: "greeter", Mux: &mux, Config: cfg}
}

// In a test, Start begins and the test's end closes. The func is
// what would stand in the test file.
func ExampleStart() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.Start(t, greeter())
		reply, err := link.Send(t.Context(), "Sns.CallbackFriendAdd", nil)
		if err != nil || reply.Info != "welcome" {
			t.Errorf("reply = %+v, %v", reply, err)
		}
	}
	// Output:
}

func ExampleStartWith() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.StartWith(t, greeter(), sdktest.Options{Config: `{"text": "hello"}`})
		reply, err := link.Send(t.Context(), "Sns.CallbackFriendAdd", nil)
		if err != nil || reply.Info != "hello" {
			t.Errorf("reply = %+v, %v", reply, err)
		}
	}
	// Output:
}

// Open tells what an operator reads who has made a mistake in the settings.
func ExampleOpen() {
	_, err := sdktest.Open(context.Background(), greeter(), sdktest.Options{Config: `{"txt": "hello"}`})
	fmt.Println(err)
	// Output: config: unknown key "txt" (known: text)
}

func ExampleSender_Send() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	for _, body := range []any{nil, `{"PairList": []}`, map[string]any{"PairList": []any{}}} {
		reply, err := link.Send(ctx, "Sns.CallbackFriendAdd", body)
		fmt.Println(reply.Info, err)
	}
	_, err = link.Send(ctx, "Sns.CallbackFriendDelete", nil)
	fmt.Println(sdk.KindOf(err), err)
	// Output:
	// welcome <nil>
	// welcome <nil>
	// welcome <nil>
	// unsupported no handler for Sns.CallbackFriendDelete
}

func ExampleSender_Deliver() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	reply, err := link.Deliver(ctx, sdk.Callback{Command: "Sns.CallbackFriendAdd", Attempt: 2, Body: []byte("{}")})
	fmt.Println(reply.Info, err)
	// Output: welcome again <nil>
}

func ExampleLink_Describe() {
	ctx := context.Background()
	link, err := sdktest.Open(ctx, greeter(), sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	d, err := link.Describe(ctx)
	fmt.Println(d.Name, d.Claims[0].Pattern, d.Capabilities, err)
	// Output: greeter Sns.CallbackFriendAdd [stream drain] <nil>
}

func ExampleLink_Healthy() {
	ctx := context.Background()
	plugin := greeter()
	plugin.Health = func(context.Context) error { return errors.New("lost its voice") }
	link, err := sdktest.Open(ctx, plugin, sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = link.Close() }()
	fmt.Println(link.Healthy(ctx))
	// Output: lost its voice
}

func ExampleLink_Close() {
	ctx := context.Background()
	plugin := greeter()
	plugin.Close = func(context.Context) error { fmt.Println("closed"); return nil }
	link, err := sdktest.Open(ctx, plugin, sdktest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(link.Close())
	// Output:
	// closed
	// <nil>
}

// With one option the plugin is a process of its own: this test binary, which runs
// the test again up to the same call.
func ExampleOptions() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.StartWith(t, greeter(), sdktest.Options{Process: true})
		link.Decide(t, "Sns.CallbackFriendAdd", nil).Acknowledged()
	}
	// Output:
}

// friends refuses everybody's friendship to mallory.
func friends() *sdk.Mux {
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsPrevFriendAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsPrevFriendAddEvent) (imevent.FriendAnswer, error) {
		answer := imevent.Friend.Allow(ev)
		if slices.Contains(ev.Targets(), "mallory") {
			answer = answer.Reject("mallory", "mallory is on holiday")
		}
		return answer, nil
	})
	return &mux
}

// A handler needs no plugin to be asked what it decides.
func ExampleHandler() {
	sender := sdktest.Handler(friends())
	reply, err := sender.Send(context.Background(), "Sns.CallbackPrevFriendAdd", sdktest.With("FriendItem.0.To_Account=mallory"))
	fmt.Println(reply.Code, len(reply.Extra) > 0, err)
	// Output: 0 true <nil>
}

// Decisions read as sentences. The func is what would stand in the test file.
func ExampleSender_Decide() {
	_ = func(t *testing.T) {
		t.Helper()
		sender := sdktest.Handler(friends())
		sender.Decide(t, "Sns.CallbackPrevFriendAdd", nil).Allowed()
		sender.Decide(t, "Sns.CallbackPrevFriendAdd", sdktest.With("FriendItem.0.To_Account=mallory")).
			RefusedTargets("mallory").Saying("on holiday")
		sender.Decide(t, "Sns.CallbackPrevFriendAdd", "[]").Malformed()
	}
	// Output:
}

// What an event does must be right the second time as well.
func ExampleSender_Again() {
	_ = func(t *testing.T) {
		t.Helper()
		link := sdktest.Start(t, greeter())
		first := link.Decide(t, "Sns.CallbackFriendAdd", nil).Acknowledged().Saying("welcome")
		link.Again(t, first, sdk.Live).Acknowledged().Saying("welcome again")
		link.Again(t, first, sdk.Replay).Failed(sdk.KindUnsupported) // it accepts none
	}
	// Output:
}

// Judge is for callbacks of the test's own making, such as one that comes again.
func ExampleJudge() {
	_ = func(t *testing.T) {
		t.Helper()
		cb := sdk.Callback{Command: "Sns.CallbackFriendAdd", AppID: sdktest.AppID, Attempt: 2, Redelivered: true, Body: []byte("{}")}
		reply, err := sdktest.Start(t, greeter()).Deliver(t.Context(), cb)
		sdktest.Judge(t, cb, reply, err).Acknowledged().Saying("welcome again")
	}
	// Output:
}

func ExampleWith() {
	body, err := sdktest.With("PairList.0.From_Account=alice", "Extra.Level=3").Body("Sns.CallbackBlackListDelete")
	fmt.Println(strings.Contains(string(body), `"From_Account":"alice"`), strings.Contains(string(body), `"Extra":{"Level":3}`), err)
	// Output: true true <nil>
}

func ExampleWithout() {
	body, err := sdktest.Without("PairList").Body("Sns.CallbackBlackListDelete")
	fmt.Println(strings.Contains(string(body), "PairList"), err)
	// Output: false <nil>
}

func ExampleEdits_Body() {
	_, err := sdktest.Without("Nothing").Body("Sns.CallbackBlackListDelete")
	fmt.Println(err)
	// Output: change the sample of Sns.CallbackBlackListDelete: edit body at Nothing: no key "Nothing"
}

func ExampleEdits_With() {
	body, err := sdktest.Without("PairList").With("PairList.0.To_Account=bob").Body("Sns.CallbackBlackListDelete")
	fmt.Println(strings.Contains(string(body), `"PairList":[{"To_Account":"bob"}]`), err)
	// Output: true <nil>
}

func ExampleEdits_Without() {
	body, err := sdktest.With("PairList.0.From_Account=alice").Without("PairList.0.To_Account").Body("Sns.CallbackBlackListDelete")
	fmt.Println(strings.Contains(string(body), "alice"), err)
	// Output: true <nil>
}

// An expectation that does not hold fails the test with what happened instead,
// and what Tencent would read:
//
//	Group.CallbackBeforeSendMsg was allowed, and should have been rejected with 10100
//	Tencent would read: {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}
func ExampleDecision() {
	_ = func(t *testing.T, moderation *sdktest.Link) {
		t.Helper()
		const message = "Group.CallbackBeforeSendMsg"
		moderation.Decide(t, message, nil).Allowed()
		moderation.Decide(t, message, sdktest.With("MsgBody.0.MsgContent.Text=an insult")).Rejected(10100).Saying("be kind")
		moderation.Decide(t, message, sdktest.With("MsgBody.0.MsgContent.Text=an advert")).Dropped()
		moderation.Decide(t, message, sdktest.With("MsgBody.0.MsgContent.Text=damn")).
			Rewritten(`{"MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "****"}}]}`)
		moderation.Decide(t, message, sdktest.Without("MsgBody")).Failed(sdk.KindPermanent)
		moderation.Decide(t, message, sdktest.With("MsgBody=5")).Malformed()
		moderation.Decide(t, "Group.CallbackBeforeInviteJoinGroup", sdktest.With("DestinationMembers.0.Member_Account=mallory")).
			RefusedTargets("mallory")
		if d := moderation.Decide(t, "Group.CallbackAfterSendMsg", nil).Acknowledged(); d.Err() == nil && d.Reply().Info != "" {
			t.Errorf("%s with a text that nobody reads", d)
		}
	}
	// Output:
}
