package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk"
)

func TestDoubtsAreOfWhatIsReadAndHardlyMeant(t *testing.T) {
	t.Parallel()
	with := func(keys string) string { return `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"",` + keys + `}` }
	element := func(kind string) string { return with(`"MsgBody":[{"MsgType":"` + kind + `","MsgContent":{}}]`) }
	tests := map[string]struct {
		command string
		body    string
		took    time.Duration
		says    []string
	}{
		"a plain reply":                    {beforeMessage, ok, time.Second, nil},
		"nearly late":                      {beforeMessage, ok, 1900 * time.Millisecond, []string{"took 1.9s of Tencent's 2s"}},
		"late, which is a flaw":            {beforeMessage, ok, 3 * time.Second, nil},
		"a letter that is not UTF-8":       {beforeMessage, "{\"\xff\":1}", 0, []string{"byte 3 of the body is not UTF-8"}},
		"the replacement character itself": {beforeMessage, with(`"CloudCustomData":"` + "\uFFFD" + `"`), 0, nil},
		"a known element":                  {beforeMessage, element("TIMFaceElem"), 0, nil},
		"an unknown element":               {beforeMessage, element("TextElem"), 0, []string{"no MsgType TextElem is documented"}},
		"an invited account":               {beforeInvite, with(`"RefusedMembers_Account":["jared"]`), 0, nil},
		"a stranger":                       {beforeInvite, with(`"RefusedMembers_Account":["jared","nobody"]`), 0, []string{"refuses nobody, whom the request does not name"}},
		"a command without a row":          {"Group.CallbackFuture", with(`"RefusedMembers_Account":["nobody"]`), 0, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cb := sdk.Callback{Command: tt.command}
			if tt.command != "Group.CallbackFuture" {
				cb = callbackOf(t, tt.command)
			}
			doubts := verdict.Doubts(cb, verdict.Answer{Status: 200, Body: []byte(tt.body), Took: tt.took})
			if len(doubts) != len(tt.says) || len(doubts) > 0 && !strings.Contains(doubts[0], tt.says[0]) {
				t.Errorf("got %q, want %q", doubts, tt.says)
			}
		})
	}
	unknown := sdk.Callback{Command: beforeInvite}
	if doubts := verdict.Doubts(unknown, verdict.Answer{Status: 200, Body: []byte(with(`"RefusedMembers_Account":["nobody"]`))}); len(doubts) > 0 {
		t.Errorf("without a request: %q", doubts)
	}
}
