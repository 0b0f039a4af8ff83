package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Live about the people in a room.
var (
	// LiveAfterChangeOwner is sent after a live room got another owner.
	//
	// Source: https://www.tencentcloud.com/document/product/647/72553.
	LiveAfterChangeOwner = NewCommand[LiveAfterChangeOwnerEvent, sdk.Ack]("Live.CallbackAfterChangeOwner")

	// LiveAfterMemberStateChanged is sent after members came online or went offline
	// in a live room. One table of Tencent's page drops After from the name; its
	// sample and all lists have it.
	//
	// Source: https://www.tencentcloud.com/document/product/647/64424.
	LiveAfterMemberStateChanged = NewCommand[LiveAfterMemberStateChangedEvent, sdk.Ack]("Live.CallbackAfterMemberStateChanged")

	// LiveAfterModifyAdmin is sent after accounts became administrators of a live
	// room, or ceased to be.
	//
	// Source: https://www.tencentcloud.com/document/product/647/72554.
	LiveAfterModifyAdmin = NewCommand[LiveAfterModifyAdminEvent, sdk.Ack]("Live.CallbackAfterModifyAdmin")
)

// LiveAfterChangeOwnerEvent says whose live room is whose now.
type LiveAfterChangeOwnerEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	// OperatorAccount is the account that asked for the change, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// CurrentOwnerAccount is the owner from now on.
	CurrentOwnerAccount string `json:"CurrentOwner_Account"`
	// OriginalOwnerAccount is the owner until now.
	OriginalOwnerAccount string `json:"OriginalOwner_Account"`
	Object
}

// LiveAfterMemberStateChangedEvent says who is in a live room, or no longer.
//
// The causes are called Enter and Leave here, Join and Quit where the members of a
// group change their state.
type LiveAfterMemberStateChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// EventType is "Online" or "Offline".
	EventType string `json:"EventType"`
	// EventCause is "Enter", "Leave", "HeartbeatInterrupt", "HeartbeatRecover" or,
	// on newer pages, "Kicked".
	EventCause string `json:"EventCause"`
	// MemberList holds the members.
	MemberList []Member `json:"MemberList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveAfterModifyAdminEvent says which accounts may administer a live room, or no
// longer may.
type LiveAfterModifyAdminEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	// OperatorAccount is the account that asked for the change, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// AdminAccount holds the accounts, several in spite of its name.
	AdminAccount []string `json:"Admin_Account"`
	// OpType is "add" or "delete". Its key begins with a small letter; the OpType of
	// [LiveAfterEndBattleEvent] is a number and another thing.
	OpType string `json:"opType"`
	Object
}
