package imevent_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAJudgementSaysWhomItsMessageWasFor(t *testing.T) {
	t.Parallel()
	user := eventOf(t, imevent.ContentCallbackResultNotify, `{"Scene":"C2C","ContactItem":{"ContactType":1,"To_Account":"Jonh"},"MsgID":"1434460578_4137340972_1661154487"}`)
	if user.ContactItem.ContactType != 1 || user.ContactItem.ToAccount != "Jonh" || user.MsgID != "1434460578_4137340972_1661154487" {
		t.Errorf("to a user: %+v", user)
	}
	group := eventOf(t, imevent.ContentCallbackResultNotify, `{"Scene":"Group","ContactItem":{"ContactType":"2","ToGroupId":"@TGS#1"},"MsgID":4294967296}`)
	if group.ContactItem.ContactType != 2 || group.ContactItem.ToGroupID != "@TGS#1" || group.MsgID != "4294967296" {
		t.Errorf("to a group: %+v", group)
	}
	profile := eventOf(t, imevent.ContentCallbackResultNotify, `{"Scene":"UserInfo","From_Account":144115216631667827}`)
	if profile.Has("ContactItem") || profile.MsgID != "" || profile.FromAccount != "144115216631667827" {
		t.Errorf("of a profile: %+v", profile)
	}
}

func TestContentIsBlockedOnlyWhereTheBodySaysSo(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"CtxcbResult":1}`:    true,
		`{"CtxcbResult":"1"}`:  true,
		`{"CtxcbResult":0}`:    false,
		`{"CtxcbResult":null}`: false,
		`{}`:                   false,
	} {
		if ev := eventOf(t, imevent.ContentCallbackResultNotify, body); ev.Blocked() != want {
			t.Errorf("%s: blocked %t", body, ev.Blocked())
		}
	}
}

func TestAJudgedTextMayStandWithoutBrackets(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"TextContent":["a","b"],"CtxcbKeywords":["a","b"]}`: {"a", "b"},
		`{"TextContent":"a","CtxcbKeywords":"a"}`:             {"a"},
		`{"TextContent":[],"CtxcbKeywords":[]}`:               {},
		`{"TextContent":null}`:                                nil,
		`{}`:                                                  nil,
	} {
		ev := eventOf(t, imevent.ContentCallbackResultNotify, body)
		if diff := cmp.Diff(want, ev.TextContent); diff != "" {
			t.Errorf("%s: texts %s", body, diff)
		}
		if diff := cmp.Diff(want, ev.CtxcbKeywords); diff != "" {
			t.Errorf("%s: keywords %s", body, diff)
		}
	}
}

func TestAJudgementIsReadHoweverItsKeysAreSpelt(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.ContentCallbackResultNotify, `{"CallbackCommand":"ContentCallback.ResultNotify","SdkAppid":"1400187352","MsgId":"7","FileUrl":"https://example.com/1.png"}`)
	if ev.SdkAppID != 1400187352 || ev.MsgID != "7" || ev.FileURL != "https://example.com/1.png" {
		t.Errorf("read %+v", ev)
	}
	if len(ev.Unknown()) != 1 || string(ev.Unknown()["CallbackCommand"]) != `"ContentCallback.ResultNotify"` {
		t.Errorf("kept %v", ev.Unknown())
	}
}

func ExampleContentCallbackResultNotifyEvent_Blocked() {
	ev, err := imevent.ContentCallbackResultNotify.Decode([]byte(`{"Scene":"C2C","From_Account":"jared","CtxcbResult":1,"CtxcbLabel":"Ad"}`))
	fmt.Println(ev.Blocked(), ev.CtxcbLabel, err)
	// Output: true Ad <nil>
}
