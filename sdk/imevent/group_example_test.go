package imevent_test

import (
	"fmt"

	"github.com/switchhook/switchhook/sdk/imevent"
)

func ExampleGroupAfterSendMsgEvent_Mentions() {
	ev, err := imevent.GroupAfterSendMsg.Decode([]byte(`{
		"GroupId": "@TGS#2J4SZEAEL", "From_Account": "jared", "MsgSeq": 123,
		"GroupAtInfo": [{"GroupAtAllFlag": 1}, {"GroupAtAllFlag": 0, "GroupAt_Account": "brennan"}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	accounts, everyone := ev.Mentions()
	fmt.Println(accounts, everyone)
	// Output: [brennan] true
}

func ExampleGroupBeforeInviteJoinGroupEvent_Targets() {
	ev, err := imevent.GroupBeforeInviteJoinGroup.Decode([]byte(`{
		"GroupId": "@TGS#2J4SZEAEL", "Operator_Account": "leckie",
		"DestinationMembers": [{"Member_Account": "jared"}, {"Member_Account": "tommy"}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ev.Targets())
	// Output: [jared tommy]
}
