package imevent_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// redacted is the answer of a filter that replaces every text, and its reply.
func redacted(t *testing.T, body string) (sdk.Reply, error) {
	t.Helper()
	ev, err := imevent.GroupBeforeSendMsg.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	for i, element := range ev.MsgBody {
		if _, ok := element.Text(); ok {
			ev.MsgBody[i] = imevent.Text("***")
		}
	}
	return imevent.Group.Rewrite(ev.MsgBody).Reply()
}

// TestNoFormOfTheSendersSpoilsARewrite: an answer that turned out a bad reply would
// let the message pass as it was.
func TestNoFormOfTheSendersSpoilsARewrite(t *testing.T) {
	t.Parallel()
	const stars = `{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}`
	for name, tt := range map[string]struct{ body, want string }{
		"broken text in another element": {
			`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}},{"MsgType":"TIMCustomElem","MsgContent":{"Data":"` + "\xff" + `","New":"` + "\xff" + `"}}]}`,
			`[` + stars + `,{"MsgType":"TIMCustomElem","MsgContent":{"Data":"�","New":"�"}}]`,
		},
		"broken text in a kind of the future": {
			`{"MsgBody":[{"MsgType":"TIMNewElem","MsgContent":["` + "\xff" + `"]},{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}}]}`,
			`[{"MsgType":"TIMNewElem","MsgContent":["�"]},` + stars + `]`,
		},
		"keys in another case":         {`{"msgbody":[{"msgtype":"timtextelem","msgcontent":{"text":"bad"}},{"msgtype":"TIMFaceElem","msgcontent":{"index":"3"}}]}`, `[` + stars + `,{"MsgType":"TIMFaceElem","MsgContent":{"Index":3}}]`},
		"an element without content":   {`{"MsgBody":[{"MsgType":"TIMFaceElem"},{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}}]}`, `[{"MsgType":"TIMFaceElem"},` + stars + `]`},
		"an element that is null":      {`{"MsgBody":[null,{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}}]}`, `[` + stars + `]`},
		"an element of no kind":        {`{"MsgBody":[{"MsgContent":{"Text":"?"}},{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}}]}`, `[` + stars + `]`},
		"one element without brackets": {`{"MsgBody":{"MsgType":"TIMTextElem","MsgContent":{"Text":"bad"}}}`, `[` + stars + `]`},
		"text that was encoded twice":  {`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":"{\"Text\":\"bad\"}"}]}`, `[` + stars + `]`},
		"text in brackets":             {`{"MsgBody":[{"MsgType":" TIMTextElem","MsgContent":[{"Text":"bad"}]}]}`, `[` + stars + `]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := redacted(t, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if err := spec(t, "Group.CallbackBeforeSendMsg").Check(sdk.Callback{Body: []byte(tt.body)}, reply); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(plain(t, []byte(`{"MsgBody":`+tt.want+`}`)), plain(t, reply.Extra)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestARewriteThatWouldMixUpTheReplyIsAnError(t *testing.T) {
	t.Parallel()
	for says, element := range map[string]imevent.Element{
		"MsgBody[0]: its content is not valid JSON":   {MsgType: "x", Content: imevent.RawContent(`1},{"MsgType":"y"`)},
		"MsgBody[0]: it has no content or no MsgType": {MsgType: "TIMTextElem", Content: (*imevent.TextElem)(nil)},
	} {
		if reply, err := imevent.Group.Rewrite([]imevent.Element{element}).Reply(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s, %v does not say %q", reply.Extra, err, says)
		}
	}
}

// FuzzRewrite: whatever somebody sends, a rewrite of it is read as one.
func FuzzRewrite(f *testing.F) {
	f.Add([]byte(`[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a"}},null,{"msgtype":"TIMFaceElem","MsgContent":"{\"Index\":1}"}]`))
	f.Add([]byte(`{"0":{"MsgType":"TIMRelayElem","MsgContent":{"MsgList":[{"MsgBody":[{"MsgType":"x"}]}]}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		text := append(append([]byte(`{"MsgBody":`), body...), '}')
		ev, err := imevent.GroupBeforeSendMsg.Decode(text)
		if err != nil || len(ev.MsgBody) == 0 {
			return
		}
		reply, err := imevent.Group.Rewrite(ev.MsgBody).Reply()
		if err != nil {
			if !strings.Contains(err.Error(), "no element of the body has a MsgType") {
				t.Fatal(err)
			}
			return
		}
		if !json.Valid(reply.Extra) {
			t.Fatalf("no JSON: %s", reply.Extra)
		}
		if err := contractOf("Group.CallbackBeforeSendMsg").Check(sdk.Callback{Body: text}, reply); err != nil {
			t.Fatal(err)
		}
	})
}
