package imevent_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// eventOf decodes body, and sees to it that the event is written as it was read.
func eventOf[E any, A sdk.Answer](t *testing.T, command sdk.Command[E, A], body string) E {
	t.Helper()
	ev, err := command.Decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	back, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(jsonOf(t, []byte(body)), jsonOf(t, back)); diff != "" {
		t.Errorf("the event loses or invents something (-body +event):\n%s", diff)
	}
	return ev
}

// jsonOf returns text as plain Go values, with numbers digit by digit.
func jsonOf(t *testing.T, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestAOneToOneMessageIsReadHoweverItsNumbersAreWritten(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"numbers":        `{"From_Account":"144115216631667827","MsgSeq":4294967296,"MsgRandom":4026038328,"MsgTime":1557481126,"EventTime":1670574414123,"OnlineOnlyFlag":0}`,
		"quoted numbers": `{"From_Account":"144115216631667827","MsgSeq":"4294967296","MsgRandom":"4026038328","MsgTime":"1557481126","EventTime":"1670574414123","OnlineOnlyFlag":"0"}`,
		"a bare account": `{"From_Account":144115216631667827,"MsgSeq":4294967296,"MsgRandom":4026038328,"MsgTime":1557481126,"EventTime":1670574414123,"OnlineOnlyFlag":0}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.C2CBeforeSendMsg, body)
			if ev.FromAccount != "144115216631667827" || ev.MsgSeq != 1<<32 || ev.MsgRandom != 4026038328 {
				t.Errorf("account, sequence or random number changed: %+v", ev)
			}
			if got := ev.MsgTime.Time().Unix(); got != 1557481126 {
				t.Errorf("MsgTime is %d s", got)
			}
			if got := ev.EventTime.Time().UnixMilli(); got != 1670574414123 {
				t.Errorf("EventTime is %d ms", got)
			}
			if flag, ok := ev.OnlineOnlyFlag.Get(); flag != 0 || !ok {
				t.Errorf("OnlineOnlyFlag is %d, %t", flag, ok)
			}
			if len(ev.Unknown()) > 0 {
				t.Errorf("no field took %v", ev.Unknown())
			}
		})
	}
}

func TestWhatAOneToOneMessageLacksIsNotMadeUp(t *testing.T) {
	t.Parallel()
	ev := eventOf(t, imevent.C2CAfterSendMsg, `{"From_Account":"jared"}`)
	if !ev.EventTime.Time().IsZero() || !ev.MsgTime.Time().IsZero() {
		t.Errorf("a time was made up: %v, %v", ev.EventTime.Time(), ev.MsgTime.Time())
	}
	if ev.UnreadMsgNum.IsSet() || ev.OnlineOnlyFlag.IsSet() || ev.SendMsgResult.IsSet() {
		t.Errorf("a number was made up: %+v", ev)
	}
	if ev.MsgBody != nil {
		t.Errorf("a message was made up: %v", ev.MsgBody)
	}
}

func TestAOneToOneMessageIsDeliveredOnlyWhereTheBodySaysSo(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"SendMsgResult":0,"ErrorInfo":"send msg succeed"}`:              true,
		`{"SendMsgResult":"0"}`:                                           true,
		`{"SendMsgResult":80001,"ErrorInfo":"dirty","UnreadMsgNum":-1}`:   false,
		`{"SendMsgResult":null}`:                                          false,
		`{"ErrorInfo":"send msg succeed"}`:                                false,
		`{"SendMsgResult":"not a number","ErrorInfo":"send msg succeed"}`: false,
	} {
		if ev := eventOf(t, imevent.C2CAfterSendMsg, body); ev.Delivered() != want {
			t.Errorf("%s: delivered %t", body, ev.Delivered())
		}
	}
	failed := eventOf(t, imevent.C2CAfterSendMsg, `{"SendMsgResult":80001,"UnreadMsgNum":-1}`)
	if unread, ok := failed.UnreadMsgNum.Get(); unread != -1 || !ok {
		t.Errorf("UnreadMsgNum is %d, %t", unread, ok)
	}
}

func TestAnEditTellsWhatWasEmptiedFromWhatWasLeftAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body    string
		data    string
		changed bool
		texts   int
	}{
		"the text alone":      {`{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}],"CallbackCommand":"C2C.CallbackAfterModifyMsg"}`, "", false, 1},
		"the data alone":      {`{"CloudCustomData":"new"}`, "new", true, 0},
		"the data emptied":    {`{"CloudCustomData":""}`, "", true, 0},
		"the data as number":  {`{"CloudCustomData":1769772027}`, "1769772027", true, 0},
		"an element as such":  {`{"MsgBody":{"MsgType":"TIMTextElem","MsgContent":{"Text":"x"}}}`, "", false, 1},
		"a kind nobody knows": {`{"MsgBody":[{"MsgType":"TIMNewElem","MsgContent":{"A":1}}]}`, "", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.C2CAfterModifyMsg, tt.body)
			data, changed := ev.CloudCustomData.Get()
			if data != tt.data || changed != tt.changed {
				t.Errorf("CloudCustomData is %q, %t", data, changed)
			}
			if len(ev.MsgBody) != tt.texts {
				t.Errorf("MsgBody has %d elements", len(ev.MsgBody))
			}
		})
	}
}

