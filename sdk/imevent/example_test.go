package imevent_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
	"github.com/switchhook/switchhook/sdk/imevent/samples"
)

func Example() {
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsPrevFriendAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsPrevFriendAddEvent) (imevent.FriendAnswer, error) {
		return imevent.Friend.Allow(ev).Reject("id2", "please ask an administrator"), nil
	})

	body, _ := samples.Request("Sns.CallbackPrevFriendAdd")
	reply, err := mux.Handle(context.Background(), sdk.Callback{Command: "Sns.CallbackPrevFriendAdd", Body: body})
	fmt.Println(reply.Code, string(reply.Extra), err)
	// Output: 0 {"ResultItem":[{"To_Account":"id1","ResultCode":0,"ResultInfo":""},{"To_Account":"id2","ResultCode":38000,"ResultInfo":"please ask an administrator"}]} <nil>
}

func ExampleSnsBlackListAdd() {
	var mux sdk.Mux
	sdk.On(&mux, imevent.SnsBlackListAdd, func(_ context.Context, _ sdk.Callback, ev imevent.SnsBlackListAddEvent) (sdk.Ack, error) {
		for _, pair := range ev.PairList {
			fmt.Println(pair.FromAccount, "blocks", pair.ToAccount)
		}
		return sdk.Ack{}, nil
	})
	_, err := mux.Handle(context.Background(), sdk.Callback{
		Command: "Sns.CallbackBlackListAdd",
		Body:    []byte(`{"PairList":[{"From_Account":"alice","To_Account":"bob"}]}`),
	})
	fmt.Println(err)
	// Output:
	// alice blocks bob
	// <nil>
}

func ExampleSnsBlackListAddEvent() {
	ev, err := imevent.SnsBlackListAdd.Decode([]byte(`{
		"CallbackCommand": "Sns.CallbackBlackListAdd",
		"PairList": [{"From_Account": "alice", "To_Account": 144115216631667826}]
	}`))
	fmt.Println(ev.PairList[0].ToAccount, err)
	// Output: 144115216631667826 <nil>
}

func ExampleSnsBlackListDelete() {
	fmt.Println(imevent.SnsBlackListDelete.Name())
	// Output: Sns.CallbackBlackListDelete
}

func ExampleSnsBlackListDeleteEvent() {
	ev, err := imevent.SnsBlackListDelete.Decode([]byte(`{"PairList":[{"From_Account":"alice","To_Account":"bob"}]}`))
	fmt.Println(ev.PairList[0].FromAccount, "no longer blocks", ev.PairList[0].ToAccount, err)
	// Output: alice no longer blocks bob <nil>
}

func ExampleSnsPair() {
	pair := imevent.SnsPair{FromAccount: "alice", ToAccount: "bob"}
	text, err := json.Marshal(pair)
	fmt.Println(string(text), err)
	// Output: {"From_Account":"alice","To_Account":"bob"} <nil>
}

func ExampleSnsFriendAdd() {
	fmt.Println(imevent.SnsFriendAdd.Name())
	// Output: Sns.CallbackFriendAdd
}

func ExampleSnsFriendAddEvent() {
	ev, err := imevent.SnsFriendAdd.Decode([]byte(`{"ClientCmd":"friend_add","ForceFlag":"1","Admin_Account":""}`))
	fmt.Println(ev.ClientCmd, ev.ForceFlag.Or(0) == 1, err)
	// Output: friend_add true <nil>
}

func ExampleSnsFriendPair() {
	ev, err := imevent.SnsFriendAdd.Decode([]byte(`{"PairList":[{"From_Account":"a","To_Account":"b","Initiator_Account":"a"}]}`))
	pair := ev.PairList[0]
	fmt.Println(pair.InitiatorAccount == pair.FromAccount, err)
	// Output: true <nil>
}

func ExampleSnsFriendDelete() {
	fmt.Println(imevent.SnsFriendDelete.Name())
	// Output: Sns.CallbackFriendDelete
}

func ExampleSnsFriendDeleteEvent() {
	ev, err := imevent.SnsFriendDelete.Decode([]byte(`{"PairList":[{"From_Account":"alice","To_Account":"bob"}]}`))
	fmt.Println(len(ev.PairList), err)
	// Output: 1 <nil>
}

func ExampleSnsPrevFriendAdd() {
	fmt.Println(imevent.SnsPrevFriendAdd.Name(), imevent.PhaseOf(imevent.SnsPrevFriendAdd.Name()))
	// Output: Sns.CallbackPrevFriendAdd before
}

func ExampleSnsPrevFriendAddEvent() {
	ev, err := imevent.SnsPrevFriendAdd.Decode([]byte(`{"From_Account":"alice","AddType":"Add_Type_Both","EventTime":"1631777344870"}`))
	fmt.Println(ev.FromAccount, ev.AddType, ev.EventTime, err)
	// Output: alice Add_Type_Both 1631777344870 <nil>
}

