package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Live about the rooms themselves. The family belongs to
// LiveKit, is sent to the same URL as those of Chat, and has switches of its own.
var (
	// LiveAfterCreateRoom is sent after a live room was created.
	//
	// Source: https://www.tencentcloud.com/document/product/647/64422.
	LiveAfterCreateRoom = NewCommand[LiveAfterCreateRoomEvent, sdk.Ack]("Live.CallbackAfterCreateRoom")

	// LiveAfterCreateRoomReachingThreshold is sent when creating a live room brings
	// the app to 70 % of the rooms it may have.
	//
	// Source: https://www.tencentcloud.com/document/product/647/70485.
	LiveAfterCreateRoomReachingThreshold = NewCommand[LiveAfterCreateRoomReachingThresholdEvent, sdk.Ack]("Live.CallbackAfterCreateRoomReachingThreshold")

	// LiveAfterDestroyRoom is sent after a live room ended, by somebody's wish or by
	// the system.
	//
	// Source: https://www.tencentcloud.com/document/product/647/64423.
	LiveAfterDestroyRoom = NewCommand[LiveAfterDestroyRoomEvent, sdk.Ack]("Live.CallbackAfterDestroyRoom")

	// LiveAfterUpdateRoomInfo is sent after the settings of a live room changed.
	//
	// Source: https://www.tencentcloud.com/document/product/647/67938.
	LiveAfterUpdateRoomInfo = NewCommand[LiveAfterUpdateRoomInfoEvent, sdk.Ack]("Live.CallbackAfterUpdateRoomInfo")
)

// LiveAfterCreateRoomEvent says which live room was created, and how it is set.
//
// Tencent's sample has the settings inside RoomInfo while its table lists them one
// level higher; a setting that arrives there is kept in Unknown.
type LiveAfterCreateRoomEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the room, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomInfo is the new room.
	RoomInfo LiveRoomInfo `json:"RoomInfo"`
	// EventTime is in milliseconds since 1970. Tencent's sample has none, so expect
	// it to be absent; RoomInfo.CreateTime is when the room was made.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveAfterCreateRoomReachingThresholdEvent says how near the app is to the number
// of live rooms that it may have.
type LiveAfterCreateRoomReachingThresholdEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that created the last room, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	// CurRoomCount is the number of rooms there are.
	CurRoomCount Opt[int64] `json:"CurRoomCount"`
	// MaxRoomCount is the number of rooms there may be. Tencent's table calls it an
	// array; its sample has a number.
	MaxRoomCount Opt[int64] `json:"MaxRoomCount"`
	Object
}

// LiveAfterDestroyRoomEvent says which live room ended, how it was set at its end,
// and what happened in it.
//
// RoomID stands beside RoomInfo here, inside of it in [LiveAfterCreateRoomEvent].
type LiveAfterDestroyRoomEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that ended the room, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// EventType is "DestroyByUser" or "DestroyBySystem".
	EventType string `json:"EventType"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	// RoomInfo is the room as it last was.
	RoomInfo LiveRoomInfo `json:"RoomInfo"`
	// Statistic counts what happened in the room.
	Statistic LiveStatistic `json:"Statistic"`
	Object
}

// LiveAfterUpdateRoomInfoEvent says which settings of a live room changed. RoomInfo
// holds the room's id and the settings that changed, no others: a setting that is
// not set is as it was, one that is set and empty was emptied.
type LiveAfterUpdateRoomInfoEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that changed the room, an administrator's for
	// a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomInfo holds what changed. RoomInfo.Has("Category") tells an emptied list
	// from an untouched one.
	RoomInfo LiveRoomInfo `json:"RoomInfo"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveRoomInfo is a live room. Which of its fields arrive depends on the command:
// only a new room has a CreateTime, and only a room that ended has a ViewCount.
type LiveRoomInfo struct {
	// RoomID names the room. [LiveAfterDestroyRoomEvent] has it one level higher.
	RoomID string `json:"RoomId"`
	// RoomName is the room's title.
	RoomName Opt[string] `json:"RoomName"`
	// RoomType is "Live" or "Meeting".
	RoomType string `json:"RoomType"`
	// OwnerAccount is the owner. It comes as a number of 18 digits when a room ends.
	OwnerAccount string `json:"Owner_Account"`
	// MaxMemberCount is how many may be in the room.
	MaxMemberCount Opt[int64] `json:"MaxMemberCount"`
	// MaxSeatCount is how many may be on stage.
	MaxSeatCount Opt[int64] `json:"MaxSeatCount"`
	// IsMessageDisabled says whether nobody may write.
	IsMessageDisabled Opt[bool] `json:"IsMessageDisabled"`
	// IsSeatEnabled says whether the room has seats.
	IsSeatEnabled Opt[bool] `json:"IsSeatEnabled"`
	// TakeSeatMode is "None", "FreeToTake" or "ApplyToTake".
	TakeSeatMode string `json:"TakeSeatMode"`
	// CreateTime is in seconds since 1970.
	CreateTime Seconds `json:"CreateTime"`
	// IsPublicVisible says whether the room is listed for all.
	IsPublicVisible Opt[bool] `json:"IsPublicVisible"`
	// IsUnlimitedRoomEnabled says whether the room is an unlimited one.
	IsUnlimitedRoomEnabled Opt[bool] `json:"IsUnlimitedRoomEnabled"`
	// CoverURL is where the room's cover picture is.
	CoverURL Opt[string] `json:"CoverURL"`
	// BackgroundURL is where the picture behind the room is.
	BackgroundURL Opt[string] `json:"BackgroundURL"`
	// Category holds the numbers of the app's own categories.
	Category []int64 `json:"Category"`
	// ActivityStatus is a number to which the app gives its own meaning.
	ActivityStatus Opt[int64] `json:"ActivityStatus"`
	// ViewCount is how often the room was watched.
	ViewCount Opt[int64] `json:"ViewCount"`
	// CustomInfo is the app's own text, which may hold JSON.
	CustomInfo Opt[string] `json:"CustomInfo" form:"json"`
	Object
}

// LiveStatistic counts what happened in a live room from its start to its end.
type LiveStatistic struct {
	// TotalViewers is how many watched.
	TotalViewers Opt[int64] `json:"TotalViewers"`
	// TotalGiftsSent is how many gifts were sent.
	TotalGiftsSent Opt[int64] `json:"TotalGiftsSent"`
	// TotalGiftCoins is what they were worth, in coins.
	TotalGiftCoins Opt[int64] `json:"TotalGiftCoins"`
	// TotalUniqueGiftSenders is how many accounts sent them.
	TotalUniqueGiftSenders Opt[int64] `json:"TotalUniqueGiftSenders"`
	// TotalLikesReceived is how many likes were given.
	TotalLikesReceived Opt[int64] `json:"TotalLikesReceived"`
	Object
}
