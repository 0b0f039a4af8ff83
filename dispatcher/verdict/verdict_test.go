package verdict_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const (
	beforeMessage = "C2C.CallbackBeforeSendMsg"
	beforeGroup   = "Group.CallbackBeforeSendMsg"
	beforeChannel = "OfficialAccount.CallbackBeforeSendMsg"
	beforeInvite  = "Group.CallbackBeforeInviteJoinGroup"
	beforeApply   = "Group.CallbackBeforeApplyJoinGroup"
	beforeFollow  = "OfficialAccount.CallbackBeforeAddSubscriber"
	beforeAnswer  = "Sns.CallbackPrevFriendResponse"
	beforeFriend  = "Sns.CallbackPrevFriendAdd"
	beforeGift    = "Live.CallbackBeforeSendGift"
	blacklistAdd  = "Sns.CallbackBlackListAdd"
	botSignal     = "Chatbot.OnC2CSignalMessage"
	ok            = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// callbackOf is a callback of the command's sample.
func callbackOf(t *testing.T, command string) sdk.Callback {
	t.Helper()
	body, found := samples.Request(command)
	if !found {
		t.Fatalf("no sample of %s", command)
	}
	return sdk.Callback{Command: command, AppID: "1400000001", Body: body}
}

func TestJudgeShapes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		body   string
		took   time.Duration
		err    error
		flaws  []string
		says   string // what the first flaw's text holds
	}{
		"a plain OK is fine":                        {body: ok},
		"white space around it is fine":             {body: "\n" + ok + "\n"},
		"no body at all":                            {body: "", flaws: []string{"empty_body"}, says: `{"ActionStatus":"OK"`},
		"white space for a body":                    {body: " \n", flaws: []string{"empty_body"}},
		"the text success":                          {body: "success", flaws: []string{"not_json"}, says: `"success"`},
		"the text ok":                               {body: "ok", flaws: []string{"not_json"}},
		"an error page":                             {body: "<html><body>500</body></html>", flaws: []string{"html"}},
		"an array":                                  {body: "[]", flaws: []string{"not_object"}},
		"null":                                      {body: "null", flaws: []string{"not_object"}},
		"a bare string":                             {body: `"ok"`, flaws: []string{"not_object"}},
		"JSON encoded twice":                        {body: `"{\"ActionStatus\":\"OK\"}"`, flaws: []string{"json_in_string"}, says: "twice"},
		"two bodies one after the other":            {body: ok + ok, flaws: []string{"two_bodies"}},
		"text after the object":                     {body: ok + "done", flaws: []string{"not_json"}, says: `followed by "done"`},
		"half an object":                            {body: `{"ActionStatus":"OK"`, flaws: []string{"not_json"}},
		"ok in lower case":                          {body: `{"ActionStatus":"ok","ErrorCode":0,"ErrorInfo":""}`, flaws: []string{"action_status"}, says: "capitals"},
		"a status that is no string":                {body: `{"ActionStatus":0,"ErrorCode":0,"ErrorInfo":""}`, flaws: []string{"action_status"}},
		"a status of null":                          {body: `{"ActionStatus":null,"ErrorCode":0,"ErrorInfo":""}`, flaws: []string{"action_status"}},
		"a code as a string":                        {body: `{"ActionStatus":"OK","ErrorCode":"0","ErrorInfo":""}`, flaws: []string{"error_code"}, says: "without quotes"},
		"a code with a fraction":                    {body: `{"ActionStatus":"OK","ErrorCode":0.5,"ErrorInfo":""}`, flaws: []string{"error_code"}},
		"a code of null":                            {body: `{"ActionStatus":"OK","ErrorCode":null,"ErrorInfo":""}`, flaws: []string{"error_code"}},
		"a text that is no string":                  {body: `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":{}}`, flaws: []string{"error_info"}},
		"a text of null":                            {body: `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":null}`, flaws: []string{"error_info"}},
		"an empty object":                           {body: `{}`, flaws: []string{"missing_key", "missing_key", "missing_key"}, says: "ActionStatus is missing"},
		"no status":                                 {body: `{"ErrorCode":0,"ErrorInfo":""}`, flaws: []string{"missing_key"}, says: "ActionStatus"},
		"no code":                                   {body: `{"ActionStatus":"OK","ErrorInfo":""}`, flaws: []string{"missing_key"}, says: "ErrorCode"},
		"no text":                                   {body: `{"ActionStatus":"OK","ErrorCode":0}`, flaws: []string{"missing_key"}, says: "ErrorInfo"},
		"a key in the wrong case":                   {body: `{"ActionStatus":"OK","errorCode":0,"ErrorInfo":""}`, flaws: []string{"missing_key"}, says: "the body says errorCode"},
		"FAIL together with 0":                      {body: `{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":""}`, flaws: []string{"fail_with_0"}},
		"FAIL with a code":                          {body: `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"down"}`, flaws: []string{"fail"}, says: `"down"`},
		"MsgBody as an object":                      {body: `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgBody":{"MsgType":"TIMTextElem"}}`, flaws: []string{"msg_body"}},
		"a code outside the command's range":        {body: `{"ActionStatus":"OK","ErrorCode":99,"ErrorInfo":"no"}`, flaws: []string{"misread"}},
		"a rewrite together with a refusal":         {body: `{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":"","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a"}}]}`, flaws: []string{"misread"}},
		"status 201":                                {status: 201, body: ok, flaws: []string{"status"}, says: "201 Created"},
		"status 401":                                {status: 401, flaws: []string{"status"}},
		"status 403 names app and Sign":             {status: 403, body: `{"error":"forbidden"}`, flaws: []string{"status"}, says: "Sign"},
		"a redirect":                                {status: 302, flaws: []string{"status"}, says: "follows no redirect"},
		"a good reply after more than 2 s":          {body: ok, took: 2100 * time.Millisecond, flaws: []string{"late"}, says: "2.1s"},
		"a bad reply that is late as well":          {body: "", took: 3 * time.Second, flaws: []string{"late", "empty_body"}},
		"no reply in time":                          {err: fmt.Errorf("post: %w", context.DeadlineExceeded), took: 2 * time.Second, flaws: []string{"late"}, says: "within 2s"},
		"no connection":                             {err: errors.New("connection refused"), flaws: []string{"no_reply"}, says: "refused"},
		"several mistakes are all named":            {body: `{"ActionStatus":"ok","ErrorCode":"0"}`, flaws: []string{"action_status", "error_code", "missing_key"}},
		"a long page is not printed in full length": {body: "<" + strings.Repeat("x", 5000), flaws: []string{"html"}, says: "…"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.status == 0 && test.err == nil {
				test.status = 200
			}
			v := verdict.Judge(callbackOf(t, beforeMessage), verdict.Answer{Status: test.status, Body: []byte(test.body), Took: test.took, Err: test.err})
			var flaws []string
			for _, flaw := range v.Flaws {
				flaws = append(flaws, flaw.Code)
			}
			if diff := cmp.Diff(test.flaws, flaws); diff != "" {
				t.Fatalf("flaws (-want +got):\n%s\nin full: %+v", diff, v.Flaws)
			}
			if len(flaws) > 0 && (!strings.Contains(v.Flaws[0].Text, test.says) || len(v.Flaws[0].Text) > 400) {
				t.Errorf("flaw %q does not say %q briefly", v.Flaws[0].Text, test.says)
			}
			if len(flaws) > 0 && v.Effect != verdict.EffectDefaulted {
				t.Errorf("effect = %s, want %s", v.Effect, verdict.EffectDefaulted)
			}
		})
	}
}

