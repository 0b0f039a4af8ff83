package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Live about the metadata of rooms.
var (
	// LiveAfterDelMetadata is sent after keys were deleted from a live room's
	// metadata.
	//
	// Source: https://www.tencentcloud.com/document/product/647/68223.
	LiveAfterDelMetadata = NewCommand[LiveAfterDelMetadataEvent, sdk.Ack]("Live.CallbackAfterDelMetadata")

	// LiveAfterSetMetadata is sent after keys of a live room's metadata were set.
	//
	// Source: https://www.tencentcloud.com/document/product/647/68222.
	LiveAfterSetMetadata = NewCommand[LiveAfterSetMetadataEvent, sdk.Ack]("Live.CallbackAfterSetMetadata")
)

// LiveAfterDelMetadataEvent says which keys a live room's metadata lost.
type LiveAfterDelMetadataEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that deleted them, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// Keys holds the keys.
	Keys []string `json:"Keys"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// LiveAfterSetMetadataEvent says which keys of a live room's metadata have which
// values now. Keys that it does not name are as they were.
type LiveAfterSetMetadataEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that set them, an administrator's for a call
	// of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// Metadata holds the keys and their new values.
	Metadata []KeyValue `json:"Metadata"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}
