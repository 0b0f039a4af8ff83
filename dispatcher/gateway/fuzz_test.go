package gateway_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

// FuzzQuery holds the query reader against url.ParseQuery: it reads what that
// reads, save for what is too long or doubled.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		signedQuery(afterCommand), "", "&&", "=", "Sign", "sIGN=a&Sign=b", "SdkAppid=1&SDKAppID=1", "ClientIP=%31+2&ClientIP=3",
		"CallbackCommand=%", "a;b", "%53ign=x", "RequestTime=%00", "OptPlatform=\xff", "%C5%BFign=x", "x=" + strings.Repeat("y", gateway.MaxQuery),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := gateway.ReadQuery(raw)
		values, readable := parsed(raw)
		if ok != readable {
			t.Fatalf("readable: %v, want %v", ok, readable)
		}
		if !ok {
			return
		}
		for key, field := range map[string]string{
			"sdkappid": got.App, "callbackcommand": got.Command, "sign": got.Sign, "requesttime": got.RequestTime,
		} {
			if want := strings.Join(valuesOf(values, key), "|"); field != want {
				t.Errorf("%s is %q, want %q", key, field, want)
			}
		}
		for key, field := range map[string]string{"clientip": got.ClientIP, "optplatform": got.Platform} {
			if field != "" && !slices.Contains(valuesOf(values, key), field) {
				t.Errorf("%s is %q, and is not in the query", key, field)
			}
			if len(field) > 64 || strings.ContainsFunc(field, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%s is %q", key, field)
			}
		}
	})
}

// parsed reads a query with net/url, and says whether the gateway should read it.
func parsed(raw string) (values url.Values, readable bool) {
	values, err := url.ParseQuery(raw)
	readable = err == nil && len(raw) <= gateway.MaxQuery
	for _, key := range []string{"sdkappid", "callbackcommand", "sign", "requesttime"} {
		readable = readable && len(valuesOf(values, key)) <= 1
	}
	return values, readable
}

// valuesOf returns the values of a lower-case ASCII key, spelled in any case.
func valuesOf(values url.Values, key string) []string {
	var all []string
	for k, v := range values {
		if len(k) == len(key) && strings.EqualFold(k, key) {
			all = append(all, v...)
		}
	}
	return all
}

// FuzzSign holds the check against its definition, written down once more.
func FuzzSign(f *testing.F) {
	f.Add(docToken, docTime, docSign, int64(1669872112))
	f.Add(docToken, docTime, strings.ToUpper(docSign), int64(1669872172))
	f.Add(docToken, docTime, docSign, int64(1669872173))
	f.Add("", docTime, signOf("", docTime), int64(1669872112))
	f.Add(strings.Repeat("long", 100), "000000000001", docSign, int64(1))
	f.Add("t", "-1", signOf("t", "-1"), int64(-1))
	f.Add("t", "1e9", "", int64(0))
	f.Add("t", "999999999999", signOf("t", "999999999999"), int64(999999999999))
	number := regexp.MustCompile(`^[0-9]{1,12}$`)
	const window = time.Minute
	f.Fuzz(func(t *testing.T, token, requestTime, sign string, now int64) {
		now %= 1 << 50
		fresh := false
		if number.MatchString(requestTime) {
			seconds, err := strconv.ParseInt(requestTime, 10, 64)
			fresh = err == nil && seconds-now <= 60 && now-seconds <= 60
		}
		check := func(tokens []string, sign string) string {
			return gateway.CheckSign(tokens, sign, requestTime, time.Unix(now, 0), window)
		}
		right := signOf(token, requestTime)
		others := []string{"another token", token, "", "a third"}
		if token != "another token" && token != "a third" {
			want := fresh && token != "" && strings.EqualFold(sign, right)
			if got := check(others, sign); (got == "") != want {
				t.Errorf("a Sign passes: %q, want %v", got, want)
			}
		}
		if got := check([]string{token}, right); (got == "") != (fresh && token != "") {
			t.Errorf("the right Sign gets %q, fresh: %v", got, fresh)
		}
		raw, _ := hex.DecodeString(right)
		raw[sha256.Size-1] ^= 1
		if got := check(others, hex.EncodeToString(raw)); got == "" {
			t.Error("a Sign with one bit flipped passes")
		}
	})
}

// FuzzEnvelope holds the envelope reader against encoding/json.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		afterBody, `{}`, ` {"a":[1,2.5e3,true,null,"\u00e9"]} `, `[]`, `{"a":1}x`, `{"CallbackCommand":"Sns.CallbackBlackList\u0041dd"}`,
		`{"CallbackCommand":1,"callbackcommand":2}`, `{"Callback\u0043ommand":{"CallbackCommand":1}}`, "{\"a\xff\":\"\xff\"}", `{"\ud800":"\udc00"}`,
		strings.Repeat(`{"a":`, 64) + "1" + strings.Repeat("}", 64), strings.Repeat(`[`, 70), `{"a":` + strings.Repeat("[", 64), "{\"\u212aCallbackCommand\":1}",
		`{"Callbac` + "\u212a" + `Command":"x","CallbackCommand":"y"}`, `{"a":"[[[[{{{{"}`, "\ufeff{}", `{"a":01}`, `{"a"}`, `{,}`, "{\"a\":\"\x00\"}",
	} {
		f.Add([]byte(seed), afterCommand)
	}
	var envelopes gateway.Envelopes
	f.Fuzz(func(t *testing.T, body []byte, command string) {
		sent := bytes.Clone(body)
		named, agrees, problem := envelopes.Read(body, command)
		if !bytes.Equal(sent, body) {
			t.Fatal("the body was changed")
		}
		want := read(body)
		if !want.allows(problem) {
			t.Fatalf("problem %q; %+v", problem, want)
		}
		if problem == "" && (named != (len(want.commands) == 1) || agrees != want.agrees(command)) {
			t.Errorf("named %v, agrees %v, with %s", named, agrees, want.commands)
		}
	})
}

// envelope is what encoding/json makes of a body.
type envelope struct {
	object   bool // one valid object and nothing else
	deep     bool
	commands []json.RawMessage // the values of CallbackCommand, spelled in any case
}

func read(body []byte) envelope {
	e := envelope{
		object: json.Valid(body) && bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")),
		deep:   depth(body) > gateway.MaxDepth,
	}
	keys, values := topLevel(body)
	for i, key := range keys {
		if strings.EqualFold(key, "CallbackCommand") {
			e.commands = append(e.commands, values[i])
		}
	}
	return e
}

// allows reports whether the gateway may call that the problem of the body. Where
// there are several it names the one it meets first.
func (e envelope) allows(problem string) bool {
	switch problem {
	case "":
		return e.object && !e.deep && len(e.commands) <= 1
	case "too_deep":
		return e.deep
	case "duplicate_command":
		return !e.object || len(e.commands) > 1
	default:
		return !e.object
	}
}

func (e envelope) agrees(command string) bool {
	var text *string
	return len(e.commands) == 1 && json.Unmarshal(e.commands[0], &text) == nil && text != nil && *text == command
}

// topLevel returns the keys and values of the outermost object, doubled ones too.
func topLevel(body []byte) (keys []string, values []json.RawMessage) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if _, err := decoder.Token(); err != nil {
		return nil, nil
	}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || decoder.Decode(&value) != nil {
			break
		}
		keys, values = append(keys, key), append(values, value)
	}
	return keys, values
}

// depth counts brackets outside strings, the innermost level reached.
func depth(body []byte) int {
	level, deepest, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}
