package sdktest_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/sdktest"
)

const (
	message = "Group.CallbackBeforeSendMsg"
	friend  = "Sns.CallbackPrevFriendAdd"
	invite  = "Group.CallbackBeforeInviteJoinGroup"
	blocked = "Sns.CallbackBlackListAdd"
	chatbot = "Chatbot.OnC2CSignalMessage"
)

func items(text string) sdk.Reply { return sdk.Reply{Extra: json.RawMessage(text)} }

const (
	oneRefused = `{"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""},{"To_Account":"id2","ResultCode":38000,"ResultInfo":"not now"}]}`
	allRefused = `{"ResultItem":[{"To_Account":"id1","ResultCode":38000,"ResultInfo":"not now"},{"To_Account":"id2","ResultCode":38000,"ResultInfo":"not now"}]}`
)

// silent is what a chatbot sends that has nothing to say.
var silent, _ = imevent.Chatbot.Silent().Reply()

// twoFriends asks about two accounts.
const twoFriends = `{"FriendItem":[{"To_Account":"id1"},{"To_Account":"id2"}]}`

// judged is a decision without a plugin behind it.
func judged(tb testing.TB, command string, body any, reply sdk.Reply, err error) *sdktest.Decision {
	tb.Helper()
	return sdktest.Handler(sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return reply, err })).
		Decide(tb, command, body)
}

