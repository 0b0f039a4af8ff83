package imevent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestSnsEventsReadAndWriteTheirSamples(t *testing.T) {
	t.Parallel()
	for command, decode := range map[string]func([]byte) (any, error){
		imevent.SnsBlackListAdd.Name():       func(b []byte) (any, error) { return imevent.SnsBlackListAdd.Decode(b) },
		imevent.SnsBlackListDelete.Name():    func(b []byte) (any, error) { return imevent.SnsBlackListDelete.Decode(b) },
		imevent.SnsFriendAdd.Name():          func(b []byte) (any, error) { return imevent.SnsFriendAdd.Decode(b) },
		imevent.SnsFriendDelete.Name():       func(b []byte) (any, error) { return imevent.SnsFriendDelete.Decode(b) },
		imevent.SnsPrevFriendAdd.Name():      func(b []byte) (any, error) { return imevent.SnsPrevFriendAdd.Decode(b) },
		imevent.SnsPrevFriendResponse.Name(): func(b []byte) (any, error) { return imevent.SnsPrevFriendResponse.Decode(b) },
	} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			spec(t, command)
			text := sample(t, command).Body
			ev, err := decode(text)
			if err != nil {
				t.Fatal(err)
			}
			back, err := json.Marshal(ev)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain(t, text), plain(t, back)); diff != "" {
				t.Errorf("the event loses or invents something (-sample +event):\n%s", diff)
			}
			if !strings.HasPrefix(command, "Sns.") {
				t.Errorf("%s is no command of the family", command)
			}
		})
	}
}

func TestSnsEventsAreReadLeniently(t *testing.T) {
	t.Parallel()
	pair := func(from, to string) imevent.SnsPair { return imevent.SnsPair{FromAccount: from, ToAccount: to} }
	for name, tt := range map[string]struct {
		body string
		want imevent.SnsBlackListAddEvent
	}{
		"nothing":                 {`{}`, imevent.SnsBlackListAddEvent{}},
		"null for a list":         {`{"PairList":null}`, imevent.SnsBlackListAddEvent{}},
		"an empty list":           {`{"PairList":[]}`, imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{}}},
		"a pair without brackets": {`{"PairList":{"From_Account":"a","To_Account":"b"}}`, imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{pair("a", "b")}}},
		"numbers for accounts": {
			`{"PairList":[{"From_Account":144115216631667827,"To_Account":0}]}`,
			imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{pair("144115216631667827", "0")}},
		},
		"null for an account":   {`{"PairList":[{"From_Account":null,"To_Account":"b"}]}`, imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{pair("", "b")}}},
		"half a pair":           {`{"PairList":[{"To_Account":"b"}]}`, imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{pair("", "b")}}},
		"escapes":               {`{"PairList":[{"From_\u0041ccount":"x","From_Account":"\u4f60\"\\\n","To_Account":"😀"}]}`, imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{{FromAccount: "你\"\\\n", ToAccount: "😀", Unknown: imevent.Unknown{"From_Account": json.RawMessage(`"x"`)}}}}},
		"the last of a key":     {`{"CallbackCommand":"a","CallbackCommand":"b"}`, imevent.SnsBlackListAddEvent{CallbackCommand: "b"}},
		"space wherever it may": {" {\n\t\"PairList\" : [ { \"From_Account\" : \"a\" } ,\r\n {} ] } ", imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{pair("a", ""), {}}}},
		"keys that are documented nowhere": {
			`{"EventTime":1670574414123,"PairList":[{"From_Account":"a","Reason":{"Code":1}}]}`,
			imevent.SnsBlackListAddEvent{
				PairList: []imevent.SnsPair{{FromAccount: "a", Unknown: imevent.Unknown{"Reason": json.RawMessage(`{"Code":1}`)}}},
				Unknown:  imevent.Unknown{"EventTime": json.RawMessage(`1670574414123`)},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := imevent.SnsBlackListAdd.Decode([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNumbersInQuotesStayExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`9223372036854775807`:   9223372036854775807,
		`"9223372036854775807"`: 9223372036854775807,
		`"1631777344870"`:       1631777344870,
		`" 7 "`:                 7,
		`""`:                    0,
		`null`:                  0,
		`-1`:                    -1,
	} {
		ev, err := imevent.SnsPrevFriendAdd.Decode([]byte(`{"EventTime":` + text + `}`))
		if err != nil || ev.EventTime != want {
			t.Errorf("EventTime %s read as %d, %v", text, ev.EventTime, err)
		}
	}
}

func TestAnEventThatCannotBeReadSaysWhere(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		`[]`:                                   "want an object, found an array",
		`null`:                                 "want an object, found null",
		`{"PairList":7}`:                       "PairList: want an object, found a number",
		`{"PairList":[{},"x"]}`:                "PairList[1]: want an object, found a string",
		`{"PairList":[{"From_Account":{}}]}`:   "PairList[0].From_Account: want a string or a number, found an object",
		`{"PairList":[{"From_Account":true}]}`: "PairList[0].From_Account: want a string or a number, found a boolean",
		`{"ForceFlag":1.5}`:                    "ForceFlag: want a whole number, found a number",
		`{"ForceFlag":"yes"}`:                  "ForceFlag: want a whole number, found a string",
		`{"ForceFlag":9223372036854775808}`:    "ForceFlag: want a whole number",
		`{"PairList":[`:                        "unexpected end of JSON input",
	} {
		_, err := imevent.SnsFriendAdd.Decode([]byte(body))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v does not say %q", body, err, says)
			continue
		}
		if sdk.KindOf(err) != sdk.KindMalformed {
			t.Errorf("%s: kind %v", body, sdk.KindOf(err))
		}
	}
}

