package verdict_test

import (
	"encoding/json"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk"
)

func FuzzJudge(f *testing.F) {
	for _, body := range []string{
		ok, "", "ok", "null", "[]", `"{}"`, ok + ok, "<p>", `{"ActionStatus":null,"ErrorCode":1e3,"ErrorInfo":"\ud800"}`,
		`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgBody":[{}]}`, `{"ActionStatus":"FAIL","ErrorCode":-1,"ErrorInfo":""}`,
	} {
		for _, command := range []string{beforeMessage, beforeInvite, beforeFriend, blacklistAdd, "Group.CallbackFuture"} {
			f.Add(command, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, command string, body []byte) {
		v := verdict.Judge(sdk.Callback{Command: command, Body: []byte("{}")}, verdict.Answer{Status: 200, Body: body})
		if v.Effect == "" || v.Meaning == "" {
			t.Errorf("no verdict: %+v", v)
		}
		var keys map[string]any
		if err := json.Unmarshal(body, &keys); err != nil && len(v.Flaws) == 0 {
			t.Errorf("found no flaw in what cannot be read: %v", err)
		}
	})
}
