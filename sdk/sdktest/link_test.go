package sdktest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
	"github.com/switchhook/switchhook/sdk/sdktest"
	"github.com/switchhook/switchhook/sdk/serve"
)

func answering(command string, reply sdk.Reply, err error) serve.Plugin {
	var mux sdk.Mux
	mux.HandleAny(command, sdk.HandlerFunc(func(context.Context, sdk.Callback) (sdk.Reply, error) { return reply, err }))
	return serve.Plugin{Name: "answering", Mux: &mux}
}

func TestIllegalAnswersFail(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		command string
		reply   sdk.Reply
	}{
		"a verdict on what has happened": {"Sns.CallbackBlackListAdd", sdk.Reply{Code: 1}},
		"a code outside the range":       {"Group.CallbackBeforeSendMsg", sdk.Reply{Code: 99}},
		"a key that Tencent ignores":     {"Group.CallbackBeforeSendMsg", sdk.Reply{Extra: []byte(`{"Unknown":1}`)}},
		"a standard key":                 {"Group.CallbackBeforeSendMsg", sdk.Reply{Extra: []byte(`{"errorCode":1}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := send(t, sdktest.Start(t, answering(test.command, test.reply, nil)), test.command, nil)
			if err == nil || sdk.KindOf(err) != sdk.KindBadReply {
				t.Errorf("reply = %+v, %v", reply, err)
			}
		})
	}
}

func TestLegalAnswersPass(t *testing.T) {
	t.Parallel()
	command := "Group.CallbackBeforeSendMsg"
	reply, err := send(t, sdktest.Start(t, answering(command, sdk.Reply{Code: 1}, nil)), command, nil)
	if err != nil || reply.Code != 1 {
		t.Errorf("reply = %+v, %v", reply, err)
	}
}

func TestBodyArrivesAsGiven(t *testing.T) {
	t.Parallel()
	const command = "Sns.CallbackBlackListAdd"
	sample, ok := samples.Request(command)
	if !ok {
		t.Fatal("no sample")
	}
	for name, test := range map[string]struct {
		body any
		want string
	}{
		"a string":            {`{"a": 1}`, `{"a": 1}`},
		"bytes":               {[]byte(`{"a": 2}`), `{"a": 2}`},
		"a value":             {struct{ A int }{3}, `{"A":3}`},
		"nothing: the sample": {nil, string(sample)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got sdk.Callback
			var mux sdk.Mux
			mux.HandleAny(command, sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				got = cb
				return sdk.Reply{}, nil
			}))
			if _, err := send(t, sdktest.Start(t, serve.Plugin{Name: "x", Mux: &mux}), command, test.body); err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != test.want {
				t.Errorf("body = %s", got.Body)
			}
			if got.ID == "" || got.AppID != sdktest.AppID || got.Command != command || got.Attempt != 1 || got.ReceivedAt.IsZero() {
				t.Errorf("callback = %+v", got)
			}
		})
	}
}

func TestBodyThatCannotBeMadeIsSaid(t *testing.T) {
	t.Parallel()
	link := sdktest.Start(t, answering("New.CallbackThing", sdk.Reply{}, nil))
	for want, body := range map[string]any{
		"there is no sample of New.CallbackThing: give a body":               nil,
		"encode body of New.CallbackThing: json: unsupported type: chan int": make(chan int),
	} {
		if _, err := send(t, link, "New.CallbackThing", body); err == nil || err.Error() != want {
			t.Errorf("err = %v, want %s", err, want)
		}
	}
}

func TestSendGetsTheTimeThatTencentWaits(t *testing.T) {
	t.Parallel()
	var left time.Duration
	var mux sdk.Mux
	mux.HandleAny("Test.Any", sdk.HandlerFunc(func(ctx context.Context, _ sdk.Callback) (sdk.Reply, error) {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return sdk.Reply{}, nil
	}))
	link := sdktest.Start(t, serve.Plugin{Name: "x", Mux: &mux})
	if _, err := link.Send(t.Context(), "Test.Any", "{}"); err != nil {
		t.Fatal(err)
	}
	if left <= 0 || left > 2*time.Second {
		t.Errorf("the handler had %s", left)
	}
}

func TestFaultsKeepTheirKind(t *testing.T) {
	t.Parallel()
	link := sdktest.Start(t, answering("Test.Any", sdk.Reply{}, sdk.Permanent(errors.New("never"))))
	if _, err := send(t, link, "Test.Any", "{}"); sdk.KindOf(err) != sdk.KindPermanent {
		t.Errorf("err = %v", err)
	}
}
