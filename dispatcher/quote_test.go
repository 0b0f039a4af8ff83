package dispatcher_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

const quotedBody = `{"CallbackCommand":"Sns.CallbackFriendAdd","From_Account":"bob","To_Account":"张三","SdkAppid":"1400000001",` +
	`"Text":"Meet me \"at\" the\u0020old bridge","MsgSeq":4711,"MsgRandom":1234567,"List":[{"Tag":"Tag_SNS_Custom"},"x"],"Path":"a\/b/c/d/e"}`

func TestAnErrorsTextIsLoggedWithoutWhatItQuotes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, want string }{
		"nothing quoted":            {"connect to redis: i/o timeout", "connect to redis: i/o timeout"},
		"a key":                     {"From_Account: wants a string", "From_Account: wants a string"},
		"the command and the app":   {"no rule for Sns.CallbackFriendAdd of 1400000001", "no rule for Sns.CallbackFriendAdd of 1400000001"},
		"an account":                {"user bob is unknown", "user [redacted] is unknown"},
		"an account in capitals":    {"user BOB is unknown", "user [redacted] is unknown"},
		"an account at both ends":   {"bob knows bob", "[redacted] knows [redacted]"},
		"a part of another word":    {"bobbing up", "bobbing up"},
		"an account in Chinese":     {"用户张三不存在", "用户[redacted]不存在"},
		"a text":                    {`bad words: Meet me "at" the old bridge!`, "bad words: [redacted]!"},
		"a piece of a text":         {"bad words:the old br", "bad words:[redacted]"},
		"a text as it is written":   {`bad words: Meet me \"at\" the\u0020old bridge`, "bad words: [redacted]"},
		"a text, quoted by Go":      {fmt.Sprintf("%q", `Meet me "at" the old bridge`), `"[redacted]"`},
		"a number":                  {"random 1234567 was seen", "random [redacted] was seen"},
		"a short number":            {"seq 4711, line 12", "seq 4711, line 12"},
		"a value in a list":         {"tag Tag_SNS_Custom", "tag [redacted]"},
		"a value of one letter":     {"x marks it", "x marks it"},
		"an escape that none needs": {"open a/b/c/d/e: no such file", "open [redacted]: no such file"},
		"the whole body": {
			quotedBody,
			`{"CallbackCommand":"Sns.CallbackFriendAdd","From_Account":"[redacted]","To_Account":"[redacted]","SdkAppid":"1400000001",` +
				`"Text":"[redacted]","MsgSeq":4711,"MsgRandom":[redacted],"List":[{"Tag":"[redacted]"},"x"],"Path":"[redacted]"}`,
		},
		"no text":                {"broken \xff bob", "broken \uFFFD [redacted]"},
		"an account that is cut": {strings.Repeat("-", 2046) + "bob", strings.Repeat("-", 2046) + "[redacted]…"},
		"a text that is cut":     {strings.Repeat("-", 2041) + `Meet me "at"`, strings.Repeat("-", 2041) + "[redacted]…"},
		"a long text":            {strings.Repeat("z", 5000), strings.Repeat("z", 2048) + "…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cause := errors.New(tt.text)
			cb := sdk.Callback{Command: "Sns.CallbackFriendAdd", AppID: "1400000001", Body: []byte(quotedBody)}
			got := dispatcher.Discreet(fmt.Errorf("%w", sdk.Malformed(cause)), cb)
			if got.Error() != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !errors.Is(got, cause) || sdk.KindOf(got) != sdk.KindMalformed {
				t.Error("it is another error")
			}
		})
	}
}

// Nobody's text is logged where it is a body's, however that is written.
func TestALoggedFailureQuotesNothing(t *testing.T) {
	t.Parallel()
	log, lines := logOf(t)
	h := sdk.HandlerFunc(func(_ context.Context, cb sdk.Callback) (sdk.Reply, error) {
		return sdk.Reply{}, fmt.Errorf("cannot handle %s", cb.Body)
	})
	d := gateway(t, dispatcher.Options{Logger: log}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, h)}})
	cb := callback(t, groupSend)
	cb.Body = []byte(quotedBody)
	result := d.Dispatch(t.Context(), cb)
	if result.Err == nil || !strings.Contains(result.Err.Error(), "old bridge") {
		t.Errorf("the author is told %v", result.Err)
	}
	text := fmt.Sprint(lines("id-1"))
	for _, secret := range []string{"bob", "张三", "Meet me", "old bridge", "1234567"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log tells %q: %s", secret, text)
		}
	}
}

func FuzzDiscreet(f *testing.F) {
	f.Add(quotedBody, "From_Account", 20)
	f.Add(`{"a":"`, "a", 3)
	f.Add("\xff\"\\u12\x00", "\xf0", 0)
	f.Fuzz(func(t *testing.T, body, prefix string, _ int) {
		cb := sdk.Callback{Command: "c", AppID: "1", Body: []byte(body)}
		text := dispatcher.Discreet(errors.New(prefix+body), cb).Error()
		if !utf8.ValidString(text) || len(text) > 40<<10 {
			t.Errorf("%q", text)
		}
		const account = "alice-of-the-fuzz"
		cb.Body = []byte(`{"x":` + strconv.Quote(account) + `,"y":` + body + `}`)
		text = dispatcher.Discreet(errors.New(account+" "+prefix), cb).Error()
		if strings.Contains(text, account) {
			t.Errorf("%q tells the account", text)
		}
	})
}

func BenchmarkDiscreet(b *testing.B) {
	for name, body := range map[string]string{
		"usual": quotedBody,
		"1 MiB": `{"Text":"` + strings.Repeat("words that are many ", 1<<20/20) + `"}`,
	} {
		b.Run(name, func(b *testing.B) {
			err := dispatcher.Discreet(errors.New("connect to redis at 127.0.0.1:6379: i/o timeout"), sdk.Callback{Body: []byte(body)})
			b.ReportAllocs()
			for b.Loop() {
				_ = err.Error()
			}
		})
	}
}
