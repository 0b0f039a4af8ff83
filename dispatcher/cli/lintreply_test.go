package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

const (
	beforeMessage = "C2C.CallbackBeforeSendMsg"
	beforeFriend  = "Sns.CallbackPrevFriendAdd"
	ok            = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}`
)

// lintReport is what lint-reply prints for machines.
type lintReport struct {
	OK      bool           `json:"ok"`
	Effect  verdict.Effect `json:"effect"`
	Meaning string         `json:"meaning"`
	Flaws   []struct {
		Code string `json:"code"`
		Fix  string `json:"fix"`
	} `json:"flaws"`
	Notes []string `json:"notes"`
}

// lintReply runs lint-reply on a reply.
func lintReply(t *testing.T, reply string, args ...string) (code int, report lintReport) {
	t.Helper()
	var out, complaints bytes.Buffer
	line := append([]string{"lint-reply", "-", "--output", "json"}, args...)
	code = cli.Program{}.Execute(t.Context(), line, strings.NewReader(reply), &out, &complaints)
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out.String(), complaints.String())
	}
	return code, report
}

// These are the replies that real handlers were seen to send.
func TestLintReplyKnowsTheRepliesOfRealHandlers(t *testing.T) {
	t.Parallel()
	message := func(keys string) string { return `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""` + keys + `}` }
	tests := map[string]struct {
		reply string
		flaw  string
		fix   string
	}{
		"an empty body":                  {"", "empty_body", ok},
		"the text success":               {"success", "not_json", "the word alone"},
		"the text ok":                    {"ok", "not_json", "the word alone"},
		"ok in lower case":               {`{"ActionStatus":"ok","ErrorCode":0,"ErrorInfo":""}`, "action_status", `"ActionStatus":"OK"`},
		"ErrorCode as a string":          {`{"ActionStatus":"OK","ErrorCode":"0","ErrorInfo":""}`, "error_code", `"ErrorCode":0`},
		"ErrorInfo as null":              {`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":null}`, "error_info", `"ErrorInfo":""`},
		"a key that is missing":          {`{"ActionStatus":"OK","ErrorCode":0}`, "missing_key", ok},
		"a JSON string inside JSON":      {`"{\"ActionStatus\":\"OK\"}"`, "json_in_string", "the object itself"},
		"two bodies":                     {ok + ok, "two_bodies", "return is missing"},
		"MsgBody as an object":           {message(`,"MsgBody":{"MsgType":"TIMTextElem"}`), "msg_body", "array even of one"},
		"FAIL together with code 0":      {`{"ActionStatus":"FAIL","ErrorCode":0,"ErrorInfo":""}`, "fail_with_0", `"ErrorCode":120001`},
		"FAIL for a refusal":             {`{"ActionStatus":"FAIL","ErrorCode":120001,"ErrorInfo":"no"}`, "fail", `to refuse: {"ActionStatus":"OK","ErrorCode":120001`},
		"status 201":                     {"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n" + ok, "status", "status 200: the framework"},
		"status 401":                     {"HTTP/2 401 \n\n" + ok, "status", "403 is right for a request without a true Sign"},
		"a redirect":                     {"HTTP/1.1 302 Found\r\n\r\n", "status", "give the console the address"},
		"a page with status 500":         {"HTTP/1.1 500 Internal Server Error\r\n\r\n<html>", "status", "status 200 always"},
		"HTML from a framework":          {"<!DOCTYPE html><p>Error</p>", "html", "error page"},
		"a Python dict":                  {`{'ActionStatus': 'OK'}`, "not_json", "json.dumps"},
		"a Go map":                       {`map[ActionStatus:OK]`, "not_json", "encoding/json"},
		"a form":                         {"ActionStatus=OK&ErrorCode=0", "not_json", "a form"},
		"a compressed body":              {"\x1f\x8b\x08\x00", "not_json", "is compressed"},
		"a byte order mark":              {"\xef\xbb\xbf" + ok, "not_json", "byte order mark"},
		"a key that stands there twice":  {`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorCode":120001}`, "duplicate_key", "each key once"},
		"a code that means nothing here": {`{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"no"}`, "misread", `"ErrorCode":120001`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, report := lintReply(t, tt.reply, "--command", beforeMessage)
			if code != cli.ExitFailed || report.OK || len(report.Flaws) != 1 || report.Flaws[0].Code != tt.flaw {
				t.Fatalf("exit code %d, %+v; want %s", code, report, tt.flaw)
			}
			if !strings.Contains(report.Flaws[0].Fix, tt.fix) || !strings.Contains(report.Meaning, "DELIVERED: that is Tencent's default") {
				t.Errorf("%q, %q; want %q", report.Meaning, report.Flaws[0].Fix, tt.fix)
			}
			if code, report := lintReply(t, tt.reply); tt.flaw != "misread" &&
				(code != cli.ExitFailed || !strings.Contains(report.Meaning, "as if nobody had answered") || report.Flaws[0].Fix == "") {
				t.Errorf("without a command: exit code %d, %+v", code, report)
			}
		})
	}
}

// What lint-reply tells an author to write passes itself, once the dots are
// filled in.
func TestLintReplyFollowsItsOwnAdvice(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		_, report := lintReply(t, "", "--command", command)
		if code, again := lintReply(t, report.Flaws[0].Fix, "--command", command); code != cli.ExitOK {
			t.Errorf("%s: %s: %+v", command, report.Flaws[0].Fix, again)
		}
		_, report = lintReply(t, `{"ActionStatus":"OK","ErrorCode":-7,"ErrorInfo":""}`, "--command", command)
		example, shown := strings.CutPrefix(report.Flaws[0].Fix, "for example ")
		if code, again := lintReply(t, example, "--command", command); code != cli.ExitOK || !shown {
			t.Errorf("%s: %s: %+v", command, example, again)
		}
	}
}