// Each row holds, and fails with its text where it is expected of the row before
// and after.
func TestDecisionsReadAsSentences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		command string
		body    any
		reply   sdk.Reply
		err     error
		holds   func(*sdktest.Decision)
		not     func(*sdktest.Decision)
		said    string
	}{
		"allowed": {
			command: message,
			holds:   func(d *sdktest.Decision) { d.Allowed() },
			not:     func(d *sdktest.Decision) { d.Rejected(10100) },
			said: "Group.CallbackBeforeSendMsg was allowed, and should have been rejected with 10100\n" +
				`Tencent would read: {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`,
		},
		"rejected with a text": {
			command: message, reply: sdk.Reply{Code: 10100, Info: "please not here"},
			holds: func(d *sdktest.Decision) { d.Rejected(10100).Saying("not here") },
			not:   func(d *sdktest.Decision) { d.Allowed() },
			said: `Group.CallbackBeforeSendMsg was rejected with 10100, saying "please not here", and should have been allowed` + "\n" +
				`Tencent would read: {"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"please not here"}`,
		},
		"rejected with another code": {
			command: message, reply: sdk.Reply{Code: 10100},
			holds: func(d *sdktest.Decision) { d.Rejected(10100) },
			not:   func(d *sdktest.Decision) { d.Rejected(10101) },
			said:  "should have been rejected with 10101",
		},
		"dropped": {
			command: message, reply: sdk.Reply{Code: 2},
			holds: func(d *sdktest.Decision) { d.Dropped().Rejected(2) },
			not:   func(d *sdktest.Decision) { d.Rewritten(nil) },
			said:  "was dropped silently, and should have been rewritten",
		},
		"rewritten": {
			command: message, reply: items(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]}`),
			holds: func(d *sdktest.Decision) {
				d.Rewritten(nil).Rewritten(`{"MsgBody": [{"MsgContent": {"Text": "***"}, "MsgType": "TIMTextElem"}]}`)
			},
			not:  func(d *sdktest.Decision) { d.Rewritten(map[string]any{"MsgBody": []any{}}) },
			said: "should have been rewritten otherwise (-want +got):",
		},
		"rewritten is not allowed": {
			command: message, reply: items(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]}`),
			holds: func(d *sdktest.Decision) { d.Rewritten(nil) },
			not:   func(d *sdktest.Decision) { d.Allowed() },
			said:  `was rewritten, and should have been allowed` + "\n" + `Tencent would read: {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgBody":[{"MsgType":`,
		},
		"one of two friends": {
			command: friend, body: twoFriends, reply: items(oneRefused),
			holds: func(d *sdktest.Decision) { d.RefusedTargets("id2").Saying("not now") },
			not:   func(d *sdktest.Decision) { d.RefusedTargets("id1", "id2") },
			said:  `was refused for some targets: id2 with 38000, saying "not now", and should have been refused for id1, id2 and nobody else`,
		},
		"both friends": {
			command: friend, body: twoFriends, reply: items(allRefused),
			holds: func(d *sdktest.Decision) { d.Rejected(38000).RefusedTargets("id2", "id1") },
			not:   func(d *sdktest.Decision) { d.Rejected(38001) },
			said:  `was rejected for every target: id1 with 38000, saying "not now"; id2 with 38000`,
		},
		"one invited member": {
			command: invite, body: `{"DestinationMembers":[{"Member_Account":"a"},{"Member_Account":"b"}]}`,
			reply: items(`{"RefusedMembers_Account":["b"]}`),
			holds: func(d *sdktest.Decision) { d.RefusedTargets("b") },
			not:   func(d *sdktest.Decision) { d.Allowed() },
			said:  "was refused for some targets: b, and should have been allowed",
		},
		"an event": {
			command: blocked,
			holds:   func(d *sdktest.Decision) { d.Acknowledged() },
			not:     func(d *sdktest.Decision) { d.Allowed() },
			said:    "Sns.CallbackBlackListAdd was acknowledged, and should have been allowed",
		},
		"an event that nobody handled": {
			command: blocked, err: errors.New("the disk is full"),
			holds: func(d *sdktest.Decision) { d.Failed(sdk.KindFailed) },
			not:   func(d *sdktest.Decision) { d.Acknowledged() },
			said: "was not answered (failed: the disk is full), and should have been acknowledged\n" +
				"Tencent would read ActionStatus FAIL, and by default not send the event again",
		},
		"an event that nobody claims": {
			command: blocked, err: &sdk.Fault{Kind: sdk.KindUnsupported},
			holds: func(d *sdktest.Decision) { d.Failed(sdk.KindUnsupported) },
			not:   func(d *sdktest.Decision) { d.Acknowledged() },
			said:  "Tencent would read ActionStatus OK where no plugin claims the command",
		},
		"a chatbot's answer": {
			command: chatbot, reply: items(`{"RspData":"hi"}`),
			holds: func(d *sdktest.Decision) { d.Answered("hi") },
			not:   func(d *sdktest.Decision) { d.Acknowledged() },
			said: `Chatbot.OnC2CSignalMessage was answered with the data "hi", and should have been acknowledged` + "\n" +
				`Tencent would read: {"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":"hi"}`,
		},
		"a chatbot's other answer": {
			command: chatbot, reply: items(`{"RspData":"hi"}`),
			holds: func(d *sdktest.Decision) { d.Answered("hi") },
			not:   func(d *sdktest.Decision) { d.Answered("hello") },
			said:  `was answered with the data "hi", and should have been answered with the data "hello"`,
		},
		"a silent chatbot": {
			command: chatbot, reply: silent,
			holds: func(d *sdktest.Decision) { d.Acknowledged() },
			not:   func(d *sdktest.Decision) { d.Answered("hi") },
			said:  `was acknowledged, and should have been answered with the data "hi"`,
		},
		"a body that does not fit": {
			command: message, err: sdk.Malformed(errors.New("MsgBody: want a list")),
			holds: func(d *sdktest.Decision) { d.Malformed() },
			not:   func(d *sdktest.Decision) { d.Dropped() },
			said:  "Tencent would read what the route's on_failure says; it is allow where nobody has set it",
		},
		"an answer that Tencent would misread": {
			command: message, reply: sdk.Reply{Code: 99},
			holds: func(d *sdktest.Decision) { d.Failed(sdk.KindBadReply) },
			not:   func(d *sdktest.Decision) { d.Malformed() },
			said:  "was not answered (bad_reply: reply to Group.CallbackBeforeSendMsg: code 99 has no meaning here",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.holds(judged(t, test.command, test.body, test.reply, test.err))
			spy := &recorder{TB: t}
			test.not(judged(spy, test.command, test.body, test.reply, test.err))
			if len(spy.failures) != 1 || !strings.Contains(spy.failures[0], test.said) {
				t.Errorf("failures = %q\nwant one with %q", spy.failures, test.said)
			}
		})
	}
}

