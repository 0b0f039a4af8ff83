package imevent

import "github.com/switchhook/switchhook/sdk"

// The command of family Mic: seats of live and conference rooms. Like family Live
// it is sent to the same URL as those of Chat and has switches of its own.
var (
	// MicAfterSeatInfoChanged is sent after the seats of a room changed: somebody
	// took one or left it, or it was locked or muted. Live rooms and conference
	// rooms send it alike; nothing in the body says which of them it is.
	//
	// Source: https://www.tencentcloud.com/document/product/647/64425.
	MicAfterSeatInfoChanged = NewCommand[MicAfterSeatInfoChangedEvent, sdk.Ack]("Mic.CallbackAfterSeatInfoChanged")
)

// MicAfterSeatInfoChangedEvent says how the seats of a room are now.
type MicAfterSeatInfoChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the change, an administrator's
	// for a call of the REST API. Only the page about conference rooms has it.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// SeatList holds the seats. Whether it has all or those that changed, no page
	// says.
	SeatList []MicSeat `json:"SeatList"`
	// EventTime is in milliseconds since 1970. It stands in Tencent's samples and in
	// none of its tables.
	EventTime Millis `json:"EventTime"`
	Object
}

// MicSeat is one seat of a room.
type MicSeat struct {
	// Index is the seat's number. A seat may have the number 0.
	Index Opt[int64] `json:"Index"`
	// MemberAccount is the account on the seat, which comes as a number of 18
	// digits. It is empty for an empty seat, which has no such key.
	MemberAccount string `json:"Member_Account"`
	// IsTakenDisabled says whether nobody may take the seat.
	IsTakenDisabled Opt[bool] `json:"IsTakenDisabled"`
	// IsVideoDisabled says whether the camera is locked.
	IsVideoDisabled Opt[bool] `json:"IsVideoDisabled"`
	// IsAudioDisabled says whether the microphone is locked.
	IsAudioDisabled Opt[bool] `json:"IsAudioDisabled"`
	Object
}

// typingsMic joins the command of family Mic to its event.
func typingsMic() []Typing {
	return []Typing{typing(MicAfterSeatInfoChanged)}
}
