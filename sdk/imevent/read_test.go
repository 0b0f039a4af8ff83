package imevent_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// TestWhatArrivesOtherwiseThanDocumentedIsReadAndKept takes forms that backends in
// other languages write, and bodies as people have logged them.
func TestWhatArrivesOtherwiseThanDocumentedIsReadAndKept(t *testing.T) {
	t.Parallel()
	text := imevent.Element{MsgType: "TIMTextElem", Content: imevent.TextElem{Text: "hi"}}
	for name, tt := range map[string]struct {
		body    string
		want    imevent.GroupAfterSendMsgEvent
		unknown []string
	}{
		"a number in quotes":          {`{"MsgSeq":"123","EventTime":"1670574414123"}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 123, EventTime: 1670574414123}, nil},
		"an account as a number":      {`{"From_Account":144115216631667827}`, imevent.GroupAfterSendMsgEvent{FromAccount: "144115216631667827"}, nil},
		"a sequence past 2^53":        {`{"MsgSeq":9007199254740993}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 9007199254740993}, nil},
		"a number past 64 bits":       {`{"MsgSeq":18446744073709551615}`, imevent.GroupAfterSendMsgEvent{}, []string{"MsgSeq"}},
		"a time in words":             {`{"EventTime":"2022-12-09 08:26:54"}`, imevent.GroupAfterSendMsgEvent{}, []string{"EventTime"}},
		"a fraction":                  {`{"MsgTime":1670574414.5}`, imevent.GroupAfterSendMsgEvent{}, []string{"MsgTime"}},
		"a whole number with a point": {`{"MsgTime":1670574414.0}`, imevent.GroupAfterSendMsgEvent{MsgTime: 1670574414}, nil},
		"a number in powers of ten":   {`{"MsgSeq":1e3}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 1000}, nil},
		"a notation of Go's own":      {`{"MsgSeq":"0x1p4"}`, imevent.GroupAfterSendMsgEvent{}, []string{"MsgSeq"}},
		"a boolean for a flag":        {`{"OnlineOnlyFlag":true}`, imevent.GroupAfterSendMsgEvent{OnlineOnlyFlag: imevent.Some[int64](1)}, nil},
		"null everywhere":             {`{"GroupId":null,"MsgSeq":null,"OnlineOnlyFlag":null,"MsgBody":null,"EventTime":null}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"empty texts for everything":  {`{"GroupId":"","MsgSeq":"","OnlineOnlyFlag":"","MsgBody":"","EventTime":""}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"empty lists for everything":  {`{"GroupId":[],"MsgSeq":[],"OnlineOnlyFlag":[],"EventTime":[]}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"an empty object for a list":  {`{"MsgBody":{},"GroupAtInfo":{}}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"one item without brackets":   {`{"MsgBody":{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}}, nil},
		"a list that was encoded twice": {
			`{"MsgBody":"[{\"MsgType\":\"TIMTextElem\",\"MsgContent\":{\"Text\":\"hi\"}}]"}`,
			imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}},
			nil,
		},
		"a text in brackets":                 {`{"From_Account":["alice"]}`, imevent.GroupAfterSendMsgEvent{FromAccount: "alice"}, nil},
		"an object where a text carries it":  {`{"CloudCustomData":{"a":[1,2]}}`, imevent.GroupAfterSendMsgEvent{CloudCustomData: `{"a":[1,2]}`}, nil},
		"keys in another case":               {`{"groupid":"g","MSGSEQ":7}`, imevent.GroupAfterSendMsgEvent{GroupID: "g", MsgSeq: 7}, nil},
		"one key in two cases":               {`{"groupId":"other","GroupId":"own"}`, imevent.GroupAfterSendMsgEvent{GroupID: "own"}, []string{"groupId"}},
		"one key in two cases, own first":    {`{"GroupId":"own","groupId":"other"}`, imevent.GroupAfterSendMsgEvent{GroupID: "own"}, []string{"groupId"}},
		"one key twice: the last counts":     {`{"MsgSeq":1,"MsgSeq":2}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 2}, nil},
		"one key twice, the first unfit":     {`{"MsgSeq":"x","MsgSeq":2}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 2}, nil},
		"an escaped key":                     {`{"\u0047roupId":"g"}`, imevent.GroupAfterSendMsgEvent{GroupID: "g"}, nil},
		"broken surrogates":                  {`{"CloudCustomData":"\ud800"}`, imevent.GroupAfterSendMsgEvent{CloudCustomData: "\uFFFD"}, nil},
		"keys that are documented nowhere":   {`{"NewKey":{"a":1},"Another":null}`, imevent.GroupAfterSendMsgEvent{}, []string{"Another", "NewKey"}},
		"nothing at all":                     {`{}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"a list with null in it":             {`{"MsgBody":[null]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{{}}}, nil},
		"an element of a kind of the future": {`{"MsgBody":[{"MsgType":"TIMNewElem","MsgContent":[1]}]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{{MsgType: "TIMNewElem", Content: imevent.RawContent(`[1]`)}}}, nil},
		"a text element without its object":  {`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":"hi"}]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}}, nil},
		"content that was encoded twice":     {`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":"{\"Text\":\"hi\"}"}]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}}, nil},
		"content in brackets":                {`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":[{"Text":"hi"}]}]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}}, nil},
		"a list with holes":                  {`{"MsgBody":{"0":{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}},"3":{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}}}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text, text}}, nil},
		"an object that is no element":       {`{"MsgBody":{"a":1}}`, imevent.GroupAfterSendMsgEvent{}, []string{"MsgBody"}},
		"false for everything":               {`{"GroupId":false,"MsgSeq":false,"MsgTime":false,"MsgBody":false,"CloudCustomData":false}`, imevent.GroupAfterSendMsgEvent{}, nil},
		"true for a text and a time":         {`{"GroupId":true,"MsgTime":true}`, imevent.GroupAfterSendMsgEvent{}, []string{"GroupId", "MsgTime"}},
		"objects where texts belong":         {`{"From_Account":{"id":"a"},"MsgSeq":{"a":1},"EventTime":[1,2]}`, imevent.GroupAfterSendMsgEvent{}, []string{"From_Account", "MsgSeq", "EventTime"}},
		"one key twice in another case":      {`{"msgseq":1,"msgseq":2}`, imevent.GroupAfterSendMsgEvent{MsgSeq: 2}, nil},
		"a mention as its account alone":     {`{"GroupAtInfo":["alice"]}`, imevent.GroupAfterSendMsgEvent{GroupAtInfo: []imevent.GroupAtInfo{{GroupAtAccount: "alice"}}}, nil},
		"content before its kind":            {`{"MsgBody":[{"MsgContent":{"Text":"hi"},"MsgType":"TIMTextElem"}]}`, imevent.GroupAfterSendMsgEvent{MsgBody: []imevent.Element{text}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := imevent.GroupAfterSendMsg.Decode([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, fieldsOnly, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			var unknown []string
			for key := range got.Unknown() {
				unknown = append(unknown, key)
			}
			if diff := cmp.Diff(tt.unknown, unknown, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("unknown, -want +got:\n%s", diff)
			}
			wantSameJSON(t, []byte(tt.body), got)
			if string(got.Raw()) != tt.body {
				t.Errorf("raw is %s", got.Raw())
			}
		})
	}
}

func TestAnObjectOfOneFieldMayBeItsValueAlone(t *testing.T) {
	t.Parallel()
	text := []byte(`{"DestinationMembers":["jared",7,{"Member_Account":"leckie"}]}`)
	ev, err := imevent.GroupBeforeInviteJoinGroup.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"jared", "7", "leckie"}, ev.Targets()); diff != "" {
		t.Error(diff)
	}
	wantSameJSON(t, text, ev)
}

func TestAnAbsentValueIsNotMadeUp(t *testing.T) {
	t.Parallel()
	ev, err := imevent.C2CAfterSendMsg.Decode([]byte(`{"MsgKey":"k","UnreadMsgNum":0}`))
	if err != nil {
		t.Fatal(err)
	}
	if !ev.MsgTime.Time().IsZero() || !ev.MsgTime.IsZero() || ev.Has("MsgTime") {
		t.Errorf("MsgTime is %v", ev.MsgTime.Time())
	}
	if _, ok := ev.SendMsgResult.Get(); ok {
		t.Error("a result that nobody sent")
	}
	if n, ok := ev.UnreadMsgNum.Get(); !ok || n != 0 || !ev.Has("UnreadMsgNum") {
		t.Error("the count of 0 is lost")
	}
	if got := imevent.Millis(1670574414123).Time(); !got.Equal(time.Date(2022, 12, 9, 8, 26, 54, 123e6, time.UTC)) {
		t.Errorf("milliseconds are %v", got)
	}
	if got := imevent.Seconds(1670574414).Time(); !got.Equal(time.Date(2022, 12, 9, 8, 26, 54, 0, time.UTC)) {
		t.Errorf("seconds are %v", got)
	}
}

func TestAnEventThatWasChangedIsWrittenAsItIsNow(t *testing.T) {
	t.Parallel()
	ev, err := imevent.GroupAfterSendMsg.Decode([]byte(`{"groupid":"g","MsgSeq":"1","MsgTime":"never","From_Account":7,"MsgBody":{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}},"New":1}`))
	if err != nil {
		t.Fatal(err)
	}
	ev.GroupID, ev.MsgSeq, ev.MsgTime, ev.FromAccount = "h", 2, 3, ""
	ev.MsgBody = append(ev.MsgBody, imevent.Text("there"))
	wantSameJSON(t, []byte(`{"groupid":"h","MsgSeq":2,"MsgTime":3,"From_Account":"","MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}},{"MsgType":"TIMTextElem","MsgContent":{"Text":"there"}}],"New":1}`), ev)
}

func TestAValueMadeInGoIsWrittenWithoutWhatItLacks(t *testing.T) {
	t.Parallel()
	ev := imevent.C2CAfterSendMsgEvent{MsgKey: "k", SendMsgResult: imevent.Some[int64](0), MsgBody: []imevent.Element{
		{Content: imevent.FaceElem{Index: imevent.Some[int64](0)}},
		imevent.Text(""),
		{Content: &imevent.TextElem{Text: "by pointer"}},
		{MsgType: "TIMOther", Content: imevent.RawContent(`{"a":1}`)},
		{MsgType: "TIMOther"},
	}}
	wantSameJSON(t, []byte(`{"MsgKey":"k","SendMsgResult":0,"MsgBody":[
		{"MsgType":"TIMFaceElem","MsgContent":{"Index":0,"Data":""}},{"MsgType":"TIMTextElem","MsgContent":{"Text":""}},
		{"MsgType":"TIMTextElem","MsgContent":{"Text":"by pointer"}},{"MsgType":"TIMOther","MsgContent":{"a":1}},{"MsgType":"TIMOther"}]}`), ev)
	if ev.Has("MsgKey") || ev.Raw() != nil || ev.Unknown() != nil {
		t.Error("it remembers a JSON that it never was")
	}
}

func TestEventsCanBeReadAndWrittenByEncodingJSONToo(t *testing.T) {
	t.Parallel()
	type stored struct {
		Note  string
		Event imevent.SnsBlackListAddEvent
	}
	text := `{"Note":"n","Event":{"PairList":{"From_Account":1,"To_Account":"b","Why":"x"},"Extra":[1]}}`
	var got stored
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Event.PairList[0].FromAccount != "1" {
		t.Errorf("pairs %v", got.Event.PairList)
	}
	wantSameJSON(t, []byte(text), got)
}

func TestWhatDoesNotFitAtAllSaysWhere(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		`7`:                    "want an object, found a number",
		`{"MsgBody":7}`:        "MsgBody: want an object or a list, found a number",
		`{"MsgBody":"hello"}`:  "MsgBody: want an object or a list, found a string",
		`{"MsgBody":[{},7]}`:   "MsgBody[1]: want an object, found a number",
		`{"MsgBody":[[{},7]]}`: "MsgBody[0]: want an object, found an array",
		strings.Repeat(`{"MsgBody":`, 65) + "1" + strings.Repeat("}", 65): "the body is nested deeper than 64 levels",
		`{"MsgSeq":}`: "invalid character",
		` `:           "unexpected end of JSON input",
	} {
		_, err := imevent.GroupAfterSendMsg.Decode([]byte(body))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v does not say %q", body, err, says)
		}
	}
}
