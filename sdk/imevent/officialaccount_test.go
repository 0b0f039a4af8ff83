package imevent_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAChangedChannelTellsEmptiedFromUntouched(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.OfficialAccountAfterOfficialAccountInfoChanged, `{"Official_Account":"@TOA#_1","Introduction":"","Name":"New","FaceURL":"http://face.example","Owner":{"Since":1}}`)
	want := imevent.OfficialAccountAfterOfficialAccountInfoChangedEvent{
		OfficialAccount: "@TOA#_1",
		Introduction:    imevent.Some(""),
		Name:            imevent.Some("New"),
		FaceURL:         imevent.Some("http://face.example"),
	}
	if diff := cmp.Diff(want, ev, fieldsOnly); diff != "" {
		t.Error(diff)
	}
	if ev.Organization.IsSet() || !ev.EventTime.Time().IsZero() {
		t.Error("something was made up")
	}
	if string(ev.Unknown()["Owner"]) != `{"Since":1}` || len(ev.Unknown()) != 1 {
		t.Errorf("kept %v", ev.Unknown())
	}
}

func TestAChannelsMessageHasTimesInTwoUnits(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.OfficialAccountAfterSendMsg, `{"MsgTime":"1490686222","EventTime":"1490686222123","MsgKey":71,"OnlineOnlyFlag":0,"CloudCustomData":{"id":9007199254740993},"MsgBody":{"MsgType":"TIMTextElem","MsgContent":{"Text":"red packet"}}}`)
	if gap := ev.EventTime.Time().Sub(ev.MsgTime.Time()).Milliseconds(); gap != 123 {
		t.Errorf("the message and the event are %d ms apart", gap)
	}
	if ev.MsgKey != "71" || len(ev.MsgBody) != 1 || ev.MsgBody[0].MsgType != "TIMTextElem" {
		t.Errorf("%+v", ev)
	}
	if ev.CloudCustomData != `{"id":9007199254740993}` {
		t.Errorf("an object where its text belongs became %q", ev.CloudCustomData)
	}
	if flag, ok := ev.OnlineOnlyFlag.Get(); !ok || flag != 0 {
		t.Errorf("OnlineOnlyFlag %d, %v", flag, ok)
	}
}

func TestAChannelsMessageBeforeItIsSentNamesNobody(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.OfficialAccountBeforeSendMsg, `{"Official_Account":"@TOA#_1","MsgBody":[{"MsgType":"TIMNewElem","MsgContent":{"New":9007199254740993}}],"MsgKey":"1_2_3"}`)
	if ev.OnlineOnlyFlag.IsSet() || !ev.EventTime.IsZero() || ev.Has("CloudCustomData") {
		t.Errorf("made up: %+v", ev)
	}
	if data := eventOf(t, imevent.OfficialAccountBeforeSendMsg, `{"CloudCustomData":[1]}`).CloudCustomData; data != "[1]" {
		t.Errorf("a list where its text belongs became %q", data)
	}
	if string(ev.Unknown()["MsgKey"]) != `"1_2_3"` || len(ev.MsgBody) != 1 {
		t.Errorf("lost: %+v", ev)
	}
}

func TestRecalledMessagesAreReadInEitherSpelling(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"WithdrawMsgList":[{"MsgKey":"71_1_1698741698"},{"MsgKey":"71_2_1698741698"}]}`: {"71_1_1698741698", "71_2_1698741698"},
		`{"WithDrawMsgList":{"MsgKey":"71_1_1698741698"}}`:                                {"71_1_1698741698"},
		`{"WithdrawMsgList":[]}`: nil,
		`{}`:                     nil,
	} {
		ev := eventOf(t, imevent.OfficialAccountAfterMsgWithDraw, body)
		var keys []string
		for _, m := range ev.WithdrawMsgList {
			keys = append(keys, m.MsgKey)
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestSubscribersInQuestionAreNamedOnceEach(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"SubscribeAccountList":[{"Subscriber_Account":"a"},{"Subscriber_Account":107867},{"Subscriber_Account":"a"},{}]}`: {"a", "107867"},
		`{"SubscribeAccountList":{"Subscriber_Account":"a"}}`:                                                               {"a"},
		`{"SubscribeAccountList":null}`: {},
	} {
		ev := eventOf(t, imevent.OfficialAccountBeforeAddSubscriber, body)
		if diff := cmp.Diff(want, ev.Targets()); diff != "" {
			t.Errorf("%s: %s", body, diff)
		}
	}
}

func TestThoseWhoLeaveAChannelStandInTheListOfSubscribers(t *testing.T) {
	t.Parallel()
	left := eventOf(t, imevent.OfficialAccountAfterDeleteSubscriber, `{"Operator_Account":107867,"SubscribeAccountList":[{"Subscriber_Account":144115233775727695}]}`)
	want := []imevent.OfficialAccountSubscriber{{SubscriberAccount: "144115233775727695"}}
	if diff := cmp.Diff(want, left.SubscribeAccountList, fieldsOnly); diff != "" || left.OperatorAccount != "107867" {
		t.Errorf("%s by %q", diff, left.OperatorAccount)
	}
	joined := eventOf(t, imevent.OfficialAccountAfterAddSubscriber, `{"SubscribeAccountList":[]}`)
	if joined.SubscribeAccountList == nil || len(joined.SubscribeAccountList) != 0 {
		t.Errorf("%+v", joined)
	}
}

func TestAChannelThatIsNotYetHasAnOwnerAndAName(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.OfficialAccountBeforeCreateOfficialAccount, `{"Operator_Account":107867,"Owner_Account":"107867","Name":42}`)
	if ev.OperatorAccount != ev.OwnerAccount || ev.Name != "42" || !ev.EventTime.Time().IsZero() {
		t.Errorf("%+v", ev)
	}
}

func TestOfChannelsLittleIsSaidWhenTheyComeFillUpAndGo(t *testing.T) {
	t.Parallel()
	const body = `{"Official_Account":"@TOA#_1","Owner_Account":144115233775727695,"EventTime":"1670574414123"}`
	created := eventOf(t, imevent.OfficialAccountAfterCreateOfficialAccount, body)
	if created.OwnerAccount != "144115233775727695" || created.Has("Operator_Account") {
		t.Errorf("%+v", created)
	}
	full := eventOf(t, imevent.OfficialAccountAfterOfficialAccountFull, body)
	if full.EventTime != 1670574414123 || string(full.Unknown()["Owner_Account"]) != "144115233775727695" {
		t.Errorf("%+v", full)
	}
	gone := eventOf(t, imevent.OfficialAccountAfterOfficialAccountDestroyed, body)
	if gone.OfficialAccount != "@TOA#_1" || gone.OwnerAccount != "144115233775727695" || len(gone.Unknown()) != 0 {
		t.Errorf("%+v", gone)
	}
}

func ExampleOfficialAccountBeforeAddSubscriberEvent_Targets() {
	ev := imevent.OfficialAccountBeforeAddSubscriberEvent{
		SubscribeAccountList: []imevent.OfficialAccountSubscriber{{SubscriberAccount: "alice"}, {SubscriberAccount: "bob"}, {SubscriberAccount: "alice"}},
	}
	fmt.Println(ev.Targets())
	// Output: [alice bob]
}
