package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family OfficialAccount about messages.
var (
	// OfficialAccountAfterMsgWithDraw is sent after messages of an official channel
	// were recalled.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60805.
	OfficialAccountAfterMsgWithDraw = NewCommand[OfficialAccountAfterMsgWithDrawEvent, sdk.Ack]("OfficialAccount.CallbackAfterMsgWithDraw")

	// OfficialAccountAfterSendMsg is sent after an official channel sent a message.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60804.
	OfficialAccountAfterSendMsg = NewCommand[OfficialAccountAfterSendMsgEvent, sdk.Ack]("OfficialAccount.CallbackAfterSendMsg")

	// OfficialAccountBeforeSendMsg asks whether an official channel may send a
	// message, and whether as it is. Without an answer within 2 s Tencent sends it,
	// and that time cannot be changed. Its codes are those of one-to-one messages,
	// 120001 to 130000, not those of groups; a plain refusal shows the client 10016.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60803.
	OfficialAccountBeforeSendMsg = NewCommand[OfficialAccountBeforeSendMsgEvent, OfficialAnswer]("OfficialAccount.CallbackBeforeSendMsg")
)

// OfficialAccountAfterMsgWithDrawEvent says which messages were recalled.
type OfficialAccountAfterMsgWithDrawEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel. Tencent's sample begins with "#TOA#_" here
	// and with "@TOA#_" everywhere else.
	OfficialAccount string `json:"Official_Account"`
	// WithdrawMsgList holds the messages. The command is spelled WithDraw, its list
	// Withdraw.
	WithdrawMsgList []OfficialAccountWithdrawMsg `json:"WithdrawMsgList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountWithdrawMsg is one message that was recalled.
type OfficialAccountWithdrawMsg struct {
	// MsgKey is the MsgKey of [OfficialAccountAfterSendMsgEvent].
	MsgKey string `json:"MsgKey" bare:"true"`
	Object
}

// OfficialAccountAfterSendMsgEvent says what an official channel sent. Its MsgTime
// is in seconds and its EventTime in milliseconds.
type OfficialAccountAfterSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// MsgKey names the message; it can be recalled by it.
	MsgKey string `json:"MsgKey"`
	// MsgTime is when it was sent, in seconds since 1970.
	MsgTime Seconds `json:"MsgTime"`
	// OnlineOnlyFlag is 1 when only those who are online get it and nothing is
	// stored, else 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody holds the message's elements.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own text, kept with the message; it may hold JSON.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountBeforeSendMsgEvent asks about a message. It names neither a sender
// nor an operator, and the message has no MsgKey yet.
type OfficialAccountBeforeSendMsgEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OnlineOnlyFlag is 1 when only those who are online get it and nothing is
	// stored, else 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody holds the message's elements.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is the app's own text, kept with the message; it may hold JSON.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}
