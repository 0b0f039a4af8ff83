package imevent_test

import (
	"encoding/json"
	"fmt"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func ExampleObject() {
	ev, err := imevent.ProfilePortraitSet.Decode([]byte(`{"From_Account":7,"EventTime":"soon","New":true}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(ev.FromAccount, ev.EventTime.IsZero(), len(ev.Unknown()))
	back, err := json.Marshal(ev)
	fmt.Println(string(back), err)
	// Output:
	// 7 true 2
	// {"From_Account":7,"EventTime":"soon","New":true} <nil>
}

func ExampleObject_Equal() {
	ev, err := imevent.SnsBlackListAdd.Decode([]byte(`{"PairList":[],"New":1}`))
	fmt.Println(ev.Equal(imevent.Object{}), err)
	// Output: false <nil>
}

func ExampleOpt_MarshalJSON() {
	out, err := json.Marshal([]imevent.Opt[int64]{imevent.Some[int64](0), {}})
	fmt.Println(string(out), err)
	// Output: [0,null] <nil>
}

func ExampleNewCommand() {
	type roomMovedEvent struct {
		RoomID    string         `json:"RoomId"`
		EventTime imevent.Millis `json:"EventTime"`
		imevent.Object
	}
	roomMoved := imevent.NewCommand[roomMovedEvent, sdk.Ack]("Live.CallbackAfterMoveRoom")
	ev, err := roomMoved.Decode([]byte(`{"roomId":436,"EventTime":"1629883332497","Why":"x"}`))
	fmt.Println(ev.RoomID, ev.EventTime, len(ev.Unknown()), err)
	// Output: 436 1629883332497 1 <nil>
}

func ExampleObject_Has() {
	ev, err := imevent.GroupAfterGroupInfoChanged.Decode([]byte(`{"Introduction":""}`))
	fmt.Println(ev.Has("Introduction"), ev.Has("Notification"), err)
	// Output: true false <nil>
}

func ExampleObject_Raw() {
	ev, err := imevent.SnsBlackListAdd.Decode([]byte(`{ "PairList": [ {"From_Account": "a"} ] }`))
	fmt.Println(string(ev.PairList[0].Raw()), err)
	// Output: {"From_Account": "a"} <nil>
}

func ExampleOpt() {
	ev, err := imevent.GroupAfterGroupInfoChanged.Decode([]byte(`{"Introduction":""}`))
	_, changed := ev.Introduction.Get()
	_, left := ev.Notification.Get()
	fmt.Println(changed, left, err)
	// Output: true false <nil>
}

func ExampleOpt_Get() {
	value, ok := imevent.Some("x").Get()
	fmt.Println(value, ok)
	// Output: x true
}

func ExampleOpt_Or() {
	var unread imevent.Opt[int64]
	fmt.Println(unread.Or(-1))
	// Output: -1
}

func ExampleOpt_IsSet() {
	fmt.Println(imevent.Some(false).IsSet(), imevent.Opt[bool]{}.IsSet())
	// Output: true false
}

func ExampleOpt_Equal() {
	fmt.Println(imevent.Some(0).Equal(imevent.Opt[int]{}))
	// Output: false
}

func ExampleSome() {
	ev := imevent.C2CAfterSendMsgEvent{SendMsgResult: imevent.Some[int64](20006)}
	fmt.Println(ev.SendMsgResult.Or(0))
	// Output: 20006
}

func ExampleMillis() {
	ev := imevent.StateStateChangeEvent{EventTime: 1629883332497}
	fmt.Println(ev.EventTime.Time().Format("15:04:05.000"))
	// Output: 09:22:12.497
}

func ExampleMillis_IsZero() {
	fmt.Println(imevent.Millis(0).IsZero())
	// Output: true
}

func ExampleMillis_Time() {
	fmt.Println(imevent.Millis(1629883332497).Time(), imevent.Millis(0).Time().IsZero())
	// Output: 2021-08-25 09:22:12.497 +0000 UTC true
}

func ExampleSeconds() {
	fmt.Println(imevent.Seconds(1629883332).Time().Year())
	// Output: 2021
}

func ExampleSeconds_IsZero() {
	fmt.Println(imevent.Seconds(1).IsZero())
	// Output: false
}

func ExampleSeconds_Time() {
	fmt.Println(imevent.Seconds(1629883332).Time())
	// Output: 2021-08-25 09:22:12 +0000 UTC
}

func ExampleElement() {
	ev, err := imevent.GroupBeforeSendMsg.Decode([]byte(`{"MsgBody":[
		{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}},
		{"MsgType":"TIMFaceElem","MsgContent":{"Index":3}},
		{"MsgType":"TIMNewElem","MsgContent":{"a":1}}]}`))
	for _, element := range ev.MsgBody {
		switch content := element.Content.(type) {
		case imevent.TextElem:
			fmt.Println("text", content.Text)
		case imevent.FaceElem:
			fmt.Println("face", content.Index.Or(0))
		case imevent.RawContent:
			fmt.Println(element.MsgType, string(content))
		}
	}
	fmt.Println(err)
	// Output:
	// text hi
	// face 3
	// TIMNewElem {"a":1}
	// <nil>
}

func ExampleElement_Text() {
	text, ok := imevent.Text("hi").Text()
	fmt.Println(text, ok)
	// Output: hi true
}

func ExampleText() {
	out, err := json.Marshal(imevent.Text("hi"))
	fmt.Println(string(out), err)
	// Output: {"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}} <nil>
}

func ExampleContent() {
	var content imevent.Content = imevent.CustomElem{Data: "d"}
	fmt.Println(content.Kind())
	// Output: TIMCustomElem
}

func ExampleRawContent() {
	out, err := json.Marshal(imevent.Element{MsgType: "TIMNewElem", Content: imevent.RawContent(`{"a":1}`)})
	fmt.Println(string(out), err)
	// Output: {"MsgType":"TIMNewElem","MsgContent":{"a":1}} <nil>
}

func ExampleRawContent_Kind() {
	fmt.Printf("%q\n", imevent.RawContent(`{}`).Kind())
	// Output: ""
}

func ExampleTyping() {
	typing, ok := imevent.TypingOf("Group.CallbackBeforeSendMsg")
	fmt.Println(typing.Name, typing.Event.Name(), typing.Answer.Name(), ok)
	// Output: GroupBeforeSendMsg GroupBeforeSendMsgEvent GroupAnswer true
}

func ExampleTyping_Decode() {
	typing, _ := imevent.TypingOf("State.StateChange")
	ev, err := typing.Decode([]byte(`{"EventTime":1629883332497}`))
	fmt.Println(ev.(imevent.StateStateChangeEvent).EventTime, err)
	// Output: 1629883332497 <nil>
}

func ExampleTypingOf() {
	_, ok := imevent.TypingOf("Live.CallbackBeforeCallBackNotBlock") // nobody knows its body
	fmt.Println(ok)
	// Output: false
}

func ExampleTypings() {
	fmt.Println(len(imevent.Typings()))
	// Output: 80
}
