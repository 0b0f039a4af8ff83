package imevent_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAProfileFieldIsReadAsText(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ item, want string }{
		"a text":          {`{"Tag":"Tag_Profile_IM_Nick","Value":"nick1"}`, "nick1"},
		"a text emptied":  {`{"Tag":"Tag_Profile_IM_Nick","Value":""}`, ""},
		"escapes":         {`{"Tag":"Tag_Profile_IM_Nick","Value":"\u4f60\"\n"}`, "你\"\n"},
		"a number":        {`{"Tag":"Tag_Profile_IM_BirthDay","Value":19940410}`, "19940410"},
		"a large number":  {`{"Tag":"Tag_Profile_Custom_ID","Value":9007199254740993}`, "9007199254740993"},
		"zero":            {`{"Tag":"Tag_Profile_IM_Level","Value":0}`, "0"},
		"digits":          {`{"Tag":"Tag_Profile_IM_Level","Value":"007"}`, "007"},
		"null":            {`{"Tag":"Tag_Profile_IM_Nick","Value":null}`, ""},
		"nothing":         {`{"Tag":"Tag_Profile_IM_Nick"}`, ""},
		"an object":       {`{"Tag":"Tag_Profile_Custom_O","Value":{"a":[1]}}`, `{"a":[1]}`},
		"space around it": {`{"Tag":"Tag_Profile_IM_Level","Value" :  7 }`, "7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.ProfilePortraitSet, `{"From_Account":"id1","ProfileItem":[`+tt.item+`]}`)
			if len(ev.ProfileItem) != 1 || ev.ProfileItem[0].Text() != tt.want {
				t.Errorf("read %+v", ev.ProfileItem)
			}
		})
	}
}

func TestAProfileTellsAFieldThatWasEmptiedFromOneThatWasLeftAlone(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.ProfilePortraitSet, `{"EventTime":"1656921052497","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":""},{"Tag":"Tag_Profile_IM_Level","Value":3}]}`)
	for tag, want := range map[string]struct {
		text    string
		changed bool
	}{
		"Tag_Profile_IM_Nick":   {"", true},
		"Tag_Profile_IM_Level":  {"3", true},
		"Tag_Profile_IM_Gender": {"", false},
	} {
		if text, changed := ev.Text(tag); text != want.text || changed != want.changed {
			t.Errorf("%s: %q, %t", tag, text, changed)
		}
	}
	if ev.EventTime != 1656921052497 {
		t.Errorf("EventTime is %d", ev.EventTime)
	}
}

func TestASingleProfileFieldMayStandWithoutBrackets(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.ProfilePortraitSet, `{"ProfileItem":{"Tag":"Tag_Profile_IM_Nick","Value":"x","Why":true}}`)
	if text, changed := ev.Text("Tag_Profile_IM_Nick"); text != "x" || !changed {
		t.Errorf("read %+v", ev.ProfileItem)
	}
	if string(ev.ProfileItem[0].Unknown()["Why"]) != "true" {
		t.Errorf("the new key is lost: %v", ev.ProfileItem[0].Unknown())
	}
}

func ExampleProfilePortraitSetEvent_Text() {
	ev, err := imevent.ProfilePortraitSet.Decode([]byte(`{"From_Account":"id1","ProfileItem":[{"Tag":"Tag_Profile_IM_Nick","Value":"nick1"}]}`))
	nick, changed := ev.Text("Tag_Profile_IM_Nick")
	fmt.Println(nick, changed, err)
	// Output: nick1 true <nil>
}

func ExampleProfileItem_Text() {
	for _, value := range []string{`"nick1"`, `19940410`} {
		fmt.Println(imevent.ProfileItem{Value: json.RawMessage(value)}.Text())
	}
	// Output:
	// nick1
	// 19940410
}