func TestJudgeMeaning(t *testing.T) {
	t.Parallel()
	reply := func(code int, info, more string) string {
		return fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":%d,"ErrorInfo":%q%s}`, code, info, more)
	}
	tests := map[string]struct {
		command string
		body    string
		effect  verdict.Effect
		says    string
	}{
		"a message is delivered":                     {beforeMessage, ok, verdict.EffectAllowed, "message would be DELIVERED"},
		"a message is rejected with a text":          {beforeMessage, reply(120001, "no spam", ""), verdict.EffectRefused, `message would be REJECTED with 120001, and the client is told "no spam"`},
		"a message is rejected without one":          {beforeMessage, reply(1, "", ""), verdict.EffectRefused, "message would be REJECTED; the client gets Tencent's own code 20006"},
		"a message is dropped":                       {beforeMessage, reply(2, "", ""), verdict.EffectDropped, "message would be DROPPED SILENTLY"},
		"a message is rewritten":                     {beforeMessage, reply(0, "", `,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]`), verdict.EffectRewritten, "message would be DELIVERED, REWRITTEN"},
		"a message is rejected in vain with a text":  {beforeMessage, reply(1, "no spam", ""), verdict.EffectRefused, "code 20006; only the codes from 120001 to 130000 carry your text to it"},
		"a group message is rejected":                {beforeGroup, reply(10100, "muted", ""), verdict.EffectRefused, `message would be REJECTED with 10100, and the client is told "muted"`},
		"a group message is rejected without a text": {beforeGroup, reply(1, "", ""), verdict.EffectRefused, "Tencent's own code 10016"},
		"a group message is rewritten":               {beforeGroup, reply(0, "", `,"CloudCustomData":"seen"`), verdict.EffectRewritten, `REWRITTEN by the reply: {"CloudCustomData":"seen"}`},
		"a channel message is dropped":               {beforeChannel, reply(2, "", ""), verdict.EffectDropped, "its sender sees success"},
		"a channel message is rejected":              {beforeChannel, reply(120001, "no", ""), verdict.EffectRefused, "REJECTED with 120001"},
		"a request to join goes on":                  {beforeApply, ok, verdict.EffectAllowed, "request to join the group would be ALLOWED; an administrator"},
		"an invitation is allowed":                   {beforeInvite, ok, verdict.EffectAllowed, "invitation would be ALLOWED"},
		"an invitation is refused":                   {beforeInvite, reply(10101, "closed", ""), verdict.EffectRefused, `invitation would be REFUSED with 10101, and the client is told "closed"`},
		"some invitations are refused":               {beforeInvite, reply(0, "", `,"RefusedMembers_Account":["jared"]`), verdict.EffectPartlyRefused, "REFUSED for some of its targets and ALLOWED for the others: jared REFUSED"},
		"all invitations are refused by name":        {beforeInvite, reply(0, "", `,"RefusedMembers_Account":["jared","leckie"]`), verdict.EffectRefused, "REFUSED for every target: jared REFUSED, leckie REFUSED"},
		"a subscription is refused":                  {beforeFollow, reply(1, "", ""), verdict.EffectRefused, "subscription would be REFUSED with code 1"},
		"some subscriptions are refused":             {beforeFollow, reply(0, "", `,"RefusedSubscribers_Account":["leckie"]`), verdict.EffectPartlyRefused, "subscription would be REFUSED for some of its targets and ALLOWED for the others: leckie REFUSED"},
		"some friends are refused":                   {beforeFriend, reply(0, "", results(38001, 0)), verdict.EffectPartlyRefused, `friend request would be REFUSED for some of its targets and ALLOWED for the others: id1 REFUSED with 38001, "", id2 ALLOWED`},
		"all friends are refused":                    {beforeFriend, reply(0, "", results(38001, 38002)), verdict.EffectRefused, "REFUSED for every target: id1 REFUSED with 38001"},
		"all friends are allowed":                    {beforeFriend, reply(0, "", results(0, 0)), verdict.EffectAllowed, "ALLOWED"},
		"a friend's answer is refused":               {beforeAnswer, reply(0, "", results(0, 38002)), verdict.EffectPartlyRefused, "answer to a friend request would be REFUSED for some"},
		"a gift is refused with a text":              {beforeGift, reply(102100, "too dear", ""), verdict.EffectRefused, `gift would be REFUSED with 102100, and the client is told "too dear"`},
		"an account that would paint the terminal":   {beforeInvite, reply(0, "", `,"RefusedMembers_Account":["jared","\u001b[31m"]`), verdict.EffectPartlyRefused, `"\x1b[31m" REFUSED`},
		"a code on friends lets all pass":            {beforeFriend, reply(38001, "no", ""), verdict.EffectDefaulted, "ALLOWED: that is Tencent's default"},
		"a broken reply about a message":             {beforeMessage, "", verdict.EffectDefaulted, "message would be DELIVERED: that is Tencent's default"},
		"a broken reply about a gift":                {beforeGift, "", verdict.EffectDefaulted, "REFUSED: that is what Tencent does"},
		"an event is acknowledged":                   {blacklistAdd, ok, verdict.EffectAcknowledged, "event acknowledged"},
		"an event is not handled":                    {blacklistAdd, `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"x"}`, verdict.EffectLost, "does not send it again"},
		"a bot without an answer":                    {botSignal, reply(1, "", ""), verdict.EffectAcknowledged, "WITHOUT AN ANSWER"},
		"a bot whose answer has no data":             {botSignal, ok, verdict.EffectLost, "where Tencent would read an answer"},
		"an event with a verdict":                    {blacklistAdd, reply(1, "no", ""), verdict.EffectLost, "NOT ACKNOWLEDGED"},
		"an event whose reply is read":               {botSignal, reply(0, "", `,"RspData":"aGk="`), verdict.EffectAcknowledged, "acts on it: "},
		"a command of the future, well answered":     {"Group.CallbackFuture", ok, verdict.EffectUnknown, "well-formed"},
		"a command of the future, without an answer": {"Group.CallbackFuture", "", verdict.EffectUnknown, "NO USABLE REPLY"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cb := sdk.Callback{Command: test.command, Body: []byte("{}")}
			if body, found := samples.Request(test.command); found {
				cb.Body = body
			}
			v := verdict.Judge(cb, verdict.Answer{Status: 200, Body: []byte(test.body)})
			if v.Effect != test.effect || !strings.Contains(v.Meaning, test.says) {
				t.Errorf("got %s, %q (%+v)\nwant %s, %q", v.Effect, v.Meaning, v.Flaws, test.effect, test.says)
			}
		})
	}
}

