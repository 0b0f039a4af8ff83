package imevent_test

import (
	"encoding/json"
	"fmt"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func ExampleSpec() {
	c, ok := imevent.Spec("Live.CallbackBeforeSendGift")
	fmt.Println(ok, c.Phase, c.OnFailure, c.Codes)
	_, ok = imevent.Spec("Live.CallbackBeforeSendFlowers")
	fmt.Println(ok)
	// Output:
	// true before deny {102100 102200}
	// false
}

func ExampleSpecs() {
	before := 0
	for _, c := range imevent.Specs() {
		if c.Phase == imevent.Before {
			before++
		}
	}
	fmt.Println(len(imevent.Specs()), before)
	// Output: 81 13
}

func ExampleUnlisted() {
	c := imevent.Unlisted(imevent.PhaseOf("Group.CallbackBeforeSomethingNew"))
	fmt.Println(c.Phase, c.Refuse(sdk.Callback{}).Code)
	// Output: before 1
}

func ExamplePhaseOf() {
	fmt.Println(imevent.PhaseOf("Sns.CallbackPrevFriendAdd"), imevent.PhaseOf("State.StateChange"))
	// Output: before after
}

func ExamplePhase() {
	var phase imevent.Phase
	fmt.Println(phase == imevent.After)
	// Output: true
}

func ExamplePhase_String() {
	fmt.Println(imevent.Before.String())
	// Output: before
}

func ExampleDecision() {
	var decision imevent.Decision
	fmt.Println(decision == imevent.Allow)
	// Output: true
}

func ExampleDecision_String() {
	fmt.Println(imevent.Deny.String())
	// Output: deny
}

func ExampleProduct() {
	c, _ := imevent.Spec("Room.CallbackAfterMemberEnter")
	fmt.Println(c.Product == imevent.Adjacent)
	// Output: true
}

func ExampleProduct_String() {
	fmt.Println(imevent.Chat.String())
	// Output: chat
}

func ExampleCodeRange() {
	c, _ := imevent.Spec("C2C.CallbackBeforeSendMsg")
	fmt.Println(c.Codes.Lowest, c.Codes.Highest)
	// Output: 120001 130000
}

func ExampleCodeRange_Contains() {
	codes := imevent.CodeRange{Lowest: 10100, Highest: 10200}
	fmt.Println(codes.Contains(10150), codes.Contains(1), imevent.CodeRange{}.Contains(0))
	// Output: true false false
}

func ExampleContract() {
	c, _ := imevent.Spec("C2C.CallbackBeforeSendMsg")
	fmt.Println(c.Title)
	fmt.Println(c.Doc)
	fmt.Println(c.Family, c.Phase, c.Drop, c.ReplyKeys)
	// Output:
	// Before a one-to-one message is sent
	// https://www.tencentcloud.com/document/product/1047/34364
	// C2C before true [MsgBody CloudCustomData]
}

func ExampleContract_Allow() {
	c, _ := imevent.Spec("Sns.CallbackPrevFriendAdd")
	reply := c.Allow(sdk.Callback{Body: []byte(`{"FriendItem":[{"To_Account":"bob"}]}`)})
	fmt.Println(reply.Code, string(reply.Extra))
	// Output: 0 {"ResultItem":[{"To_Account":"bob","ResultCode":0,"ResultInfo":""}]}
}

func ExampleContract_Refuse() {
	c, _ := imevent.Spec("Group.CallbackBeforeSendMsg")
	reply := c.Refuse(sdk.Callback{})
	fmt.Println(reply.Code, reply.Info)
	// Output: 10100 This is not allowed right now.
}

func ExampleContract_Check() {
	c, _ := imevent.Spec("Group.CallbackBeforeSendMsg")
	fmt.Println(c.Check(sdk.Callback{}, sdk.Reply{Code: 2}))
	fmt.Println(c.Check(sdk.Callback{}, sdk.Reply{Code: 120001, Info: "no"}))
	// Output:
	// <nil>
	// reply to Group.CallbackBeforeSendMsg: code 120001 has no meaning here: use 0 to allow, 1 to refuse, 2 to drop silently, 10100 to 10200 to refuse with a text of your own
}

func ExampleContract_Refuses() {
	c, _ := imevent.Spec("Group.CallbackBeforeInviteJoinGroup")
	cb := sdk.Callback{Body: []byte(`{"DestinationMembers":[{"Member_Account":"bob"},{"Member_Account":"eve"}]}`)}
	refused, partial := c.Refuses(cb, sdk.Reply{Extra: json.RawMessage(`{"RefusedMembers_Account":["eve"]}`)})
	fmt.Println(refused, partial)
	// Output: false true
}

func ExampleContract_Drops() {
	drop := sdk.Reply{Code: 2}
	for _, command := range []string{"Group.CallbackBeforeSendMsg", "Group.CallbackBeforeCreateGroup"} {
		c, _ := imevent.Spec(command)
		fmt.Println(c.Drops(drop))
	}
	// Output:
	// true
	// false
}

func ExampleContract_Rewrites() {
	c, _ := imevent.Spec("C2C.CallbackBeforeSendMsg")
	fmt.Println(c.Rewrites(sdk.Reply{Extra: json.RawMessage(`{"CloudCustomData":"checked"}`)}))
	// Output: true
}

func ExampleContract_Merge() {
	c, _ := imevent.Spec("Group.CallbackBeforeInviteJoinGroup")
	merged := c.Merge(
		sdk.Reply{Extra: json.RawMessage(`{"RefusedMembers_Account":["bob"]}`)},
		sdk.Reply{Extra: json.RawMessage(`{"RefusedMembers_Account":["eve"]}`)},
	)
	fmt.Println(string(merged.Extra))
	// Output: {"RefusedMembers_Account":["bob","eve"]}
}

func ExampleContract_Key() {
	c, _ := imevent.Spec("Group.CallbackAfterSendMsg")
	cb := sdk.Callback{AppID: "1400000001", Command: c.Command, Body: []byte(`{"GroupId":"g","MsgSeq":7,"MsgTime":1670574414}`)}
	key, once := c.Key(cb)
	fmt.Println(key, once)

	c, _ = imevent.Spec("Sns.CallbackBlackListAdd")
	_, once = c.Key(sdk.Callback{AppID: "1400000001", Command: c.Command, Body: []byte(`{"PairList":[]}`)})
	fmt.Println(once)
	// Output:
	// 1400000001/Group.CallbackAfterSendMsg/EcunrHrKRv6J9LMG-KN8kA true
	// false
}

func ExampleContractOf() {
	fmt.Println(imevent.ContractOf("Group.CallbackBeforeSendMsg").Phase)
	fmt.Println(imevent.ContractOf("Group.CallbackBeforeTomorrow").Phase)
	// Output:
	// before
	// before
}
