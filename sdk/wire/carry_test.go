package wire_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

func TestCallbackAndReplyArriveWhole(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var got sdk.Callback
			answer := sdk.Reply{Code: 120001, Info: "nein ☂", Extra: []byte(`{"MsgBody":[]}`)}
			e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				got = cb
				return answer, nil
			}, options)
			sent := event(beforeCommand)
			sent.Attempt, sent.Redelivered, sent.Purpose = 3, true, sdk.Replay
			sent.Traceparent = "00-0192f0c123457abc8def0123456789ab-8def0123456789ab-01"
			reply, err := e.client.Handle(t.Context(), sent)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sent, got); diff != "" {
				t.Errorf("callback: %s", diff)
			}
			if diff := cmp.Diff(answer, reply); diff != "" {
				t.Errorf("reply: %s", diff)
			}
		})
	}
}

func TestCallbackWithoutAnythingStaysSo(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var got sdk.Callback
			e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				got = cb
				return sdk.Reply{}, nil
			}, options)
			if _, err := e.client.Handle(t.Context(), sdk.Callback{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sdk.Callback{}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTextThatIsNotUTF8HarmsNobody(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				if cb.Command == beforeCommand {
					return sdk.Reply{}, errors.New("bad \xff text")
				}
				return sdk.Reply{Info: cb.Platform + "\xfe"}, nil
			}, options)
			reply, err := e.client.Handle(t.Context(), sdk.Callback{Command: afterCommand, Platform: "i\xffOS"})
			if err != nil || reply.Info != "i\uFFFDOS\uFFFD" {
				t.Errorf("reply = %+v, %v", reply, err)
			}
			_, err = e.client.Handle(t.Context(), sdk.Callback{Command: beforeCommand})
			if fault := want(t, err, sdk.KindFailed); fault.Error() != "bad \uFFFD text" {
				t.Errorf("fault = %v", fault)
			}
		})
	}
}

func TestFaultsKeepKindWaitAndText(t *testing.T) {
	t.Parallel()
	cause := errors.New("the reason")
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var fault atomic.Pointer[error]
			e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{}, *fault.Load() }, options)
			for name, test := range map[string]struct {
				err  error
				kind sdk.FaultKind
				wait time.Duration
			}{
				"any other error is failed":             {cause, sdk.KindFailed, 0},
				"failed says when to come again":        {sdk.RetryAfter(time.Minute, cause), sdk.KindFailed, time.Minute},
				"permanent":                             {sdk.Permanent(cause), sdk.KindPermanent, 0},
				"malformed":                             {sdk.Malformed(cause), sdk.KindMalformed, 0},
				"overloaded":                            {sdk.Overloaded(time.Second, cause), sdk.KindOverloaded, time.Second},
				"unsupported":                           {&sdk.Fault{Kind: sdk.KindUnsupported, Err: cause}, sdk.KindUnsupported, 0},
				"an answer the SDK refused is bad":      {&sdk.Fault{Kind: sdk.KindBadReply, Err: cause}, sdk.KindBadReply, 0},
				"a service that is down is failed":      {&sdk.Fault{Kind: sdk.KindUnavailable, Err: cause}, sdk.KindFailed, 0},
				"a timeout of the plugin's own":         {fmt.Errorf("%w%w", cause, context.DeadlineExceeded), sdk.KindFailed, 0},
				"a negative wait is none":               {sdk.RetryAfter(-time.Minute, cause), sdk.KindFailed, 0},
				"a wrapped fault is the fault it wraps": {fmt.Errorf("store: %w", sdk.Permanent(cause)), sdk.KindPermanent, 0},
			} {
				fault.Store(&test.err)
				_, err := e.client.Handle(t.Context(), event(afterCommand))
				got := want(t, err, test.kind)
				if got.RetryAfter != test.wait || !strings.Contains(got.Error(), "the reason") {
					t.Errorf("%s: %v, wait %s", name, got, got.RetryAfter)
				}
			}
		})
	}
}

func TestLongFaultTextIsCut(t *testing.T) {
	t.Parallel()
	e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, errors.New(strings.Repeat("ä", 1<<20))
	}, wire.ClientOptions{})
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	fault := want(t, err, sdk.KindFailed)
	if n := len(fault.Error()); n < 1000 || n > 5000 {
		t.Errorf("the text has %d bytes", n)
	}
}

func TestReplyCodeThatDoesNotFitIsBad(t *testing.T) {
	t.Parallel()
	e := open(t, func(context.Context, sdk.Callback) (sdk.Reply, error) { return sdk.Reply{Code: 1 << 40}, nil }, wire.ClientOptions{})
	_, err := e.client.Handle(t.Context(), event(afterCommand))
	want(t, err, sdk.KindBadReply)
}

func TestOversizeIsRefusedBeforeItBreaksAnything(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := open(t, func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
				if cb.ID == "big reply" {
					return sdk.Reply{Extra: fmt.Appendf(nil, `{"x":%q}`, strings.Repeat("x", wire.MaxBody))}, nil
				}
				return sdk.Reply{Code: len(cb.Body)}, nil
			}, options)
			cb := event(afterCommand)
			cb.Body = make([]byte, wire.MaxBody+1)
			_, err := e.client.Handle(t.Context(), cb)
			want(t, err, sdk.KindMalformed)

			cb.Body = cb.Body[:wire.MaxBody]
			reply, err := e.client.Handle(t.Context(), cb)
			if err != nil || reply.Code != wire.MaxBody {
				t.Errorf("the largest body: %d, %v", reply.Code, err)
			}

			cb = event(afterCommand)
			cb.ID = "big reply"
			_, err = e.client.Handle(t.Context(), cb)
			if fault := want(t, err, sdk.KindBadReply); !strings.Contains(fault.Error(), "above the limit of 8388608") {
				t.Errorf("fault = %v", fault)
			}
			if _, err := e.client.Handle(t.Context(), event(afterCommand)); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}
