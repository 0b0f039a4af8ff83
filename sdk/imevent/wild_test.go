package imevent_test

import (
	"testing"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// TestBodiesInTheShapesThatPeopleLoggedAreReadWhole has the keys and the forms of
// bodies that handlers have logged or mocked over the years, with values of our own.
func TestBodiesInTheShapesThatPeopleLoggedAreReadWhole(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ command, body string }{
		"a login of 2017, without a time":            {"State.StateChange", `{"CallbackCommand":"State.StateChange","Info":{"To_Account":"7","Action":"Logout","Reason":"TimeOut"}}`},
		"a state in a list":                          {"State.StateChange", `{"Info":[{"To_Account":7,"Action":"Login","Reason":"Register"}],"KickedDevice":["Web"]}`},
		"a state in a text":                          {"State.StateChange", `{"Info":"{\"To_Account\":\"7\",\"Action\":\"Login\"}"}`},
		"a message with a friendship":                {"C2C.CallbackBeforeSendMsg", `{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"123"}}],"From_Account":"1","FriendShip":3,"MsgRandom":1109223749,"MsgSeq":3678786,"MsgTime":1543209719}`},
		"a message with its query inside":            {"C2C.CallbackBeforeSendMsg", `{"version":"v1","ClientIP":"192.0.2.1","OptPlatform":"Web","SdkAppid":"1400000001","contenttype":"json","MsgBody":[{"MsgContent":{"Ext":"","Desc":"new","Data":"{\"a\":\"{\\\"b\\\":1}\"}"},"MsgType":"TIMCustomElem"}]}`},
		"a custom message with Ext alone":            {"Group.CallbackBeforeSendMsg", `{"GroupId":"888","From_Account":"106","Random":8912478,"MsgBody":[{"MsgType":"TIMCustomElem","MsgContent":{"Ext":"{\"code\":\"init\"}"}}]}`},
		"an image with its id alone":                 {"C2C.CallbackAfterSendMsg", `{"MsgBody":[{"MsgType":"TIMImageElem","MsgContent":{"UUID":"i"}}],"SendMsgResult":0}`},
		"a face beside texts":                        {"C2C.CallbackAfterSendMsg", `{"MsgBody":[{"MsgType":"TIMTextElem","MsgContent":{"Text":"a = 2 & b < 3"}},{"MsgType":"TIMFaceElem","MsgContent":{"Index":3,"Data":"[发呆]"}}]}`},
		"a sequence above 32 bits":                   {"Group.CallbackAfterSendMsg", `{"GroupId":"g","MsgSeq":"4294967297","EventTime":"1670574414123","Type":"AVChatRoom"}`},
		"members as bare accounts":                   {"Group.CallbackAfterNewMemberJoin", `{"NewMemberList":["jared",144115216631667827],"JoinType":"Apply"}`},
		"the other spelling of an account":           {"Group.CallbackBeforeApplyJoinGroup", `{"Requester_Account":"jared","GroupId":"g"}`},
		"a room that tells its own id":               {"Live.CallbackAfterDestroyRoom", `{"Operator_Account":"@TIM#SYSTEM","RoomId":"436","EventType":"DestroyBySystem","EventTime":1756986061775,"RoomInfo":{"RoomId":"436","RoomName":"\u590f","Owner_Account":"101","MaxSeatCount":9,"ViewCount":1}}`},
		"a friend without a list":                    {"Sns.CallbackFriendAdd", `{"CallbackCommand":"Sns.CallbackFriendAdd","From_Account":"a","To_Account":"b","contact":true,"t":1545040800000}`},
		"pushes without their batch":                 {"Push.AllMemberPush", `{"CallbackCommand":"Push.AllMemberPush","TaskId":"t","EventTime":1557481127}`},
		"a batch of one without brackets":            {"Push.OfflinePush", `{"Events":{"EventType":1,"EventTime":"1557481127","MsgKey":"1_2_3"}}`},
		"a review without a command":                 {"ContentCallback.ResultNotify", `{"Scene":"Group","MsgID":123,"CtxcbResult":"1","TextContent":"one text","CtxcbKeywords":null}`},
		"a flag in words":                            {"Live.CallbackAfterCreateBattle", `{"NeedResponse":"true","ToRoomIdList":"r2","Timeout":"3000"}`},
		"a room that is a text, as its table has it": {"Live.CallbackAfterStartBattle", `{"BattleId":"b","FromRoomInfo":"pk-3","EventTime":1}`},
		"categories in quotes":                       {"Live.CallbackAfterCreateRoom", `{"RoomInfo":{"Category":["1",2],"IsSeatEnabled":1}}`},
		"a profile with a number":                    {"Profile.CallbackPortraitSet", `{"ProfileItem":[{"Tag":"Tag_Profile_IM_BirthDay","Value":20000101},{"Tag":"Tag_Profile_Custom_List","Value":["a"]}]}`},
		"an alarm of two numbers in a quote":         {"Alert.RequestOverLimit", `{"Request":"300","Limit":"200","Command":"sendmsg"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typing, ok := imevent.TypingOf(tt.command)
			if !ok {
				t.Fatal("no such command")
			}
			ev, err := typing.Decode([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			wantSameJSON(t, []byte(tt.body), ev)
		})
	}
}
