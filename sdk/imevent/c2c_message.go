package imevent

// C2CAfterModifyMsgEvent says what a message reads since somebody edited it. What
// was not edited may be absent: a nil MsgBody and an unset CloudCustomData have
// not changed.
type C2CAfterModifyMsgEvent struct {
	// CloudCustomData is the data that the message now carries along; it is set to
	// the empty string when it was emptied.
	CloudCustomData Opt[string] `json:"CloudCustomData" form:"json"`
	// MsgBody is the message as it now reads.
	MsgBody []Element `json:"MsgBody"`
	// CallbackCommand repeats the command's name. It is not the body's first key.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that edited the message.
	OperatorAccount string `json:"Operator_Account"`
	// FromAccount is the account that sent the message.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that received the message.
	ToAccount string `json:"To_Account"`
	// MsgRandom is the random number of the message, 32 bits without a sign.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgSeq is the sequence number of the message, 32 bits without a sign.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgTime is when the message was sent, not when it was edited, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// MsgKey names the message. It stays the same over all edits.
	MsgKey string `json:"MsgKey"`
	// EventTime is when the message was edited, in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// C2CAfterMsgWithDrawEvent says which message was recalled. Who recalled it is not
// told. Pages for the mainland have EventTime where international ones have
// UnreadMsgNum: count on neither.
type C2CAfterMsgWithDrawEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that sent the message.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that received the message.
	ToAccount string `json:"To_Account"`
	// MsgKey names the message.
	MsgKey string `json:"MsgKey"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// UnreadMsgNum is the number of all one-to-one messages that ToAccount has not
	// read.
	UnreadMsgNum Opt[int64] `json:"UnreadMsgNum"`
	Object
}

// C2CAfterSendMsgEvent is a message that was sent, or that could not be: ask
// [C2CAfterSendMsgEvent.Delivered] first. A message that failed may be sent again
// under its MsgKey and then succeed.
type C2CAfterSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that sends.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that receives.
	ToAccount string `json:"To_Account"`
	// MsgSeq is the message's sequence number, 32 bits without a sign. It orders
	// the messages of one second.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is the message's random number, 32 bits without a sign.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgTime is when the message was sent, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// MsgKey names the message, also for recalling it over the REST API.
	MsgKey string `json:"MsgKey"`
	// MsgID is the name that the sender's client gave the message. Many bodies have
	// none.
	MsgID string `json:"MsgId"`
	// OnlineOnlyFlag is 1 when the message is only for users that are online, else
	// 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// SendMsgResult is 0 when the message was delivered, else the code of the error
	// that stopped it.
	SendMsgResult Opt[int64] `json:"SendMsgResult"`
	// ErrorInfo explains SendMsgResult; "send msg succeed" stands for no error. It
	// is part of the event and has nothing to do with the ErrorInfo of an answer.
	ErrorInfo string `json:"ErrorInfo"`
	// UnreadMsgNum is the number of all one-to-one messages that ToAccount has not
	// read, or -1 when the message was not delivered.
	UnreadMsgNum Opt[int64] `json:"UnreadMsgNum"`
	// MsgBody is the message.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is what the message carries along for the app's own use.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// EventTime is in milliseconds. International pages have none.
	EventTime Millis `json:"EventTime"`
	Object
}

// Delivered reports whether the event says that the message was delivered. It is
// false for a body without a SendMsgResult.
func (e C2CAfterSendMsgEvent) Delivered() bool { return zero(e.SendMsgResult) }

// zero reports whether v is there and is 0.
func zero(v Opt[int64]) bool {
	n, ok := v.Get()
	return ok && n == 0
}

// C2CBeforeSendMsgEvent asks about a message that is not delivered yet.
type C2CBeforeSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that sends.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that is to receive.
	ToAccount string `json:"To_Account"`
	// MsgSeq is the message's sequence number, 32 bits without a sign.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is the message's random number, 32 bits without a sign.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgTime is when the message was sent, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// MsgKey names the message.
	MsgKey string `json:"MsgKey"`
	// MsgID is the name that the sender's client gave the message. Many bodies have
	// none.
	MsgID string `json:"MsgId"`
	// OnlineOnlyFlag is 1 when the message is only for users that are online, else
	// 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody is the message. An answer may replace it.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is what the message carries along for the app's own use. An
	// answer may replace it.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// EventTime is in milliseconds. International pages have none.
	EventTime Millis `json:"EventTime"`
	Object
}