func TestARecallHasATimeOrACountOrNeither(t *testing.T) {
	t.Parallel()
	mainland := eventOf(t, imevent.C2CAfterMsgWithDraw, `{"MsgKey":"48374_2837546_1557481126","EventTime":1670574414123}`)
	if mainland.EventTime != 1670574414123 || mainland.UnreadMsgNum.IsSet() {
		t.Errorf("the mainland's: %+v", mainland)
	}
	international := eventOf(t, imevent.C2CAfterMsgWithDraw, `{"MsgKey":"48374_2837546_1557481126","UnreadMsgNum":0}`)
	if unread, ok := international.UnreadMsgNum.Get(); unread != 0 || !ok || !international.EventTime.IsZero() {
		t.Errorf("the international: %+v", international)
	}
}

func TestReadingIsToldInThreeWays(t *testing.T) {
	t.Parallel()
	report := eventOf(t, imevent.C2CAfterMsgReport, `{"Report_Account":"jared","LastReadTime":1614754606,"EventTime":1670574414123}`)
	if report.LastReadTime.Time().Year() != 2021 || report.EventTime.Time().Year() != 2022 {
		t.Errorf("the units are mixed up: %v, %v", report.LastReadTime.Time(), report.EventTime.Time())
	}
	receipt := eventOf(t, imevent.C2CAfterMsgReadReceipt, `{"Operator_Account":"jared","C2CMsgInfo":{"From_Account":"Jonh","MsgKey":"33973751_24064952_1769139583","New":[1]}}`)
	if len(receipt.C2CMsgInfo) != 1 || receipt.C2CMsgInfo[0].FromAccount != "Jonh" {
		t.Fatalf("C2CMsgInfo is %+v", receipt.C2CMsgInfo)
	}
	if string(receipt.C2CMsgInfo[0].Unknown()["New"]) != "[1]" {
		t.Errorf("the new key is lost: %v", receipt.C2CMsgInfo[0].Unknown())
	}
	all := eventOf(t, imevent.C2CAfterMsgReadAll, `{"Report_Account":"Jonh","GroupReadInfo":[{"GroupId":"g","MsgSeq":"100"},{"GroupId":7}]}`)
	if len(all.GroupReadInfo) != 2 || all.GroupReadInfo[0].MsgSeq != 100 || all.GroupReadInfo[1].GroupID != "7" {
		t.Errorf("GroupReadInfo is %+v", all.GroupReadInfo)
	}
	if none := eventOf(t, imevent.C2CAfterMsgReadAll, `{"Report_Account":"Jonh"}`); none.GroupReadInfo != nil {
		t.Errorf("groups were made up: %v", none.GroupReadInfo)
	}
}

func TestAnExtensionIsSetDeletedOrCleared(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body      string
		operation int64
		want      []string
	}{
		"set":     {`{"OperateType":1,"ExtensionList":[{"Key":"k1","Value":"v1","Seq":1},{"Key":"k2","Value":2,"Seq":1}],"Seq":1}`, 1, []string{"k1=v1@1", "k2=2@1"}},
		"deleted": {`{"OperateType":2,"ExtensionList":[{"Key":"k1","Value":"","Seq":2}],"Seq":2}`, 2, []string{"k1=@2"}},
		"cleared": {`{"OperateType":3,"ExtensionList":[],"Seq":3}`, 3, nil},
		"null":    {`{"OperateType":3,"ExtensionList":null,"Seq":3}`, 3, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := eventOf(t, imevent.C2CAfterC2CMsgExtension, tt.body)
			if ev.OperateType != tt.operation || ev.Seq != tt.operation {
				t.Errorf("operation %d, version %d", ev.OperateType, ev.Seq)
			}
			var got []string
			for _, pair := range ev.ExtensionList {
				got = append(got, fmt.Sprintf("%s=%s@%d", pair.Key, pair.Value, pair.Seq))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func ExampleC2CAfterSendMsgEvent_Delivered() {
	ev, err := imevent.C2CAfterSendMsg.Decode([]byte(`{"MsgKey":"48374_2837546_1557481126","SendMsgResult":80001,"ErrorInfo":"dirty word","UnreadMsgNum":-1}`))
	fmt.Println(ev.Delivered(), ev.ErrorInfo, err)
	// Output: false dirty word <nil>
}
