package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Bot: messages to bots. Their names have no Callback in
// them.
var (
	// BotOnC2CMessage is sent after a user sent a one-to-one message to a bot, and
	// also after its delivery failed: ask [BotOnC2CMessageEvent.Delivered]. A bot's
	// answer is a message of its own, sent over the REST API.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/68952.
	BotOnC2CMessage = NewCommand[BotOnC2CMessageEvent, sdk.Ack]("Bot.OnC2CMessage")

	// BotOnGroupMessage is sent after a message that mentions a bot by name was sent
	// to a group. Mentioning everybody does not send it.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/68953.
	BotOnGroupMessage = NewCommand[BotOnGroupMessageEvent, sdk.Ack]("Bot.OnGroupMessage")
)

// BotOnC2CMessageEvent is a message to a bot. A message that failed may be sent
// again under its MsgKey and then succeed.
type BotOnC2CMessageEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the user that wrote to the bot.
	FromAccount string `json:"From_Account"`
	// ToAccount is the bot. A bot's account begins with "@RBT#".
	ToAccount string `json:"To_Account"`
	// MsgSeq is the message's sequence number, 32 bits without a sign.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is the message's random number, 32 bits without a sign. In
	// [BotOnGroupMessageEvent] it is called Random.
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
	// ErrorInfo explains SendMsgResult; "send msg succeed" stands for no error. No
	// ErrorCode goes with it.
	ErrorInfo string `json:"ErrorInfo"`
	// MsgBody is the message.
	MsgBody []Element `json:"MsgBody"`
	// CloudCustomData is what the message carries along for the app's own use.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// UnreadMsgNum is the number of all one-to-one messages that the bot has not
	// read, or -1 when the message was not delivered. No current page has it.
	UnreadMsgNum Opt[int64] `json:"UnreadMsgNum"`
	// SyncOtherMachine and SupportMessageExtension were seen in bodies and are
	// explained nowhere; their names are those of options of the REST API, one for
	// copies to the sender's other devices, one for messages with an extension.
	SyncOtherMachine        Opt[int64] `json:"SyncOtherMachine"`
	SupportMessageExtension Opt[int64] `json:"SupportMessageExtension"`
	Object
}

// Delivered reports whether the event says that the message reached the bot. It
// is false for a body without a SendMsgResult.
func (e BotOnC2CMessageEvent) Delivered() bool { return zero(e.SendMsgResult) }

// BotOnGroupMessageEvent is a message in a group that mentions bots.
type BotOnGroupMessageEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the group's type: "Private" or "Work", "Public", "ChatRoom" or
	// "Meeting", "AVChatRoom", "Community", or "Live" for a live room.
	Type string `json:"Type"`
	// FromAccount is the account that the message is from.
	FromAccount string `json:"From_Account"`
	// OperatorAccount is the account that made the call; it differs from
	// FromAccount when an administrator sends in another's name.
	OperatorAccount string `json:"Operator_Account"`
	// Random is the message's random number, 32 bits without a sign.
	Random int64 `json:"Random"`
	// MsgSeq is the message's sequence number in the group.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgTime is when the message was sent, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// OnlineOnlyFlag is 1 when the message is only for members that are online, else
	// 0.
	OnlineOnlyFlag Opt[int64] `json:"OnlineOnlyFlag" form:"flag"`
	// MsgBody is the message. Its text still contains the mentions.
	MsgBody []Element `json:"MsgBody"`
	// AtRobotsAccount holds the accounts of the bots that are mentioned.
	AtRobotsAccount []string `json:"AtRobots_Account"`
	// CloudCustomData is what the message carries along for the app's own use.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	// TopicID is the topic, for a message in one; else it is empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// typingsBot returns the typings of family Bot, sorted by command.
func typingsBot() []Typing {
	return []Typing{
		typing(BotOnC2CMessage),
		typing(BotOnGroupMessage),
	}
}
