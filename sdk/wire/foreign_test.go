package wire_test

import (
	"sync"
	"testing"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

func TestBadRepliesAreFound(t *testing.T) {
	t.Parallel()
	const ok = wirepb.Result_RESULT_HANDLED
	replies := map[string]*wirepb.HandleResponse{
		"no result":                             {},
		"a result that does not exist":          {Result: 99},
		"extra that is not JSON":                {Result: ok, Extra: []byte(`{"MsgBody":`)},
		"extra that is an array":                {Result: ok, Extra: []byte(`[]`)},
		"extra that is null":                    {Result: ok, Extra: []byte(`null`)},
		"extra followed by something":           {Result: ok, Extra: []byte(`{} {}`)},
		"a standard key in extra":               {Result: ok, Extra: []byte(`{"ErrorCode":0}`)},
		"a standard key in other letters":       {Result: ok, Extra: []byte(`{"actionstatus":"FAIL"}`)},
		"a standard key in letters that fold":   {Result: ok, Extra: []byte(`{"Action` + "\u017F" + `tatus":"FAIL"}`)},
		"a standard key with an escaped letter": {Result: ok, Extra: []byte(`{"Error\u0049nfo":""}`)},
		"a reply above the limit":               {Result: ok, ErrorInfo: string(make([]byte, wire.MaxBody+1))},
	}
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var answer *wirepb.HandleResponse
			client := (&fakePlugin{answer: func(*wirepb.HandleRequest) *wirepb.HandleResponse {
				mu.Lock()
				defer mu.Unlock()
				return answer
			}}).connect(t, options)
			for name, reply := range replies {
				mu.Lock()
				answer = &wirepb.HandleResponse{Result: reply.GetResult(), ErrorInfo: reply.GetErrorInfo(), Extra: reply.GetExtra()}
				mu.Unlock()
				got, err := client.Handle(t.Context(), event(afterCommand))
				if err == nil {
					t.Errorf("%s: taken as %+v", name, got)
					continue
				}
				want(t, err, sdk.KindBadReply)
			}
		})
	}
}

func TestAnswersThatNobodyAskedForHarmNothing(t *testing.T) {
	t.Parallel()
	fake := &fakePlugin{extra: func(m *wirepb.HandleStreamResponse) {
		for _, answer := range m.GetAnswers() {
			m.Answers = append(m.Answers,
				&wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: "twice", Sequence: answer.GetSequence()},
				&wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: "early", Sequence: answer.GetSequence() + 1},
				&wirepb.HandleResponse{Result: wirepb.Result_RESULT_HANDLED, ErrorInfo: "never", Sequence: 1 << 60})
		}
	}}
	client := fake.connect(t, wire.ClientOptions{})
	for range 100 {
		reply, err := client.Handle(t.Context(), event(afterCommand))
		// One that comes early may meet a call that has its number by then; that
		// plugin has only itself to blame.
		if err != nil || reply.Info != event(afterCommand).ID && reply.Info != "early" {
			t.Fatalf("reply = %+v, %v", reply, err)
		}
	}
}

func TestPluginWithoutStreamIsCalledUnary(t *testing.T) {
	t.Parallel()
	fake := &fakePlugin{description: &wirepb.DescribeResponse{Name: "python"}}
	client := fake.connect(t, wire.ClientOptions{})
	reply, err := client.Handle(t.Context(), event(beforeCommand))
	if err != nil || reply.Info == "" {
		t.Errorf("reply = %+v, %v", reply, err)
	}
	if n := fake.lanes.Load(); n != 0 {
		t.Errorf("%d streams were opened", n)
	}
	if err := client.Drain(t.Context()); err != nil {
		t.Errorf("drain of a plugin that cannot: %v", err)
	}
}

func TestReplayNeverReachesAPluginThatDoesNotKnowIt(t *testing.T) {
	t.Parallel()
	for way, options := range ways() {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			client := (&fakePlugin{onCall: func(int, uint64) { t.Error("it was called") }}).connect(t, options)
			for _, purpose := range []sdk.Purpose{sdk.Replay, sdk.DryRun, sdk.Purpose(99)} {
				_, err := client.Handle(t.Context(), sdk.Callback{Command: afterCommand, Purpose: purpose})
				want(t, err, sdk.KindUnsupported)
			}
		})
	}
}
