package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Room: conference rooms (RoomKit). Like family Live they
// are sent to the same URL as those of Chat and have switches of their own.
var (
	// RoomAfterCreateRoom is sent after a conference room was created, or planned for
	// later: see [RoomInfo.RoomStatus].
	//
	// Source: https://www.tencentcloud.com/document/product/647/60733.
	RoomAfterCreateRoom = NewCommand[RoomAfterCreateRoomEvent, sdk.Ack]("Room.CallbackAfterCreateRoom")

	// RoomAfterDestroyRoom is sent after a conference room ended.
	//
	// Source: https://www.tencentcloud.com/document/product/647/60732.
	RoomAfterDestroyRoom = NewCommand[RoomAfterDestroyRoomEvent, sdk.Ack]("Room.CallbackAfterDestroyRoom")

	// RoomAfterMemberEnter is sent after accounts entered a conference room.
	//
	// Source: https://www.tencentcloud.com/document/product/647/60735.
	RoomAfterMemberEnter = NewCommand[RoomAfterMemberEnterEvent, sdk.Ack]("Room.CallbackAfterMemberEnter")

	// RoomAfterMemberLeave is sent after accounts left a conference room, or had to.
	//
	// Source: https://www.tencentcloud.com/document/product/647/60734.
	RoomAfterMemberLeave = NewCommand[RoomAfterMemberLeaveEvent, sdk.Ack]("Room.CallbackAfterMemberLeave")

	// RoomAfterUpdateRoomInfo is sent after the settings of a conference room
	// changed. Older lists of Tencent drop After from the name.
	//
	// Source: https://www.tencentcloud.com/document/product/647/60731.
	RoomAfterUpdateRoomInfo = NewCommand[RoomAfterUpdateRoomInfoEvent, sdk.Ack]("Room.CallbackAfterUpdateRoomInfo")
)

// RoomAfterCreateRoomEvent says which conference room was created, and how it is
// set.
type RoomAfterCreateRoomEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the room, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomInfo is the new room.
	RoomInfo RoomInfo `json:"RoomInfo"`
	// ScheduleInviteeListAccount holds the accounts that are invited. One account may
	// stand in it twice, as in Tencent's own sample.
	ScheduleInviteeListAccount []string `json:"ScheduleInviteeList_Account"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// RoomAfterDestroyRoomEvent says which conference room ended.
type RoomAfterDestroyRoomEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that ended the room, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// RoomAfterMemberEnterEvent says who entered a conference room.
type RoomAfterMemberEnterEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that caused it, an administrator's for a call
	// of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// MemberCount is how many are in the room now.
	MemberCount Opt[int64] `json:"MemberCount"`
	// Type is "Enter". In the events of groups Type is the kind of group.
	Type string `json:"Type"`
	// MemberListAccount holds the accounts that entered.
	MemberListAccount []string `json:"MemberList_Account"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// RoomAfterMemberLeaveEvent says who left a conference room, and why.
type RoomAfterMemberLeaveEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that caused it, an administrator's for a call
	// of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// MemberCount is how many are in the room now; 0 after the last one left.
	MemberCount Opt[int64] `json:"MemberCount"`
	// Type is "Leave", "Kicked" or "Expired".
	Type string `json:"Type"`
	// MemberListAccount holds the accounts that left.
	MemberListAccount []string `json:"MemberList_Account"`
	// Reason is a text about it.
	Reason string `json:"Reason"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// RoomAfterUpdateRoomInfoEvent says which settings of a conference room changed.
// RoomInfo holds the room's id and the settings that changed, no others: a setting
// that is not set is as it was, one that is set and empty was emptied.
type RoomAfterUpdateRoomInfoEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that changed the room, an administrator's for
	// a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomInfo holds what changed.
	RoomInfo RoomInfo `json:"RoomInfo"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// RoomInfo is a conference room. Which of its fields arrive depends on the command.
type RoomInfo struct {
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// RoomName is the room's title.
	RoomName Opt[string] `json:"RoomName"`
	// RoomType is "Live" or "Meeting".
	RoomType string `json:"RoomType"`
	// OwnerAccount is the owner.
	OwnerAccount string `json:"Owner_Account"`
	// MaxMemberCount is how many may be in the room.
	MaxMemberCount Opt[int64] `json:"MaxMemberCount"`
	// MaxSeatCount is how many may be on stage.
	MaxSeatCount Opt[int64] `json:"MaxSeatCount"`
	// IsVideoDisabled says whether nobody may turn a camera on.
	IsVideoDisabled Opt[bool] `json:"IsVideoDisabled"`
	// IsAudioDisabled says whether nobody may turn a microphone on.
	IsAudioDisabled Opt[bool] `json:"IsAudioDisabled"`
	// IsMessageDisabled says whether nobody may write.
	IsMessageDisabled Opt[bool] `json:"IsMessageDisabled"`
	// IsScreenSharingDisabled says whether nobody may share a screen.
	IsScreenSharingDisabled Opt[bool] `json:"IsScreenSharingDisabled"`
	// IsCloudRecordingDisabled says whether the room is not recorded. It comes in
	// quotes when a room is updated.
	IsCloudRecordingDisabled Opt[bool] `json:"IsCloudRecordingDisabled"`
	// CustomInfo is the app's own text, which may hold JSON.
	CustomInfo Opt[string] `json:"CustomInfo" form:"json"`
	// ScheduleStartTime is when it is to start, in seconds since 1970.
	ScheduleStartTime Seconds `json:"ScheduleStartTime"`
	// ScheduleEndTime is when it is to end, in seconds since 1970.
	ScheduleEndTime Seconds `json:"ScheduleEndTime"`
	// RoomStatus is "None", "NotStarted" or "Running".
	RoomStatus string `json:"RoomStatus"`
	// IsSeatEnabled says whether the room has seats.
	IsSeatEnabled Opt[bool] `json:"IsSeatEnabled"`
	// TakeSeatMode is "None", "FreeToTake" or "ApplyToTake".
	TakeSeatMode string `json:"TakeSeatMode"`
	// CreateTime is in seconds since 1970.
	CreateTime Seconds `json:"CreateTime"`
	Object
}

// typingsRoom joins the commands of family Room to their events.
func typingsRoom() []Typing {
	return []Typing{
		typing(RoomAfterCreateRoom),
		typing(RoomAfterDestroyRoom),
		typing(RoomAfterMemberEnter),
		typing(RoomAfterMemberLeave),
		typing(RoomAfterUpdateRoomInfo),
	}
}
