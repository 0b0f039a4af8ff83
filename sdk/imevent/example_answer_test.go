package imevent_test

import (
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// say prints what Tencent would read.
func say(answer sdk.Answer) {
	reply, err := answer.Reply()
	if err != nil {
		fmt.Println("error:", err) //nolint:forbidigo // it is the examples' output
		return
	}
	fmt.Println(strings.TrimSpace(fmt.Sprint(reply.Code, " ", reply.Info, string(reply.Extra)))) //nolint:forbidigo // as above
}

func ExampleC2C() {
	say(imevent.C2C.Reject("please be polite"))
	// Output: 120001 please be polite
}

func ExampleC2CAnswer() {
	var forgotten imevent.C2CAnswer
	say(forgotten)
	// Output: error: the answer is empty: return a decision of the command's family, such as its Allow()
}

func ExampleGroup() {
	say(imevent.Group.Allow())
	say(imevent.Group.Reject(""))
	say(imevent.Group.Reject("please be polite"))
	say(imevent.Group.RejectCode(10150, "no links"))
	say(imevent.Group.Drop())
	say(imevent.Group.Rewrite([]imevent.Element{imevent.Text("***")}))
	// Output:
	// 0
	// 1
	// 10100 please be polite
	// 10150 no links
	// 2
	// 0 {"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"***"}}]}
}

func ExampleGroupAnswer() {
	say(imevent.Group.RejectCode(99, "not a code of groups"))
	// Output: error: refuse with code 99: codes go from 10100 to 10200, or use Reject
}

func ExampleDecisions() {
	d := imevent.Admission
	say(d.Reject("not today"))
	// Output: 10100 not today
}

func ExampleDecisions_Allow() {
	say(imevent.Admission.Allow())
	// Output: 0
}

func ExampleDecisions_Reject() {
	say(imevent.Admission.Reject("this group takes nobody"))
	say(imevent.Admission.Reject("")) // the client's own words
	// Output:
	// 10100 this group takes nobody
	// 1
}

func ExampleDecisions_RejectCode() {
	say(imevent.Gift.RejectCode(102142, "too few coins"))
	// Output: 102142 too few coins
}

func ExampleMessageDecisions() {
	d := imevent.Official
	say(d.Drop())
	// Output: 2
}

func ExampleMessageDecisions_Drop() {
	say(imevent.C2C.Drop())
	// Output: 2
}

func ExampleMessageDecisions_Rewrite() {
	ev, err := imevent.GroupBeforeSendMsg.Decode([]byte(`{"MsgBody":[
		{"MsgType":"TIMTextElem","MsgContent":{"Text":"darn it"}},{"MsgType":"TIMNewElem","MsgContent":{"a":1}}]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, element := range ev.MsgBody {
		if text, ok := element.Text(); ok {
			ev.MsgBody[i] = imevent.Text(text[len("darn "):])
		}
	}
	say(imevent.Group.Rewrite(ev.MsgBody))
	say(imevent.Group.Rewrite(nil))
	// Output:
	// 0 {"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"it"}},{"MsgType":"TIMNewElem","MsgContent":{"a":1}}]}
	// error: rewrite the message: the body is empty; use Allow to keep the message, or Reject or Drop
}

func ExampleMessageDecisions_RewriteData() {
	say(imevent.C2C.RewriteData(`{"checked":true}`))
	// Output: 0 {"CloudCustomData":"{\"checked\":true}"}
}

func ExampleMessageDecisions_RewriteAll() {
	say(imevent.C2C.RewriteAll([]imevent.Element{imevent.Text("hi")}, ""))
	// Output: 0 {"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"hi"}}],"CloudCustomData":""}
}

func ExampleAdmission() {
	say(imevent.Admission.RejectCode(10101, "five groups are enough"))
	// Output: 10101 five groups are enough
}

func ExampleAdmissionAnswer() {
	allow := func(imevent.GroupBeforeCreateGroupEvent) imevent.AdmissionAnswer { return imevent.Admission.Allow() }
	say(allow(imevent.GroupBeforeCreateGroupEvent{}))
	// Output: 0
}

func ExampleInvite() {
	say(imevent.Invite.Reject("members only"))
	// Output: 10100 members only
}

func ExampleInviteAnswer() {
	say(imevent.Invite.Allow())
	// Output: 0
}

func ExampleInviteDecisions() {
	d := imevent.Invite
	say(d.Allow())
	// Output: 0
}

func ExampleInviteDecisions_RejectMembers() {
	say(imevent.Invite.RejectMembers("jared", "mallory"))
	say(imevent.Invite.RejectMembers())
	// Output:
	// 0 {"RefusedMembers_Account":["jared","mallory"]}
	// 0
}

func ExampleOfficial() {
	say(imevent.Official.Reject("channels carry no links"))
	// Output: 120001 channels carry no links
}

func ExampleOfficialAnswer() {
	say(imevent.Official.Allow())
	// Output: 0
}

func ExampleOfficialAdmission() {
	say(imevent.OfficialAdmission.Reject("ask first"))
	// Output: 120001 ask first
}

func ExampleOfficialAdmissionAnswer() {
	say(imevent.OfficialAdmission.Allow())
	// Output: 0
}

func ExampleSubscribe() {
	say(imevent.Subscribe.Reject())
	// Output: 1
}

func ExampleSubscribeAnswer() {
	say(imevent.Subscribe.Allow())
	// Output: 0
}

func ExampleSubscribeDecisions() {
	var d imevent.SubscribeDecisions
	say(d.Allow())
	// Output: 0
}

func ExampleSubscribeDecisions_Allow() {
	say(imevent.Subscribe.Allow())
	// Output: 0
}

func ExampleSubscribeDecisions_Reject() {
	say(imevent.Subscribe.Reject())
	// Output: 1
}

func ExampleSubscribeDecisions_RejectSubscribers() {
	say(imevent.Subscribe.RejectSubscribers("jared"))
	// Output: 0 {"RefusedSubscribers_Account":["jared"]}
}

func ExampleGift() {
	say(imevent.Gift.Reject("the room is closed"))
	// Output: 102100 the room is closed
}

func ExampleGiftAnswer() {
	say(imevent.Gift.Allow())
	// Output: 0
}

func ExampleChatbot() {
	say(imevent.Chatbot.Answer(`{"msg":"hello"}`))
	// Output: 0 {"RspData":"{\"msg\":\"hello\"}"}
}

func ExampleChatbotAnswer() {
	say(imevent.Chatbot.Silent())
	// Output: 1
}

func ExampleChatbotDecisions() {
	var d imevent.ChatbotDecisions
	say(d.Silent())
	// Output: 1
}

func ExampleChatbotDecisions_Answer() {
	say(imevent.Chatbot.Answer(""))
	// Output: error: answer as chatbot: the data is empty; use Silent to send nothing
}

func ExampleChatbotDecisions_Silent() {
	say(imevent.Chatbot.Silent())
	// Output: 1
}
