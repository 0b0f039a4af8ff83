package imevent_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// readGroup decodes body as an event of c.
func readGroup[E any, A sdk.Answer](t *testing.T, c sdk.Command[E, A], body string) E {
	t.Helper()
	ev, err := c.Decode([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return ev
}

// wroteGroup decodes body as an event of c and writes it again. It returns what
// has no field.
func wroteGroup[E interface {
	Unknown() map[string]json.RawMessage
}, A sdk.Answer](c sdk.Command[E, A],
) func(t *testing.T, body string) map[string]json.RawMessage {
	return func(t *testing.T, body string) map[string]json.RawMessage {
		t.Helper()
		ev := readGroup(t, c, body)
		back, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain(t, json.RawMessage(body)), plain(t, back)); diff != "" {
			t.Errorf("the event loses or invents something (-body +event):\n%s", diff)
		}
		return ev.Unknown()
	}
}

// soleItem returns the item of a list of one.
func soleItem[T any](t *testing.T, list []T) T {
	t.Helper()
	if len(list) != 1 {
		t.Fatalf("%d items, want one", len(list))
	}
	return list[0]
}

func TestGroupBodiesOfOtherPagesAreReadInFull(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		read func(*testing.T, string) map[string]json.RawMessage
		body string
	}{
		"a group to be created, without a count": {
			wroteGroup(imevent.GroupBeforeCreateGroup),
			`{"CallbackCommand":"Group.CallbackBeforeCreateGroup","Operator_Account":"leckie","Owner_Account":"leckie","Type":"Public","Name":"MyFirstGroup","MemberList":[{"Member_Account":"bob"}],"EventTime":1670574414123}`,
		},
		"a member of a mainland page": {
			wroteGroup(imevent.GroupAfterMemberFieldChanged),
			`{"CallbackCommand":"Group.CallbackAfterMemberFieldChanged","GroupId":"@TGS#xxxx","Type":"Community","Operator_Account":"admin","Modified_Account":"123456","Role":"Admin","NameCard":"jacky","EventTime":"1670574414123"}`,
		},
		"a message with an id and without mentions": {
			wroteGroup(imevent.GroupAfterSendMsg),
			`{"GroupId":"@TGS#2J4SZEAEL","MsgId":"144115233406643804-1727580296-4026038328","Random":4026038328,"MsgSeq":123,"MsgTime":1490686222,"OnlineOnlyFlag":0,"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"red packet"}}],"TopicId":"@TGS#_@TGS#cQVLVHIM62CJ@TOPIC#_TestTopic","EventTime":"1670574414123"}`,
		},
		"extensions that were deleted": {
			wroteGroup(imevent.GroupAfterGroupMsgExtension),
			`{"GroupId":"test","MsgSeq":10,"OperateType":2,"ExtensionList":[{"Key":"key2","Value":"","Seq":57},{"Key":"key3","Value":"","Seq":57}],"Seq":57,"EventTime":1764688312045}`,
		},
		"extensions that were cleared": {
			wroteGroup(imevent.GroupAfterGroupMsgExtension),
			`{"GroupId":"test","MsgSeq":10,"OperateType":3,"ExtensionList":[],"Seq":58,"EventTime":1764688329047}`,
		},
		"an application without a text": {
			wroteGroup(imevent.GroupBeforeApplyJoinGroup),
			`{"GroupId":"@TGS#2J4SZEAEL","Type":"Public","Requestor_Account":"jared","TopicId":"@TGS#_a@TOPIC#_b","EventTime":1670574414123}`,
		},
		"an invitation to a private topic": {
			wroteGroup(imevent.GroupBeforeInviteJoinGroup),
			`{"GroupId":"g","DestinationMembers":[{"Member_Account":"jared"}],"TopicId":"@TGS#_a@TOPIC#_b"}`,
		},
		"members who left a private topic": {
			wroteGroup(imevent.GroupAfterMemberExit),
			`{"GroupId":"g","ExitType":"Quit","Operator_Account":"jared","ExitMemberList":[{"Member_Account":"jared"}],"TopicId":"@TGS#_a@TOPIC#_b"}`,
		},
		"members who joined a private topic": {
			wroteGroup(imevent.GroupAfterNewMemberJoin),
			`{"GroupId":"g","JoinType":"Invited","NewMemberList":[{"Member_Account":"jared"}],"TopicId":"@TGS#_a@TOPIC#_b"}`,
		},
		"a topic that says which it is": {
			wroteGroup(imevent.GroupAfterTopicInfoChanged),
			`{"GroupId":"g","TopicId":"@TGS#_a@TOPIC#_b","Type":"Community","Name":"n"}`,
		},
		"a recalled message without an id": {
			wroteGroup(imevent.GroupAfterRecallMsg),
			`{"GroupId":"g","MsgSeqList":[{"MsgSeq":130},{"MsgSeq":131}],"EventTime":"1670574414123"}`,
		},
		"a community that names no members": {
			wroteGroup(imevent.GroupAfterGroupDestroyed),
			`{"GroupId":"g","Type":"Community","Owner_Account":"leckie","Name":"n","EventTime":1670574414123}`,
		},
		"members online at no time": {
			wroteGroup(imevent.GroupOnMemberStateChange),
			`{"GroupId":"g","EventType":"Online","EventCause":"Join","MemberList":[{"Member_Account":"jared"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if left := tt.read(t, tt.body); len(left) > 0 {
				t.Errorf("no field for %s", left)
			}
		})
	}
}

func TestAGroupEventKeepsWhatNoPageNames(t *testing.T) {
	t.Parallel()
	left := wroteGroup(imevent.GroupBeforeCreateGroup)(t, `{"Name":"n","CreatedGroupNum":{"Public":3},"InviteOption":"DisableInvite"}`)
	want := map[string]json.RawMessage{"CreatedGroupNum": json.RawMessage(`{"Public":3}`), "InviteOption": json.RawMessage(`"DisableInvite"`)}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestAGroupEventsTimeMayBeQuotedOrMissing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		`{"EventTime":1670574414123}`:   time.Date(2022, 12, 9, 8, 26, 54, 123e6, time.UTC),
		`{"EventTime":"1670574414123"}`: time.Date(2022, 12, 9, 8, 26, 54, 123e6, time.UTC),
		`{"EventTime":""}`:              {},
		`{"EventTime":null}`:            {},
		`{}`:                            {},
	} {
		for name, at := range map[string]imevent.Millis{
			"group full":   readGroup(t, imevent.GroupAfterGroupFull, text).EventTime,
			"quota alarm":  readGroup(t, imevent.GroupOnDailyGroupQuotaAlarm, text).EventTime,
			"owner":        readGroup(t, imevent.GroupAfterChangeGroupOwner, text).EventTime,
			"attributes":   readGroup(t, imevent.GroupAfterGroupAttrChanged, text).EventTime,
			"destroyed":    readGroup(t, imevent.GroupAfterGroupDestroyed, text).EventTime,
			"read receipt": readGroup(t, imevent.GroupAfterReadReceipt, text).EventTime,
			"online":       readGroup(t, imevent.GroupOnMemberStateChange, text).EventTime,
			"recalled":     readGroup(t, imevent.GroupAfterRecallMsg, text).EventTime,
		} {
			if got := at.Time(); !got.Equal(want) || at.IsZero() != want.IsZero() {
				t.Errorf("%s: %s is %s, want %s", name, text, got, want)
			}
		}
	}
}

func TestAGroupsChangedTextsAreEmptiedOrLeftAlone(t *testing.T) {
	t.Parallel()
	const body = `{"Name":"","Introduction":"new","Notification":null,"FaceUrl":"http://face"}`
	group := readGroup(t, imevent.GroupAfterGroupInfoChanged, body)
	topic := readGroup(t, imevent.GroupAfterTopicInfoChanged, body)
	type texts struct{ Name, Introduction, Notification, FaceURL imevent.Opt[string] }
	want := texts{Name: imevent.Some(""), Introduction: imevent.Some("new"), FaceURL: imevent.Some("http://face")}
	if got := (texts{group.Name, group.Introduction, group.Notification, group.FaceURL}); got != want {
		t.Errorf("group: %+v, want %+v", got, want)
	}
	if got := (texts{topic.Name, topic.Introduction, topic.Notification, topic.FaceURL}); got != want {
		t.Errorf("topic: %+v, want %+v", got, want)
	}
	member := readGroup(t, imevent.GroupAfterMemberFieldChanged, `{"NameCard":""}`)
	if member.NameCard != imevent.Some("") || member.Role.IsSet() {
		t.Errorf("member: name card %+v, role %+v", member.NameCard, member.Role)
	}
}

func TestAGroupsAttributesAreReadInAnyCase(t *testing.T) {
	t.Parallel()
	ev := readGroup(t, imevent.GroupAfterGroupAttrChanged, `{"OptionType":"set","GroupAttr":[{"key":"k","value":"v"},{"Key":"k","Value":7}]}`)
	for i, want := range []string{"v", "7"} {
		if len(ev.GroupAttr) != 2 || ev.GroupAttr[i].Key != "k" || ev.GroupAttr[i].Value != want {
			t.Fatalf("attributes %+v", ev.GroupAttr)
		}
	}
	cleared := readGroup(t, imevent.GroupAfterGroupAttrChanged, `{"OptionType":"clear"}`)
	if cleared.GroupAttr != nil || cleared.Has("GroupAttr") {
		t.Errorf("attributes %+v out of nothing", cleared.GroupAttr)
	}
}

func TestAQuotaOfNothingIsNotNoQuota(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][2]imevent.Opt[int64]{
		`{"QuotaUsed":0,"Quota":"10000"}`: {imevent.Some[int64](0), imevent.Some[int64](10000)},
		`{}`:                              {},
	} {
		ev := readGroup(t, imevent.GroupOnDailyGroupQuotaAlarm, body)
		if got := [2]imevent.Opt[int64]{ev.QuotaUsed, ev.Quota}; got != want {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if n, ok := readGroup(t, imevent.GroupBeforeCreateGroup, `{"CreateGroupNum":0}`).CreateGroupNum.Get(); n != 0 || !ok {
		t.Errorf("the count of a first group: %d, %v", n, ok)
	}
}

func TestTopicsToDeleteAreAList(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"TopicIdList":["a","b"]}`: {"a", "b"},
		`{"TopicIdList":"a"}`:       {"a"},
		`{"TopicIdList":[7]}`:       {"7"},
		`{}`:                        nil,
	} {
		if got := readGroup(t, imevent.GroupAfterTopicDestroyed, body).TopicIDList; !slices.Equal(got, want) {
			t.Errorf("%s: topics %q, want %q", body, got, want)
		}
	}
}