// Who rewrites a message is shown a rewrite, not a refusal.
func TestLintReplyShowsWhatTheAuthorIsAfter(t *testing.T) {
	t.Parallel()
	const rewrite = `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"…"}}]}`
	const element = `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a"}}]`
	tests := map[string]struct{ command, code, more, fix string }{
		"a misspelt MsgBody":     {beforeMessage, "0", `"MsgBdy":` + element, "for example " + rewrite},
		"an empty MsgBody":       {beforeMessage, "0", `"MsgBody":[]`, "for example " + rewrite},
		"a rewrite with a code":  {beforeMessage, "1", `"MsgBody":` + element, "either " + rewrite + ` or {"ActionStatus":"OK","ErrorCode":120001,"ErrorInfo":"…"}`},
		"a misspelt list":        {"Group.CallbackBeforeInviteJoinGroup", "0", `"RefusedMembers":[]`, `"RefusedMembers_Account":["…"]}`},
		"a key that nobody asks": {"Sns.CallbackBlackListAdd", "0", `"MsgBody":` + element, "for example " + ok},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := lintReply(t, fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":%s,"ErrorInfo":"",%s}`, tt.code, tt.more), "--command", tt.command)
			if len(r.Flaws) != 1 || r.Flaws[0].Code != "misread" || !strings.HasSuffix(r.Flaws[0].Fix, tt.fix) {
				t.Errorf("%+v; want %s", r.Flaws, tt.fix)
			}
		})
	}
}

func TestLintReplyExplainsGoodReplies(t *testing.T) {
	t.Parallel()
	reply := func(code int, more string) string {
		return fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":%d,"ErrorInfo":"no"%s}`, code, more)
	}
	tests := map[string]struct {
		reply   string
		args    []string
		effect  verdict.Effect
		meaning string
		note    string
	}{
		"a rejection":                   {reply(120001, ""), []string{"--command", beforeMessage}, verdict.EffectRefused, "REJECTED with 120001", ""},
		"an allowance for any command":  {ok, nil, verdict.EffectUnknown, "says ALLOWED", "--command says"},
		"a code for any command":        {reply(10100, ""), nil, verdict.EffectUnknown, "it says code 10100", "refuses for Group.CallbackBeforeApplyJoinGroup,"},
		"a drop for any command":        {reply(2, ""), nil, verdict.EffectUnknown, "it says code 2", "drops silently for C2C.CallbackBeforeSendMsg,"},
		"a code that nobody knows":      {reply(7, ""), nil, verdict.EffectUnknown, "it says code 7", "no command knows code 7"},
		"a code of friends at the top":  {reply(38000, ""), nil, verdict.EffectUnknown, "it says code 38000", "no command knows code 38000 at the top"},
		"a key that some read":          {reply(0, `,"RspData":"x"`), nil, verdict.EffectUnknown, "ALLOWED", "RspData is read by Chatbot.OnC2CSignalMessage alone"},
		"a key that nobody reads":       {reply(0, `,"Extra":1`), nil, verdict.EffectUnknown, "ALLOWED", "no command reads the key Extra"},
		"a verdict on friends":          {reply(0, `,"ResultItem":[{"To_Account":"id1","ResultCode":38000,"ResultInfo":""},{"To_Account":"id2","ResultCode":0,"ResultInfo":""}]`), []string{"--command", beforeFriend}, verdict.EffectPartlyRefused, "id1 REFUSED with 38000", ""},
		"a command of the future":       {ok, []string{"--command", "Future.CallbackNobodyKnows"}, verdict.EffectUnknown, "not documented", ""},
		"a response that is whole":      {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + ok, nil, verdict.EffectUnknown, "ALLOWED", ""},
		"a status of the user's choice": {"HTTP/1.1 500 Oops\r\nA: b\r\n\r\n" + ok, []string{"--status", "200"}, verdict.EffectUnknown, "ALLOWED", ""},
		"a response after a head":       {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n" + ok, nil, verdict.EffectUnknown, "ALLOWED", ""},
		"an element that is none":       {reply(0, `,"MsgBody":[{"MsgType":"TextElem","MsgContent":{"Text":"a"}}]`), []string{"--command", beforeMessage}, verdict.EffectRewritten, "REWRITTEN", "no MsgType TextElem is documented; there are TIMTextElem,"},
		"an element that is one":        {reply(0, `,"MsgBody":[{"MsgType":"TIMFaceElem","MsgContent":{}}]`), []string{"--command", beforeMessage}, verdict.EffectRewritten, "REWRITTEN", ""},
		"a reply that is nearly late":   {ok, []string{"--took", "1.9s"}, verdict.EffectUnknown, "ALLOWED", "took 1.9s of Tencent's 2s"},
		"a text that is not UTF-8":      {"{\"ActionStatus\":\"OK\",\"ErrorCode\":0,\"ErrorInfo\":\"\xff\"}", nil, verdict.EffectUnknown, "ALLOWED", "byte 49 of the body is not UTF-8"},
		"a reply just in time":          {ok, []string{"--took", "2s"}, verdict.EffectUnknown, "ALLOWED", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, report := lintReply(t, tt.reply, tt.args...)
			if code != cli.ExitOK || report.Effect != tt.effect || !strings.Contains(report.Meaning, tt.meaning) ||
				!strings.Contains(strings.Join(report.Notes, "\n"), tt.note) {
				t.Errorf("exit code %d, %+v", code, report)
			}
		})
	}
}
