package imevent_test

import (
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func TestAGroupMessagesNumbersStayExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		`123`:                   123,
		`"123"`:                 123,
		`4294967296123`:         4294967296123,
		`"9007199254740993"`:    9007199254740993, // beyond what a float64 holds exactly
		`9223372036854775807`:   9223372036854775807,
		`"9223372036854775807"`: 9223372036854775807,
	} {
		for name, got := range map[string]int64{
			"sent":      readGroup(t, imevent.GroupAfterSendMsg, `{"MsgSeq":`+text+`}`).MsgSeq,
			"edited":    readGroup(t, imevent.GroupAfterModifyMsg, `{"MsgSeq":`+text+`}`).MsgSeq,
			"extended":  readGroup(t, imevent.GroupAfterGroupMsgExtension, `{"MsgSeq":`+text+`}`).MsgSeq,
			"recalled":  soleItem(t, readGroup(t, imevent.GroupAfterRecallMsg, `{"MsgSeqList":[{"MsgSeq":`+text+`}]}`).MsgSeqList).MsgSeq,
			"confirmed": soleItem(t, readGroup(t, imevent.GroupAfterReadReceipt, `{"GroupMsgReceiptList":{"MsgSeq":`+text+`}}`).GroupMsgReceiptList).MsgSeq,
			"random":    readGroup(t, imevent.GroupBeforeSendMsg, `{"Random":`+text+`}`).Random,
			"failed":    readGroup(t, imevent.GroupSendMsgException, `{"Random":`+text+`}`).Random,
		} {
			if got != want {
				t.Errorf("%s: %s read as %d", name, text, got)
			}
		}
	}
}

func TestAGroupMessagesSenderMayBeANumber(t *testing.T) {
	t.Parallel()
	const body = `{"From_Account":144115216631667827,"Operator_Account":"144115216631667827"}`
	before := readGroup(t, imevent.GroupBeforeSendMsg, body)
	after := readGroup(t, imevent.GroupAfterSendMsg, body)
	failed := readGroup(t, imevent.GroupSendMsgException, body)
	for _, got := range []string{
		before.FromAccount, before.OperatorAccount, after.FromAccount, after.OperatorAccount, failed.FromAccount, failed.OperatorAccount,
	} {
		if got != "144115216631667827" {
			t.Errorf("account %s", got)
		}
	}
}

func TestAGroupMessageHasTwoClocks(t *testing.T) {
	t.Parallel()
	ev := readGroup(t, imevent.GroupAfterSendMsg, `{"MsgTime":1490686222,"EventTime":"1490686222123"}`)
	sent, told := ev.MsgTime.Time(), ev.EventTime.Time()
	if want := time.Date(2017, 3, 28, 7, 30, 22, 0, time.UTC); !sent.Equal(want) || !told.Equal(want.Add(123*time.Millisecond)) {
		t.Errorf("sent %s, told %s, want %s", sent, told, want)
	}
	none := readGroup(t, imevent.GroupAfterSendMsg, `{}`)
	if !none.MsgTime.Time().IsZero() || !none.EventTime.Time().IsZero() {
		t.Errorf("times %s and %s out of nothing", none.MsgTime.Time(), none.EventTime.Time())
	}
}

func TestAGroupMessageForThoseOnlineSaysSo(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]imevent.Opt[int64]{
		`{"OnlineOnlyFlag":1}`:   imevent.Some[int64](1),
		`{"OnlineOnlyFlag":"1"}`: imevent.Some[int64](1),
		`{"OnlineOnlyFlag":0}`:   imevent.Some[int64](0),
		`{}`:                     {},
	} {
		for name, got := range map[string]imevent.Opt[int64]{
			"before": readGroup(t, imevent.GroupBeforeSendMsg, body).OnlineOnlyFlag,
			"after":  readGroup(t, imevent.GroupAfterSendMsg, body).OnlineOnlyFlag,
			"failed": readGroup(t, imevent.GroupSendMsgException, body).OnlineOnlyFlag,
		} {
			if got != want {
				t.Errorf("%s %s: %+v, want %+v", name, body, got, want)
			}
		}
	}
}

func TestAMessageMentionsAccountsAndEveryone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body     string
		accounts []string
		everyone bool
	}{
		"nobody":                {`{}`, nil, false},
		"everyone":              {`{"GroupAtInfo":[{"GroupAtAllFlag":1}]}`, nil, true},
		"one, without brackets": {`{"GroupAtInfo":{"GroupAtAllFlag":0,"GroupAt_Account":"a"}}`, []string{"a"}, false},
		"one, without a flag":   {`{"GroupAtInfo":[{"GroupAt_Account":7}]}`, []string{"7"}, false},
		"some and everyone":     {`{"GroupAtInfo":[{"GroupAtAllFlag":0,"GroupAt_Account":"a"},{"GroupAtAllFlag":"1"},{"GroupAt_Account":"b"},{"GroupAt_Account":"a"}]}`, []string{"a", "b"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accounts, everyone := readGroup(t, imevent.GroupAfterSendMsg, tt.body).Mentions()
			if !slices.Equal(accounts, tt.accounts) || everyone != tt.everyone {
				t.Errorf("mentions %q, everyone %v", accounts, everyone)
			}
		})
	}
}

