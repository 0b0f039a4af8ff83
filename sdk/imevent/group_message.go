package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Group about messages, in groups and in topics.
var (
	// GroupBeforeSendMsg asks whether a message to a group may be sent, and as what.
	// Without an answer within 2 s Tencent sends it as it is, unless the console
	// says to refuse it; the sender then gets 80003.
	//
	// Source: https://cloud.tencent.com/document/product/269/1619.
	GroupBeforeSendMsg = NewCommand[GroupBeforeSendMsgEvent, GroupAnswer]("Group.CallbackBeforeSendMsg")

	// GroupAfterSendMsg is sent after a message to a group was sent. It carries the
	// message as it was rewritten, and is not sent for one that was refused.
	//
	// Source: https://cloud.tencent.com/document/product/269/2661.
	GroupAfterSendMsg = NewCommand[GroupAfterSendMsgEvent, sdk.Ack]("Group.CallbackAfterSendMsg")

	// GroupSendMsgException is sent after a message to a group could not be sent.
	//
	// Source: https://cloud.tencent.com/document/product/269/78619.
	GroupSendMsgException = NewCommand[GroupSendMsgExceptionEvent, sdk.Ack]("Group.CallbackSendMsgException")

	// GroupAfterModifyMsg is sent after a message in a group was edited.
	//
	// Source: https://cloud.tencent.com/document/product/269/129193.
	GroupAfterModifyMsg = NewCommand[GroupAfterModifyMsgEvent, sdk.Ack]("Group.CallbackAfterModifyMsg")

	// GroupAfterRecallMsg is sent after messages in a group were recalled. Other
	// families call it WithDraw.
	//
	// Source: https://cloud.tencent.com/document/product/269/73141.
	GroupAfterRecallMsg = NewCommand[GroupAfterRecallMsgEvent, sdk.Ack]("Group.CallbackAfterRecallMsg")

	// GroupAfterReadReceipt is sent after members confirmed that they had read
	// messages, and after a message that asks for receipts was sent. Communities do
	// not send it.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60395.
	GroupAfterReadReceipt = NewCommand[GroupAfterReadReceiptEvent, sdk.Ack]("Group.CallbackAfterReadReceipt")

	// GroupAfterGroupMsgExtension is sent after the extensions of a message, pairs of
	// a key and a value, were set, deleted or cleared.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/76007.
	GroupAfterGroupMsgExtension = NewCommand[GroupAfterGroupMsgExtensionEvent, sdk.Ack]("Group.CallbackAfterGroupMsgExtension")
)

// GroupBeforeSendMsgEvent asks whether FromAccount may send the message. It has
// neither a MsgSeq nor a MsgTime yet: those are given to it when it is sent.
type GroupBeforeSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group it goes to.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// FromAccount is the account it is from.
	FromAccount string `json:"From_Account"`
	// OperatorAccount is the account that made the call. It is not FromAccount where
	// an administrator sends in somebody's name.
	OperatorAccount string `json:"Operator_Account"`
	// Random is the sender's own 32-bit number, without a sign: it may exceed an
	// int32. Private messages call it MsgRandom.
	Random int64 `json:"Random"`
	// MsgID is the id that the sender's client knows the message by. Older bodies
	// have none.
	MsgID string `json:"MsgId"`
	// OnlineOnlyFlag is 1 for a message to those online alone, which is not stored,
	// else 0. In an AVChatRoom it is always 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody is the message.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own data of the message.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// TopicID is the topic it goes to, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterSendMsgEvent is a message that was sent. It has two clocks: MsgTime
// counts seconds and EventTime milliseconds.
type GroupAfterSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group it went to.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// FromAccount is the account it is from.
	FromAccount string `json:"From_Account"`
	// OperatorAccount is the account that made the call. It is not FromAccount where
	// an administrator sent in somebody's name.
	OperatorAccount string `json:"Operator_Account"`
	// Random is the sender's own 32-bit number, without a sign.
	Random int64 `json:"Random"`
	// MsgSeq numbers the messages of a group, and of each topic by itself.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgID is the id that the sender's client knows the message by. Older bodies
	// have none.
	MsgID string `json:"MsgId"`
	// MsgTime is when it was sent, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// OnlineOnlyFlag is 1 for a message to those online alone, which is not stored,
	// else 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody is the message as it was sent.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own data of the message.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// GroupAtInfo says whom the message mentions; see Mentions. It is absent when it
	// mentions nobody.
	GroupAtInfo []GroupAtInfo `json:"GroupAtInfo"`
	// TopicID is the topic it went to, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// Mentions returns the accounts that the message mentions by name, each once, and
