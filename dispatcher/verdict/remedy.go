package verdict

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// Remedy says how to write right what a flaw of an answer to a command is about.
// The command may be unknown or empty: then it says what holds for most of them.
func Remedy(command string, a Answer, flaw Flaw) string {
	c, listed := imevent.Spec(command)
	if !listed {
		c = nil
	}
	switch flaw.Code {
	case "late":
		return "answer within " + Patience.String() + ", network included: do slow work after the reply, and give a decision a deadline of its own"
	case "no_reply":
		return "answer every callback, whatever happens to it"
	case "status":
		return rightStatus(a.Status)
	case "html":
		return least(c) + "; a framework's error page is HTML: catch errors in the handler and answer in JSON"
	case "not_json", "not_object":
		return least(c) + notJSON(a.Body)
	case "two_bodies":
		return "one object alone; a return is missing after the first write"
	case "json_in_string":
		return "the object itself; something encodes a text that is JSON already: pass the object to it, or write the text as it is"
	case "fail_with_0", "fail":
		return rightRefusal(c)
	case "misread":
		return rightReply(c, a.Body)
	default:
		return rightKey(flaw.Code, c)
	}
}

// rightKey shows the key that a flaw is about, or the whole reply.
func rightKey(code string, c *imevent.Contract) string {
	switch code {
	case "duplicate_key":
		return "each key once"
	case "action_status":
		return `"ActionStatus":"OK"; a refusal too says OK, and its code says the rest`
	case "error_code":
		return `"ErrorCode":0, a number`
	case "error_info":
		return `"ErrorInfo":"", a string`
	case "msg_body":
		return `"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"…"}}], an array even of one element`
	default:
		return least(c)
	}
}

// least is the shortest reply that the command reads as it is meant, or that
// most commands do: it lets things go on.
func least(c *imevent.Contract) string {
	switch {
	case c == nil || len(c.RequiredKeys) == 0:
		return okBody
	case slices.Contains(c.RequiredKeys, "ResultItem"):
		return `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[{"To_Account":"…","ResultCode":0,"ResultInfo":""}]}`
	default:
		return `{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","RspData":"…"}`
	}
}

func rightStatus(status int) string {
	switch {
	case status == 201 || status == 202 || status == 204:
		return "status 200: the framework chose another one for a POST, so set it"
	case Refuses(status):
		return "status 200 for all that Tencent sends; 403 is right for a request without a true Sign, and for nothing else"
	case status == 404 || status == 405:
		return "status 200 for a POST to this very path: compare the path with the server's, letter by letter"
	case status >= 300 && status < 400:
		return "status 200 at the very URL that the console has; give the console the address that is redirected to"
	default:
		return "status 200 always; an error of yours is a reply too, such as " + `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"not handled"}`
	}
}

// notJSON guesses what made the body.
func notJSON(body []byte) string {
	body = bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(body, []byte("\xef\xbb\xbf")):
		return "; the body begins with a byte order mark: save or write it as UTF-8 without one"
	case bytes.HasPrefix(body, []byte("\x1f\x8b")):
		return "; the body is compressed, which Tencent does not ask for: switch that off"
	case bytes.HasPrefix(body, []byte("ActionStatus=")):
		return "; this is a form"
	case bytes.HasPrefix(body, []byte("{'")):
		return "; this is how Python prints a dict: use json.dumps"
	case bytes.HasPrefix(body, []byte("map[")), bytes.HasPrefix(body, []byte("{OK ")):
		return "; this is how Go prints a value: use encoding/json"
	case bytes.EqualFold(body, []byte("success")), bytes.EqualFold(body, []byte("ok")):
		return "; the word alone is what other services want"
	default:
		return ""
	}
}

// rightRefusal says how the command is refused, as opposed to failed.
func rightRefusal(c *imevent.Contract) string {
	switch {
	case c == nil:
		return `"ActionStatus":"OK" always; to refuse, add a code that the command knows; FAIL says that the handler did not do its work`
	case c.Phase == imevent.After:
		return least(c) + " when the event is handled; FAIL brings no second delivery"
	case len(c.RequiredKeys) > 0:
		return "code 0 and a verdict for every target: " + example(c)
	default:
		return "to refuse: " + example(c) + "; to allow: " + okBody
	}
}

// rightReply shows a reply that the command understands: with a further key where
// body, the reply that was misread, has one, since that is what its author is after.
func rightReply(c *imevent.Contract, body []byte) string {
	if c == nil {
		return least(c)
	}
	keys, _ := object(body)
	reply, _ := standardKeys(keys)
	further := furtherKey(c)
	switch {
	case len(reply.Extra) == 0 || further == "":
		return "for example " + example(c)
	case reply.Code == 0:
		return "for example " + further
	default:
		return "either " + further + " or " + example(c)
	}
}

// furtherKey is a reply with the key that makes more of it than a yes or a no;
// empty where the command has none.
func furtherKey(c *imevent.Contract) string {
	key, value := "", `["…"]`
	switch {
	case slices.Contains(c.ReplyKeys, "MsgBody"):
		key, value = "MsgBody", `[{"MsgType":"TIMTextElem","MsgContent":{"Text":"…"}}]`
	case slices.Contains(c.ReplyKeys, "RefusedMembers_Account"):
		key = "RefusedMembers_Account"
	case slices.Contains(c.ReplyKeys, "RefusedSubscribers_Account"):
		key = "RefusedSubscribers_Account"
	default:
		return ""
	}
	return fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"",%q:%s}`, key, value)
}

// example is a refusal where the command knows one, and else the least reply.
func example(c *imevent.Contract) string {
	switch {
	case slices.Contains(c.RequiredKeys, "ResultItem"):
		return fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ResultItem":[{"To_Account":"…","ResultCode":%d,"ResultInfo":"…"}]}`, c.Codes.Lowest)
	case c.Phase == imevent.After:
		return least(c)
	case c.Codes != (imevent.CodeRange{}):
		return fmt.Sprintf(`{"ActionStatus":"OK","ErrorCode":%d,"ErrorInfo":"…"}`, c.Codes.Lowest)
	default:
		return `{"ActionStatus":"OK","ErrorCode":1,"ErrorInfo":""}`
	}
}
