package imevent

// C2CAfterC2CMsgExtensionEvent says how the extension of a message changed. The
// accounts are those of the message; who changed its extension is not told.
type C2CAfterC2CMsgExtensionEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that sent the message.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that received the message.
	ToAccount string `json:"To_Account"`
	// MsgKey names the message.
	MsgKey string `json:"MsgKey"`
	// OperateType is 1 when the keys listed were set, 2 when they were deleted, 3
	// when all were cleared.
	OperateType int64 `json:"OperateType"`
	// ExtensionList holds the keys that changed; it is empty when all were cleared.
	ExtensionList []MsgExtension `json:"ExtensionList"`
	// Seq is the version of the whole extension; it grows with every change, so it
	// orders two events about one message.
	Seq int64 `json:"Seq"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}