func TestReadingGarbageDirectlyIsAnErrorToo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{``, ` `, `{`, `{"`, `{"PairList"`, `{"PairList":`, `{"PairList":[`, `{}}`, `{"a":"\`} {
		var ev imevent.SnsBlackListAddEvent
		if err := ev.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q is an event", text)
		}
	}
}

func TestWhatAnEventKeepsIsItsOwn(t *testing.T) {
	t.Parallel()
	text := []byte(`{"New":"abc","PairList":[{"From_Account":"abc"}]}`)
	ev, err := imevent.SnsBlackListAdd.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range text {
		text[i] = 'x'
	}
	if string(ev.Unknown["New"]) != `"abc"` || ev.PairList[0].FromAccount != "abc" {
		t.Errorf("the event changed with the body: %+v", ev)
	}
}

func TestAnEventIsReadIntoAUsedOneLikeIntoANewOne(t *testing.T) {
	t.Parallel()
	ev := imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{{FromAccount: "old", ToAccount: "old"}, {}}}
	if err := json.Unmarshal([]byte(`{"PairList":[{"From_Account":"new"}]}`), &ev); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]imevent.SnsPair{{FromAccount: "new"}}, ev.PairList); diff != "" {
		t.Error(diff)
	}
}

func TestFriendAnswersNameEveryTarget(t *testing.T) {
	t.Parallel()
	ev, err := imevent.SnsPrevFriendAdd.Decode([]byte(`{"FriendItem":[{"To_Account":"id1"},{"To_Account":2},{"To_Account":"id1"},{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	allowed := imevent.Friend.Allow(ev)
	for name, tt := range map[string]struct {
		answer imevent.FriendAnswer
		want   map[string]int
	}{
		"all are allowed":         {allowed, map[string]int{"id1": 0, "2": 0}},
		"all are refused":         {imevent.Friend.Reject(ev, "no"), map[string]int{"id1": 38000, "2": 38000}},
		"one is refused":          {allowed.Reject("2", "no"), map[string]int{"id1": 0, "2": 38000}},
		"both, one after another": {allowed.Reject("2", "no").RejectCode("id1", 39000, "no"), map[string]int{"id1": 39000, "2": 38000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := tt.answer.Reply()
			if err != nil {
				t.Fatal(err)
			}
			if reply.Code != 0 {
				t.Errorf("code %d lets every target through", reply.Code)
			}
			if diff := cmp.Diff(tt.want, verdicts(t, reply)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFriendAnswersThatNameNobodyAreErrors(t *testing.T) {
	t.Parallel()
	ev := imevent.SnsPrevFriendResponseEvent{ResponseFriendItem: []imevent.SnsResponseFriendItem{{ToAccount: "id1"}}}
	for name, tt := range map[string]struct {
		answer imevent.FriendAnswer
		says   string
	}{
		"made from nothing":   {imevent.FriendAnswer{}, "start from imevent.Friend"},
		"about a stranger":    {imevent.Friend.Allow(ev).Reject("id2", "no"), `"id2": not a target`},
		"a code below":        {imevent.Friend.Allow(ev).RejectCode("id1", 37999, "no"), "38000 to 39000"},
		"a code of a family":  {imevent.Friend.Allow(ev).RejectCode("id1", 120001, "no"), "38000 to 39000"},
		"allowed by refusing": {imevent.Friend.Allow(ev).RejectCode("id1", 0, "yes"), "38000 to 39000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := tt.answer.Reply()
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v does not say %q", err, tt.says)
			}
			if diff := cmp.Diff(sdk.Reply{}, reply); diff != "" {
				t.Errorf("both an answer and an error:\n%s", diff)
			}
		})
	}
}

func TestAFriendAnswerIsAValue(t *testing.T) {
	t.Parallel()
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "id1"}}}
	allowed := imevent.Friend.Allow(ev)
	_ = allowed.Reject("id1", "no")
	reply, err := allowed.Reply()
	if err != nil || verdicts(t, reply)["id1"] != 0 {
		t.Errorf("refusing on a copy changed the original: %s, %v", reply.Extra, err)
	}
}

func TestFriendAnswersPassTheTablesCheck(t *testing.T) {
	t.Parallel()
	cb := sample(t, imevent.SnsPrevFriendAdd.Name())
	c := spec(t, cb.Command)
	ev, err := imevent.SnsPrevFriendAdd.Decode(cb.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		answer           imevent.FriendAnswer
		refused, partial bool
	}{
		"allow":   {imevent.Friend.Allow(ev), false, false},
		"reject":  {imevent.Friend.Reject(ev, "no"), true, false},
		"partial": {imevent.Friend.Allow(ev).Reject("id2", "no"), false, true},
	} {
		reply, err := tt.answer.Reply()
		if err := errors.Join(err, c.Check(cb, reply)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if refused, partial := c.Refuses(cb, reply); refused != tt.refused || partial != tt.partial {
			t.Errorf("%s: refused %v, partial %v", name, refused, partial)
		}
	}
}