func TestAFailedMessagesCodeIsItsOwn(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]imevent.Opt[int64]{
		`{"ErrorCode":10023,"ErrorInfo":"msg count exceeds limit"}`: imevent.Some[int64](10023),
		`{"ErrorCode":"10023"}`: imevent.Some[int64](10023),
		`{"ErrorCode":0}`:       imevent.Some[int64](0),
		`{}`:                    {},
	} {
		if got := readGroup(t, imevent.GroupSendMsgException, body).ErrorCode; got != want {
			t.Errorf("%s: code %+v, want %+v", body, got, want)
		}
	}
}

func TestAnEditsTopicAndDataAreEmptyOrAbsent(t *testing.T) {
	t.Parallel()
	for body, sent := range map[string]bool{`{"MsgSeq":53,"TopicId":""}`: true, `{"MsgSeq":53}`: false} {
		ev := readGroup(t, imevent.GroupAfterModifyMsg, body)
		if ev.TopicID != "" || ev.Has("TopicId") != sent {
			t.Errorf("%s: topic %q, sent %v", body, ev.TopicID, ev.Has("TopicId"))
		}
	}
	for body, sent := range map[string]bool{`{"MsgSeq":53,"CloudCustomData":""}`: true, `{"MsgSeq":53}`: false} {
		ev := readGroup(t, imevent.GroupAfterModifyMsg, body)
		if ev.CloudCustomData.IsSet() != sent || ev.Has("CloudCustomData") != sent {
			t.Errorf("%s: data %v, sent %v", body, ev.CloudCustomData.IsSet(), ev.Has("CloudCustomData"))
		}
	}
}

func TestReadersBelongToTheirMessage(t *testing.T) {
	t.Parallel()
	ev := readGroup(t, imevent.GroupAfterReadReceipt, `{"GroupMsgReceiptList":[
		{"MsgSeq":1,"ReadNum":0,"UnreadNum":"6"},
		{"MsgSeq":2,"ReadReceiptMembers":{"Member_Account":"user0"}}]}`)
	if len(ev.GroupMsgReceiptList) != 2 {
		t.Fatalf("%+v", ev.GroupMsgReceiptList)
	}
	first, second := ev.GroupMsgReceiptList[0], ev.GroupMsgReceiptList[1]
	if first.ReadNum != imevent.Some[int64](0) || first.UnreadNum != imevent.Some[int64](6) || first.ReadReceiptMembers != nil {
		t.Errorf("first %+v", first)
	}
	if second.ReadNum.IsSet() || second.UnreadNum.IsSet() || len(second.ReadReceiptMembers) != 1 || second.ReadReceiptMembers[0].Account != "user0" {
		t.Errorf("second %+v", second)
	}
}

func TestAnExtensionsVersionIsNotItsMessages(t *testing.T) {
	t.Parallel()
	ev := readGroup(t, imevent.GroupAfterGroupMsgExtension, `{"MsgSeq":10,"OperateType":2,"ExtensionList":{"Key":"k","Value":"","Seq":56},"Seq":57}`)
	if ev.Seq != 57 || len(ev.ExtensionList) != 1 || ev.ExtensionList[0].Seq != 56 || !ev.ExtensionList[0].Has("Value") {
		t.Errorf("versions %d, %+v", ev.Seq, ev.ExtensionList)
	}
	cleared := readGroup(t, imevent.GroupAfterGroupMsgExtension, `{"OperateType":3,"ExtensionList":[]}`)
	if len(cleared.ExtensionList) != 0 || !cleared.Has("ExtensionList") {
		t.Errorf("cleared to %+v", cleared.ExtensionList)
	}
}

func TestAnAppsOwnJSONIsItsText(t *testing.T) {
	t.Parallel()
	const want = `{"a":[1]}`
	for name, got := range map[string]string{
		"before":    readGroup(t, imevent.GroupBeforeSendMsg, `{"CloudCustomData":{"a":[1]}}`).CloudCustomData,
		"after":     readGroup(t, imevent.GroupAfterSendMsg, `{"CloudCustomData":"{\"a\":[1]}"}`).CloudCustomData,
		"failed":    readGroup(t, imevent.GroupSendMsgException, `{"CloudCustomData":{"a":[1]}}`).CloudCustomData,
		"edited":    readGroup(t, imevent.GroupAfterModifyMsg, `{"CloudCustomData":{"a":[1]}}`).CloudCustomData.Or(""),
		"extension": soleItem(t, readGroup(t, imevent.GroupAfterGroupMsgExtension, `{"ExtensionList":[{"Value":{"a":[1]}}]}`).ExtensionList).Value,
		"attribute": soleItem(t, readGroup(t, imevent.GroupAfterGroupAttrChanged, `{"GroupAttr":[{"value":{"a":[1]}}]}`).GroupAttr).Value,
		"group":     soleItem(t, readGroup(t, imevent.GroupAfterCreateGroup, `{"UserDefinedDataList":[{"Key":"k","Value":{"a":[1]}}]}`).UserDefinedDataList).Value,
	} {
		if got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