func TestDecisionsOfAPlugin(t *testing.T) {
	t.Parallel()
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsPrevFriendAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsPrevFriendAddEvent) (imevent.FriendAnswer, error) {
		answer := imevent.Friend.Allow(ev)
		if slices.Contains(ev.Targets(), "mallory") {
			answer = answer.Reject("mallory", "ask an administrator")
		}
		return answer, nil
	})
	direct := sdktest.Handler(&mux)
	direct.Decide(t, friend, nil).Allowed()
	direct.Decide(t, friend, sdktest.With("FriendItem.0.To_Account=mallory")).RefusedTargets("mallory").Saying("administrator")
	direct.Decide(t, friend, `{"FriendItem": [["a", "b"]]}`).Malformed()
	direct.Decide(t, message, nil).Failed(sdk.KindUnsupported)
}

func TestHandlerAloneIsTreatedAsOverTheLink(t *testing.T) {
	t.Parallel()
	broken := sdktest.Handler(sdk.HandlerFunc(func(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
		switch string(cb.Body) {
		case "panic":
			panic("on purpose")
		case "wait":
			<-ctx.Done()
			return sdk.Reply{}, ctx.Err()
		default:
			return sdk.Reply{}, errors.New("an error")
		}
	}))
	for body, want := range map[string]struct {
		kind sdk.FaultKind
		text string
	}{
		"panic": {sdk.KindFailed, "handler panicked: on purpose\n"},
		"fail":  {sdk.KindFailed, "an error"},
		"wait":  {sdk.KindTimeout, context.DeadlineExceeded.Error()},
	} {
		over := time.Now().Add(time.Hour)
		if body == "wait" {
			over = time.Now()
		}
		ctx, cancel := context.WithDeadline(t.Context(), over)
		_, err := broken.Send(ctx, message, body)
		cancel()
		fault, ok := errors.AsType[*sdk.Fault](err)
		if !ok || fault.Kind != want.kind || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: err = %v, want a fault %s: %s", body, err, want.kind, want.text)
		}
	}
}

func TestEditsThatDoNotFitEndTheTest(t *testing.T) {
	t.Parallel()
	for want, body := range map[string]any{
		`send Sns.CallbackPrevFriendAdd: change the sample of Sns.CallbackPrevFriendAdd: "FriendItem" is not PATH=VALUE`:                              sdktest.With("FriendItem"),
		`send Sns.CallbackPrevFriendAdd: change the sample of Sns.CallbackPrevFriendAdd: edit body at Nothing: no key "Nothing"`:                      sdktest.Without("Nothing"),
		`send Sns.CallbackPrevFriendAdd: encode body of Sns.CallbackPrevFriendAdd: json: unsupported type: chan int`:                                  make(chan int),
		`send Sns.CallbackPrevFriendAdd: change the sample of Sns.CallbackPrevFriendAdd: edit body at FriendItem.9: "9" is no index of an array of 2`: sdktest.With("FriendItem.9=x").With("Good=1"),
		`send Sns.CallbackPrevFriendAdd: change the sample of Sns.CallbackPrevFriendAdd: path "" has an empty key`:                                    sdktest.Without("").With("bad"),
	} {
		spy := &recorder{TB: t}
		spy.run(func() { sdktest.Handler(sdk.HandlerFunc(nil)).Decide(spy, friend, body) })
		if got := strings.Join(spy.failures, "\n"); got != want {
			t.Errorf("failures = %s\nwant %s", got, want)
		}
	}
	if _, err := sdktest.With("a=1").Body("New.CallbackThing"); err == nil {
		t.Error("a command without a sample has one")
	}
}
