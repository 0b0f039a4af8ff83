package imevent

// C2CAfterMsgReadAllEvent says that ReportAccount has read everything. Of what was
// read it lists the groups alone: all one-to-one conversations are meant, and are
// named nowhere.
type C2CAfterMsgReadAllEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// ReportAccount is the account that has read.
	ReportAccount string `json:"Report_Account"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// GroupReadInfo holds the groups that had unread messages.
	GroupReadInfo []C2CGroupRead `json:"GroupReadInfo"`
	Object
}

// C2CGroupRead says how far a group was read.
type C2CGroupRead struct {
	// GroupID is the group.
	GroupID string `json:"GroupId" bare:"true"`
	// MsgSeq is the sequence number of the last message that counts as read.
	MsgSeq int64 `json:"MsgSeq"`
	Object
}

// C2CAfterMsgReadReceiptEvent says which messages got a read receipt. Their reader
// is called OperatorAccount here and ReportAccount in the other two events about
// reading.
type C2CAfterMsgReadReceiptEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that has read.
	OperatorAccount string `json:"Operator_Account"`
	// PeerAccount is the other side of the conversation.
	PeerAccount string `json:"Peer_Account"`
	// C2CMsgInfo holds the messages that were read.
	C2CMsgInfo []C2CMsgRead `json:"C2CMsgInfo"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// C2CMsgRead is a message that got a read receipt.
type C2CMsgRead struct {
	// FromAccount is the account that sent the message.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that received the message, its reader.
	ToAccount string `json:"To_Account"`
	// MsgKey names the message.
	MsgKey string `json:"MsgKey" bare:"true"`
	// MsgID is the name that the sender's client gave the message. The time in it
	// may differ from that in MsgKey.
	MsgID string `json:"MsgId"`
	Object
}

// C2CAfterMsgReportEvent says how far ReportAccount has read its conversation with
// PeerAccount. Its two times have two units. Pages for the mainland have EventTime
// where international ones have UnreadMsgNum: count on neither.
type C2CAfterMsgReportEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// ReportAccount is the account that has read.
	ReportAccount string `json:"Report_Account"`
	// PeerAccount is the other side of the conversation.
	PeerAccount string `json:"Peer_Account"`
	// LastReadTime is in seconds; what was sent before it has been read.
	LastReadTime Seconds `json:"LastReadTime"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// UnreadMsgNum is the number of all one-to-one messages that ReportAccount has
	// not read.
	UnreadMsgNum Opt[int64] `json:"UnreadMsgNum"`
	Object
}
