package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Live about battles, in which rooms compete.
var (
	// LiveAfterCreateBattle is sent after a room challenged others.
	//
	// Source: https://www.tencentcloud.com/document/product/647/68259.
	LiveAfterCreateBattle = NewCommand[LiveAfterCreateBattleEvent, sdk.Ack]("Live.CallbackAfterCreateBattle")

	// LiveAfterEndBattle is sent after a battle ended, also one that never started.
	//
	// Source: https://www.tencentcloud.com/document/product/647/68261.
	LiveAfterEndBattle = NewCommand[LiveAfterEndBattleEvent, sdk.Ack]("Live.CallbackAfterEndBattle")

	// LiveAfterStartBattle is sent after a battle started.
	//
	// Source: https://www.tencentcloud.com/document/product/647/68260.
	LiveAfterStartBattle = NewCommand[LiveAfterStartBattleEvent, sdk.Ack]("Live.CallbackAfterStartBattle")
)

// LiveAfterCreateBattleEvent says which room challenged which.
type LiveAfterCreateBattleEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the battle, an administrator's
	// for a call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// BattleID names the battle in all its events. It may hold "/", "+" and "=".
	BattleID string `json:"BattleId"`
	// FromRoomID is the room that challenges.
	FromRoomID string `json:"FromRoomId"`
	// ToRoomIDList holds the rooms that are challenged.
	ToRoomIDList []string `json:"ToRoomIdList"`
	// Timeout is how long the challenge stands, in milliseconds.
	Timeout Opt[int64] `json:"Timeout"`
	// Duration is how long the battle will take, in milliseconds.
	Duration Opt[int64] `json:"Duration"`
	// NeedResponse says whether the challenged have to accept.
	NeedResponse Opt[bool] `json:"NeedResponse"`
	// ExtensionInfo is the app's own text, which may hold JSON.
	ExtensionInfo string `json:"ExtensionInfo" form:"json"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveAfterEndBattleEvent says how a battle ended. Its EventTime is in
// milliseconds, as its Duration is, and its other times are in seconds.
type LiveAfterEndBattleEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// BattleID names the battle in all its events.
	BattleID string `json:"BattleId"`
	// Duration is how long the battle was to take, in milliseconds.
	Duration Opt[int64] `json:"Duration"`
	// CreateTime is when a room challenged, in seconds since 1970.
	CreateTime Seconds `json:"CreateTime"`
	// StartTime is when the battle started, in seconds since 1970.
	StartTime Seconds `json:"StartTime"`
	// EndTime is when it ended, in seconds since 1970.
	EndTime Seconds `json:"EndTime"`
	// OpType says why it ended: 0 when its time was up, 1 when all had left, 2 when
	// it never started.
	OpType Opt[int64] `json:"OpType"`
	// FromRoomInfo is the room that challenged.
	FromRoomInfo LiveBattleResult `json:"FromRoomInfo"`
	// ToRoomList holds the rooms that were challenged.
	ToRoomList []LiveBattleResult `json:"ToRoomList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveAfterStartBattleEvent says which rooms compete from now on. Its EventTime is
// in milliseconds, as its Duration is, and its other times are in seconds.
type LiveAfterStartBattleEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// BattleID names the battle in all its events.
	BattleID string `json:"BattleId"`
	// Duration is how long the battle will take, in milliseconds.
	Duration Opt[int64] `json:"Duration"`
	// CreateTime is when a room challenged, in seconds since 1970.
	CreateTime Seconds `json:"CreateTime"`
	// StartTime is when the battle started, in seconds since 1970.
	StartTime Seconds `json:"StartTime"`
	// FromRoomInfo is the room that challenged.
	FromRoomInfo LiveBattleRoom `json:"FromRoomInfo"`
	// ToRoomList holds the rooms that were challenged.
	ToRoomList []LiveBattleRoom `json:"ToRoomList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveBattleRoom is a room in a battle.
type LiveBattleRoom struct {
	// RoomID names the room.
	RoomID string `json:"RoomId" bare:"true"`
	// OwnerAccount is the room's owner.
	OwnerAccount string `json:"Owner_Account"`
	Object
}

// LiveBattleResult is a room at the end of a battle.
type LiveBattleResult struct {
	// RoomID names the room.
	RoomID string `json:"RoomId" bare:"true"`
	// Score is what the room reached.
	Score Opt[int64] `json:"Score"`
	// OwnerAccount is the room's owner. It comes as a number of 18 digits here and
	// as text when a battle starts, so the two may not be equal.
	OwnerAccount string `json:"Owner_Account"`
	Object
}