func ExampleSnsPrevFriendAddEvent_Targets() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}, {ToAccount: "carol"}, {ToAccount: "bob"}}}
	fmt.Println(ev.Targets())
	// Output: [bob carol]
}

func ExampleSnsFriendItem() {
	item := imevent.SnsFriendItem{ToAccount: "bob", AddWording: "it's me", AddSource: "AddSource_Type_Web"}
	fmt.Println(item.ToAccount, item.AddWording)
	// Output: bob it's me
}

func ExampleSnsPrevFriendResponse() {
	fmt.Println(imevent.SnsPrevFriendResponse.Name())
	// Output: Sns.CallbackPrevFriendResponse
}

func ExampleSnsPrevFriendResponseEvent() {
	ev, err := imevent.SnsPrevFriendResponse.Decode([]byte(`{"From_Account":"bob","ResponseFriendItem":[{"To_Account":"alice"}]}`))
	fmt.Println(ev.FromAccount, "answers", ev.Targets(), err)
	// Output: bob answers [alice] <nil>
}

func ExampleSnsPrevFriendResponseEvent_Targets() {
	var ev imevent.SnsPrevFriendResponseEvent
	fmt.Println(len(ev.Targets()))
	// Output: 0
}

func ExampleSnsResponseFriendItem() {
	item := imevent.SnsResponseFriendItem{ToAccount: "alice", ResponseAction: "Response_Action_Agree"}
	fmt.Println(item.ToAccount, item.ResponseAction)
	// Output: alice Response_Action_Agree
}

func ExampleObject_Unknown() {
	ev, err := imevent.SnsBlackListAdd.Decode([]byte(`{"PairList":[],"EventTime":1670574414123}`))
	fmt.Println(string(ev.Unknown()["EventTime"]), err)
	// Output: 1670574414123 <nil>
}

func ExampleFriend() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}}}
	reply, err := imevent.Friend.Allow(ev).Reply()
	fmt.Println(string(reply.Extra), err)
	// Output: {"ResultItem":[{"To_Account":"bob","ResultCode":0,"ResultInfo":""}]} <nil>
}

func ExampleFriendDecisions() {
	allow := imevent.FriendDecisions.Allow
	reply, err := allow(imevent.Friend, imevent.SnsPrevFriendAddEvent{}).Reply()
	fmt.Println(string(reply.Extra), err)
	// Output: {"ResultItem":[]} <nil>
}

func ExampleFriendDecisions_Allow() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}, {ToAccount: "mallory"}}}
	reply, err := imevent.Friend.Allow(ev).Reject("mallory", "not this one").Reply()
	fmt.Println(reply.Code, string(reply.Extra), err)
	// Output: 0 {"ResultItem":[{"To_Account":"bob","ResultCode":0,"ResultInfo":""},{"To_Account":"mallory","ResultCode":38000,"ResultInfo":"not this one"}]} <nil>
}

func ExampleFriendDecisions_Reject() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}}}
	reply, err := imevent.Friend.Reject(ev, "too many friends today").Reply()
	fmt.Println(reply.Code, string(reply.Extra), err)
	// Output: 0 {"ResultItem":[{"To_Account":"bob","ResultCode":38000,"ResultInfo":"too many friends today"}]} <nil>
}

func ExampleFriendRequest() {
	count := func(ev imevent.FriendRequest) int { return len(ev.Targets()) }
	fmt.Println(count(imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}}}))
	// Output: 1
}

func ExampleFriendAnswer() {
	var empty imevent.FriendAnswer
	_, err := empty.Reply()
	fmt.Println(err)
	// Output: empty friend answer: start from imevent.Friend.Allow or Reject with the event
}

func ExampleFriendAnswer_Reject() {
	_, err := imevent.Friend.Allow(imevent.SnsPrevFriendAddEvent{}).Reject("eve", "no").Reply()
	fmt.Println(err)
	// Output: refuse an account that is none of the request's 0 targets
}

func ExampleFriendAnswer_RejectCode() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}}}
	_, err := imevent.Friend.Allow(ev).RejectCode("bob", 10100, "no").Reply()
	fmt.Println(err)
	// Output: refuse target 1 of 1 with code 10100: codes go from 38000 to 39000
}

func ExampleFriendAnswer_Reply() {
	ev := imevent.SnsPrevFriendAddEvent{FriendItem: []imevent.SnsFriendItem{{ToAccount: "bob"}}}
	reply, err := imevent.Friend.Allow(ev).RejectCode("bob", 38042, "quota reached").Reply()
	fmt.Println(reply.Code, string(reply.Extra), err)
	// Output: 0 {"ResultItem":[{"To_Account":"bob","ResultCode":38042,"ResultInfo":"quota reached"}]} <nil>
}