// whether it mentions everyone besides.
func (e GroupAfterSendMsgEvent) Mentions() (accounts []string, everyone bool) {
	for _, at := range e.GroupAtInfo {
		everyone = everyone || at.GroupAtAllFlag.Or(0) != 0
	}
	return accountsOf(e.GroupAtInfo, func(at GroupAtInfo) string { return at.GroupAtAccount }), everyone
}

// GroupAtInfo is one mention in a message.
type GroupAtInfo struct {
	// GroupAtAllFlag is 1 when the mention is of everyone, else 0.
	GroupAtAllFlag Opt[int64] `json:"GroupAtAllFlag" form:"flag"`
	// GroupAtAccount is the account mentioned, and empty when it is everyone.
	GroupAtAccount string `json:"GroupAt_Account" bare:"true"`
	Object
}

// GroupSendMsgExceptionEvent is a message that could not be sent, and why. It has
// neither a MsgSeq nor a MsgTime, so that nothing in it tells a second failure
// of the same message from the first one told twice.
type GroupSendMsgExceptionEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group it should have gone to.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// FromAccount is the account it is from.
	FromAccount string `json:"From_Account"`
	// OperatorAccount is the account that made the call. It is not FromAccount where
	// an administrator sends in somebody's name.
	OperatorAccount string `json:"Operator_Account"`
	// Random is the sender's own 32-bit number, without a sign.
	Random int64 `json:"Random"`
	// OnlineOnlyFlag is 1 for a message to those online alone, else 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody is the message.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own data of the message.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// ErrorCode is why it was not sent, such as 10023 for too many messages at a
	// time. It has nothing to do with the code of your answer.
	ErrorCode Opt[int64] `json:"ErrorCode"`
	// ErrorInfo says the same in words.
	ErrorInfo string `json:"ErrorInfo"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterModifyMsgEvent is a message after an edit. Who sent it and in what
// kind of group is not told.
type GroupAfterModifyMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// TopicID is the topic. Outside topics it is sent too, and empty.
	TopicID string `json:"TopicId"`
	// OperatorAccount is the account that edited it: the administrator, when it was
	// your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// MsgSeq is the message's number; see [GroupAfterSendMsgEvent]. The edit leaves
	// it as it is.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgBody is the message as it is now.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own data of the message as it is now. Tencent
	// names the key for private messages alone; here it is read when it turns up: it
	// is set to the empty string when it was emptied, and absent when it was not sent.
	CloudCustomData Opt[string] `json:"CloudCustomData" form:"json"`
	// EventTime is when it was edited, in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterRecallMsgEvent says which messages were recalled.
type GroupAfterRecallMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that recalled them: the administrator, when it
	// was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// MsgSeqList holds the messages; each is an object, not a number.
	MsgSeqList []GroupMsgSeq `json:"MsgSeqList"`
	// TopicID is the topic, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is when they were recalled, in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupMsgSeq names one message of a group.
type GroupMsgSeq struct {
	// MsgSeq is the message's number; see [GroupAfterSendMsgEvent].
	MsgSeq int64 `json:"MsgSeq" bare:"true"`
	// MsgID is the id that the sender's client knows the message by. Older bodies
	// have none.
	MsgID string `json:"MsgId"`
	Object
}

// GroupAfterReadReceiptEvent tells how many members have read which messages.
type GroupAfterReadReceiptEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// GroupMsgReceiptList holds one item for each message, with its readers: the
	// event as a whole has no reader.
	GroupMsgReceiptList []GroupMsgReceipt `json:"GroupMsgReceiptList"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupMsgReceipt tells how many members have read one message.
type GroupMsgReceipt struct {
	// MsgSeq is the message's number; see [GroupAfterSendMsgEvent].
	MsgSeq int64 `json:"MsgSeq" bare:"true"`
	// ReadNum is how many members have read it.
	ReadNum Opt[int64] `json:"ReadNum"`
	// UnreadNum is how many have not.
	UnreadNum Opt[int64] `json:"UnreadNum"`
	// ReadReceiptMembers holds the members who have just confirmed it. Expect it to
	// be empty or absent when the message was only now sent.
	ReadReceiptMembers []Member `json:"ReadReceiptMembers"`
	Object
}

// GroupAfterGroupMsgExtensionEvent says what changed in a message's extensions.
// Who changed them and in what kind of group is not told.
type GroupAfterGroupMsgExtensionEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// MsgSeq is the message's number; see [GroupAfterSendMsgEvent].
	MsgSeq int64 `json:"MsgSeq"`
	// OperateType is 1 when extensions were set, 2 when they were deleted, 3 when all
	// were cleared.
	OperateType int64 `json:"OperateType"`
	// ExtensionList holds the extensions concerned. It is empty when all were
	// cleared.
	ExtensionList []MsgExtension `json:"ExtensionList"`
	// Seq is the newest version of the message's extensions together.
	Seq int64 `json:"Seq"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}
