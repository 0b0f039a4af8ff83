package inbox_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

// nobody are the after-commands whose bodies name no user, nogroup those of the
// families with groups or rooms whose bodies name none.
var (
	nobody = map[string]bool{
		"Alert.RequestOverLimit": true, "Group.CallbackAfterGroupFull": true, "Group.CallbackAfterGroupMsgExtension": true,
		"Group.CallbackAfterReadReceipt": true, "Group.CallbackAfterTopicDestroyed": true, "Group.CallbackOnDailyGroupQuotaAlarm": true,
		"Group.CallbackOnMemberStateChange": true, "Live.CallbackAfterEndBattle": true, "Live.CallbackAfterMemberStateChanged": true,
		"Live.CallbackAfterStartBattle": true, "Mic.CallbackAfterSeatInfoChanged": true,
		"OfficialAccount.CallbackAfterMsgWithDraw": true, "OfficialAccount.CallbackAfterOfficialAccountFull": true,
		"OfficialAccount.CallbackAfterSendMsg": true,
	}
	grouped = []string{"Group.*", "Live.*", "Room.*", "Mic.*", "OfficialAccount.*"}
	nogroup = map[string]bool{"Group.CallbackOnDailyGroupQuotaAlarm": true, "Live.CallbackAfterCreateRoomReachingThreshold": true}
)

func TestEveryDocumentedBodySaysWhomItIsAbout(t *testing.T) {
	t.Parallel()
	for _, command := range samples.Commands() {
		if imevent.ContractOf(command).Phase != imevent.After {
			continue
		}
		body, _ := samples.Request(command)
		cb := sdk.Callback{Command: command, AppID: "1400000001", Body: body}
		if user := inbox.OrderKey(cb, inbox.ByUser); (user == "") != nobody[command] {
			t.Errorf("%s: user %q", command, user)
		}
		group := inbox.OrderKey(cb, inbox.ByGroup)
		for _, family := range grouped {
			if (sdk.Claim{Pattern: family}).Matches(command) && (group == "") != nogroup[command] {
				t.Errorf("%s: group %q", command, group)
			}
		}
	}
}

func TestTheOrderKeyIsTheOneWhoActsInTheApp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, user, group string
	}{
		"a group message":            {body: `{"GroupId":"g","From_Account":"u","Operator_Account":"admin"}`, user: "1/u", group: "1/g"},
		"a black list":               {body: `{"PairList":[{"From_Account":"u","To_Account":"x"},{"From_Account":"u","To_Account":"y"}]}`, user: "1/u"},
		"a login":                    {body: `{"Info":{"Action":"Login","To_Account":"u"}}`, user: "1/u"},
		"a report of a push":         {body: `{"Events":[{"From_Account":"","To_Account":"u"}]}`, user: "1/u"},
		"a room that was made":       {body: `{"Operator_Account":"u","RoomInfo":{"RoomId":"r"}}`, user: "1/u", group: "1/r"},
		"a name of the wrong type":   {body: `{"From_Account":7,"GroupId":{},"Operator_Account":"u"}`, user: "1/u"},
		"a body that is no object":   {body: `[1]`},
		"a body that is not JSON":    {body: `{"From_Account":"u"`},
		"a body that names nobody":   {body: `{}`},
		"a list with nothing in it":  {body: `{"PairList":[],"Operator_Account":"u"}`, user: "1/u"},
		"an empty name and a better": {body: `{"From_Account":"","Report_Account":"u"}`, user: "1/u"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cb := sdk.Callback{AppID: "1", Body: []byte(c.body)}
			if user, group := inbox.OrderKey(cb, inbox.ByUser), inbox.OrderKey(cb, inbox.ByGroup); user != c.user || group != c.group {
				t.Errorf("user %q, group %q; want %q and %q", user, group, c.user, c.group)
			}
			if none := inbox.OrderKey(cb, inbox.Unordered); none != "" {
				t.Errorf("unordered: %q", none)
			}
		})
	}
}
