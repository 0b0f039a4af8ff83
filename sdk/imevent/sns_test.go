package imevent_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// fieldsOnly compares events by their fields, whatever JSON they were read from.
var fieldsOnly = cmpopts.IgnoreTypes(imevent.Object{})

func TestPairsAreReadHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	pair := func(from, to string) imevent.SnsPair { return imevent.SnsPair{FromAccount: from, ToAccount: to} }
	for name, tt := range map[string]struct {
		body string
		want []imevent.SnsPair
	}{
		"nothing":                 {`{}`, nil},
		"null for a list":         {`{"PairList":null}`, nil},
		"an empty list":           {`{"PairList":[]}`, []imevent.SnsPair{}},
		"a pair without brackets": {`{"PairList":{"From_Account":"a","To_Account":"b"}}`, []imevent.SnsPair{pair("a", "b")}},
		"numbers for accounts":    {`{"PairList":[{"From_Account":144115216631667827,"To_Account":0}]}`, []imevent.SnsPair{pair("144115216631667827", "0")}},
		"null for an account":     {`{"PairList":[{"From_Account":null,"To_Account":"b"}]}`, []imevent.SnsPair{pair("", "b")}},
		"half a pair":             {`{"PairList":[{"To_Account":"b"}]}`, []imevent.SnsPair{pair("", "b")}},
		"escapes":                 {`{"PairList":[{"From_\u0041ccount":"\u4f60\"\\\n","To_Account":"😀"}]}`, []imevent.SnsPair{pair("你\"\\\n", "😀")}},
		"keys in another case":    {`{"pairlist":[{"FROM_ACCOUNT":"a","To_account":"b"}]}`, []imevent.SnsPair{pair("a", "b")}},
		"space wherever it may":   {" {\n\t\"PairList\" : [ { \"From_Account\" : \"a\" } ,\r\n {} ] } ", []imevent.SnsPair{pair("a", ""), {}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, eventOf(t, imevent.SnsBlackListAdd, tt.body).PairList, fieldsOnly); diff != "" {
				t.Errorf("added to the blocklist: %s", diff)
			}
			if diff := cmp.Diff(tt.want, eventOf(t, imevent.SnsBlackListDelete, tt.body).PairList, fieldsOnly); diff != "" {
				t.Errorf("removed from the blocklist: %s", diff)
			}
			if diff := cmp.Diff(tt.want, eventOf(t, imevent.SnsFriendDelete, tt.body).PairList, fieldsOnly); diff != "" {
				t.Errorf("deleted as friends: %s", diff)
			}
		})
	}
}

func TestKeysThatAreDocumentedNowhereAreKeptWhereTheyStood(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.SnsBlackListAdd, `{"EventTime":1670574414123,"PairList":[{"From_Account":"a","Reason":{"Code":1}}]}`)
	want := map[string]json.RawMessage{"EventTime": json.RawMessage(`1670574414123`)}
	if diff := cmp.Diff(want, ev.Unknown()); diff != "" {
		t.Error(diff)
	}
	want = map[string]json.RawMessage{"Reason": json.RawMessage(`{"Code":1}`)}
	if diff := cmp.Diff(want, ev.PairList[0].Unknown()); diff != "" {
		t.Error(diff)
	}
}

func TestATimeInQuotesStaysExactAndAnAbsentOneIsAbsent(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]imevent.Millis{
		`9223372036854775807`:   9223372036854775807,
		`"9223372036854775807"`: 9223372036854775807,
		`"1631777344870"`:       1631777344870,
		`" 7 "`:                 7,
		`""`:                    0,
		`null`:                  0,
		`-1`:                    -1,
	} {
		ev := eventOf(t, imevent.SnsPrevFriendAdd, `{"EventTime":`+text+`}`)
		if ev.EventTime != want || ev.EventTime.Time().IsZero() != (want == 0) {
			t.Errorf("EventTime %s read as %d, which is %v", text, ev.EventTime, ev.EventTime.Time())
		}
	}
}

func TestAFlagThatIsAbsentIsNotZero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]imevent.Opt[int64]{
		`"ForceFlag":0,"ForceAddFlags":0`:         imevent.Some[int64](0),
		`"ForceFlag":1,"ForceAddFlags":1`:         imevent.Some[int64](1),
		`"ForceFlag":"1","ForceAddFlags":true`:    imevent.Some[int64](1),
		`"ForceFlag":null,"ForceAddFlags":null`:   {},
		`"ForceFlag":"yes","ForceAddFlags":"yes"`: {},
		``: {},
	} {
		if got := eventOf(t, imevent.SnsFriendAdd, `{`+text+`}`).ForceFlag; got != want {
			t.Errorf("added by {%s}: %+v", text, got)
		}
		if got := eventOf(t, imevent.SnsPrevFriendAdd, `{`+text+`}`).ForceAddFlags; got != want {
			t.Errorf("to be added by {%s}: %+v", text, got)
		}
	}
}

func TestTheOneWhoAsksIsReadInEitherSpelling(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"Requester_Account":"a"}`:                           "a",
		`{"Requestor_Account":144115216631667827}`:            "144115216631667827",
		`{"Requestor_Account":"a","Requester_Account":"b"}`:   "b",
		`{"Operator_Account":"a","ResponseFriendItem":[{}]}`:  "",
		`{"requester_account":"a","FriendItem":{"Remark":1}}`: "a",
	} {
		if got := eventOf(t, imevent.SnsPrevFriendAdd, body).RequesterAccount; got != want {
			t.Errorf("%s: %q adds", body, got)
		}
		if got := eventOf(t, imevent.SnsPrevFriendResponse, body).RequesterAccount; got != want {
			t.Errorf("%s: %q responds", body, got)
		}
	}
}

func TestNewFriendsNameWhoAsked(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.SnsFriendAdd, `{"PairList":{"From_Account":"a","To_Account":"b","Initiator_Account":144115216631667827},"ClientCmd":"FriendResponse","Admin_Account":""}`)
	want := []imevent.SnsFriendPair{{FromAccount: "a", ToAccount: "b", InitiatorAccount: "144115216631667827"}}
	if diff := cmp.Diff(want, ev.PairList, fieldsOnly); diff != "" {
		t.Error(diff)
	}
	if ev.ClientCmd != "FriendResponse" || !ev.Has("Admin_Account") || ev.ForceFlag.IsSet() {
		t.Errorf("%+v", ev)
	}
}

func TestAFriendEventThatCannotBeReadSaysWhere(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		`[]`:                    "want an object, found an array",
		`null`:                  "want an object, found null",
		`{"PairList":7}`:        "PairList: want an object or a list, found a number",
		`{"PairList":[{},"x"]}`: "PairList[1]: want an object, found a string",
		`{"PairList":[`:         "unexpected end of JSON input",
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
	if string(ev.Unknown()["New"]) != `"abc"` || ev.PairList[0].FromAccount != "abc" {
		t.Errorf("the event changed with the body: %+v", ev)
	}
}

func TestAnEventIsReadIntoAUsedOneLikeIntoANewOne(t *testing.T) {
	t.Parallel()
	ev := imevent.SnsBlackListAddEvent{PairList: []imevent.SnsPair{{FromAccount: "old", ToAccount: "old"}, {}}}
	if err := json.Unmarshal([]byte(`{"PairList":[{"From_Account":"new"}]}`), &ev); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]imevent.SnsPair{{FromAccount: "new"}}, ev.PairList, fieldsOnly); diff != "" {
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
		"about a stranger":    {imevent.Friend.Allow(ev).Reject("id2", "no"), `none of the request`},
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
