package imevent_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// A target a family: reading never panics, and what was read is written again with
// every key and every value that was there.

func FuzzAlert(f *testing.F)           { fuzzFamily(f, "Alert") }
func FuzzBot(f *testing.F)             { fuzzFamily(f, "Bot") }
func FuzzC2C(f *testing.F)             { fuzzFamily(f, "C2C") }
func FuzzChatbot(f *testing.F)         { fuzzFamily(f, "Chatbot") }
func FuzzContentCallback(f *testing.F) { fuzzFamily(f, "ContentCallback") }
func FuzzFollow(f *testing.F)          { fuzzFamily(f, "Follow") }
func FuzzGroup(f *testing.F)           { fuzzFamily(f, "Group") }
func FuzzLive(f *testing.F)            { fuzzFamily(f, "Live") }
func FuzzMic(f *testing.F)             { fuzzFamily(f, "Mic") }
func FuzzOfficialAccount(f *testing.F) { fuzzFamily(f, "OfficialAccount") }
func FuzzProfile(f *testing.F)         { fuzzFamily(f, "Profile") }
func FuzzPush(f *testing.F)            { fuzzFamily(f, "Push") }
func FuzzRoom(f *testing.F)            { fuzzFamily(f, "Room") }
func FuzzSns(f *testing.F)             { fuzzFamily(f, "Sns") }
func FuzzState(f *testing.F)           { fuzzFamily(f, "State") }

func fuzzFamily(f *testing.F, family string) {
	f.Helper()
	var members []imevent.Typing
	for _, typing := range imevent.Typings() {
		if name, _, _ := strings.Cut(typing.Command, "."); name == family {
			text := sample(f, typing.Command).Body
			f.Add(uint8(len(members)), text)
			f.Add(uint8(len(members)), inOtherForms(text))
			members = append(members, typing)
		}
	}
	if len(members) == 0 {
		f.Fatalf("family %s has no commands", family)
	}
	f.Fuzz(func(t *testing.T, member uint8, text []byte) {
		typing := members[int(member)%len(members)]
		ev, err := typing.Decode(text)
		if err != nil {
			if sdk.KindOf(err) != sdk.KindMalformed {
				t.Fatalf("%s: %v is not malformed", typing.Command, err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%s: read what is no JSON", typing.Command)
		}
		back, err := json.Marshal(ev)
		if err != nil {
			t.Fatalf("%s: %v", typing.Command, err)
		}
		if !utf8.Valid(text) {
			return // encoding/json mends broken text when it writes
		}
		if diff := cmp.Diff(plain(t, text), plain(t, back)); diff != "" {
			t.Fatalf("%s loses or invents something (-body +event):\n%s", typing.Command, diff)
		}
	})
}

// inOtherForms puts the numbers of a body in quotes, and its keys in lower case.
func inOtherForms(text []byte) []byte {
	var out bytes.Buffer
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var body map[string]any
	if decoder.Decode(&body) != nil {
		return text
	}
	changed := make(map[string]any, len(body))
	for key, value := range body {
		if number, ok := value.(json.Number); ok {
			value = number.String()
		}
		changed[strings.ToLower(key)] = value
	}
	if json.NewEncoder(&out).Encode(changed) != nil {
		return text
	}
	return out.Bytes()
}

// FuzzValid holds the fast check of JSON against the standard library's.
func FuzzValid(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,-0.5e+7,true,false,null,"\u00e9\n"]}`, `[]`, `{}`, ` 1 `, `01`, `-`, `1.`, `1e`, `"\x"`, `"\u12"`, "\"\t\"",
		`{"a" 1}`, `{"a":1,}`, `[1,]`, `[1 2]`, `tru`, `{`, `[`, `"`, ``, `{"a":1}x`, strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := imevent.Valid(text), json.Valid(text); got != want {
			t.Fatalf("valid %v, encoding/json says %v: %.200q", got, want, text)
		}
	})
}