// results are the verdicts on the two friends of the sample.
func results(first, second int) string {
	return fmt.Sprintf(`,"ResultItem":[{"To_Account":"id1","ResultCode":%d,"ResultInfo":""},{"To_Account":"id2","ResultCode":%d,"ResultInfo":""}]`, first, second)
}

func TestJudgeTakesEverySampleReply(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		reply, found := samples.Reply(command)
		if !found {
			t.Errorf("no sample reply of %s", command)
			continue
		}
		v := verdict.Judge(callbackOf(t, command), verdict.Answer{Status: 200, Body: reply})
		if len(v.Flaws) > 0 || v.Effect == verdict.EffectUnknown || v.Meaning == "" {
			t.Errorf("%s: %s, %q, %+v", command, v.Effect, v.Meaning, v.Flaws)
		}
	}
}

// Whatever a command's row calls an allowance or a refusal is one in words too,
// and the words name what is decided on.
func TestJudgeNamesEveryDecision(t *testing.T) {
	t.Parallel()
	for _, spec := range imevent.Specs() {
		if spec.Phase != imevent.Before || spec.NameOnly {
			continue
		}
		cb := callbackOf(t, spec.Command)
		for effect, reply := range map[verdict.Effect]sdk.Reply{verdict.EffectAllowed: spec.Allow(cb), verdict.EffectRefused: spec.Refuse(cb)} {
			v := verdict.Judge(cb, verdict.Answer{Status: 200, Body: bodyOf(t, reply)})
			if v.Effect != effect || strings.HasPrefix(v.Meaning, "operation") {
				t.Errorf("%s: %s, %q, %+v; want %s of something", spec.Command, v.Effect, v.Meaning, v.Flaws, effect)
			}
		}
		v := verdict.Judge(cb, verdict.Answer{Status: 500})
		if v.Effect != verdict.EffectDefaulted || strings.HasPrefix(v.Meaning, "operation") {
			t.Errorf("%s without a reply: %s, %q", spec.Command, v.Effect, v.Meaning)
		}
	}
}

// bodyOf writes a reply as the gateway does.
func bodyOf(t *testing.T, r sdk.Reply) []byte {
	t.Helper()
	keys := map[string]any{}
	if len(r.Extra) > 0 {
		if err := json.Unmarshal(r.Extra, &keys); err != nil {
			t.Fatal(err)
		}
	}
	keys["ActionStatus"], keys["ErrorCode"], keys["ErrorInfo"] = "OK", r.Code, r.Info
	body, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
