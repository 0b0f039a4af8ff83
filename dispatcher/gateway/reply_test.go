package gateway_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/gateway"
	"github.com/switchhook/switchhook/sdk"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares an answer with its file under testdata.
func golden(t *testing.T, name string, got answer) {
	t.Helper()
	text := fmt.Sprintf("%d %s\nContent-Type: %s\nContent-Length: %s\n", got.status, http.StatusText(got.status),
		got.header.Get("Content-Type"), got.header.Get("Content-Length"))
	if allow := got.header.Get("Allow"); allow != "" {
		text += "Allow: " + allow + "\n"
	}
	text += "\n" + got.body + "\n"
	file := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Error(diff)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	for name, res := range map[string]dispatcher.Result{
		"ok":                         {},
		"ok with text":               {Reply: sdk.Reply{Info: "fine"}},
		"refusal":                    {Reply: sdk.Reply{Code: 120001, Info: "no <b>bold</b> & \"quoted\" \\ words\n\u2028"}},
		"refusal in Chinese":         {Reply: sdk.Reply{Code: 10100, Info: "消息包含敏感词"}},
		"broken text":                {Reply: sdk.Reply{Code: 10100, Info: "half \xe6\xb6 rune"}},
		"negative code":              {Reply: sdk.Reply{Code: -1}},
		"event not handled":          {Failed: true, Reply: sdk.Reply{Code: 1, Info: "not handled"}},
		"failure without text":       {Failed: true},
		"rewrite":                    {Reply: sdk.Reply{Extra: json.RawMessage(`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"<&>"}}],"CloudCustomData":""}`)}},
		"extra spread over lines":    {Reply: sdk.Reply{Extra: json.RawMessage("\n{\n  \"ResultItem\": []\n}\n")}},
		"extra without members":      {Reply: sdk.Reply{Extra: json.RawMessage(`{ }`)}},
		"extra longer than a buffer": {Reply: sdk.Reply{Extra: json.RawMessage(`{"Long":"` + strings.Repeat("x", 5<<10) + `"}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) {
				o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result { return res }
			})
			for range 2 { // the second comes out of a used buffer
				got := r.post(signedQuery(afterCommand), afterBody)
				if !json.Valid([]byte(got.body)) {
					t.Errorf("not JSON: %s", got.body)
				}
				golden(t, "reply "+name, got)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(r *rig) answer{
		"400": func(r *rig) answer { return r.post(signedQuery(afterCommand), "[]") },
		"403": func(r *rig) answer { return r.post("", "{}") },
		"404": func(r *rig) answer { return r.send(http.MethodPost, "/nowhere", nil, nil) },
		"405": func(r *rig) answer { return r.send(http.MethodGet, "/", nil, nil) },
		"413": func(r *rig) answer { return r.post(signedQuery(afterCommand), strings.Repeat("x", 2048)) },
		"415": func(r *rig) answer {
			return r.send(http.MethodPost, "/?"+signedQuery(afterCommand), strings.NewReader("{}"), http.Header{"Content-Encoding": {"br"}})
		},
		"500": func(r *rig) answer { return r.post(signedQuery("Test.Panic"), "{}") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) {
				o.MaxBody = smallBody
				o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result { panic("on purpose") }
			})
			golden(t, "status "+name, send(r))
		})
	}
}

func TestReplyThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, extra := range map[string]string{
		"an array":        `["secret"]`,
		"half an object":  `{"secret":`,
		"two objects":     `{}{}`,
		"not even JSON":   `secret`,
		"only whitespace": ` `,
		"broken UTF-8":    "{\"secret\":\"\xff\"}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, func(o *gateway.Options) {
				o.Dispatch = func(context.Context, sdk.Callback) dispatcher.Result {
					return dispatcher.Result{Reply: sdk.Reply{Extra: json.RawMessage(extra)}}
				}
			})
			if got := r.post(signedQuery(beforeCommand), "{}"); got.status != http.StatusOK || got.body != policyBody {
				t.Errorf("a decision got %d %s", got.status, got.body)
			}
			if got := r.post(signedQuery(afterCommand), "{}"); got.status != http.StatusInternalServerError {
				t.Errorf("an event got %d %s", got.status, got.body)
			}
			r.wants(2, "switchhook_requests_rejected_total", "reason=internal")
		})
	}
}
