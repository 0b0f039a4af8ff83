package imevent

// The commands of family Chatbot: chatbots whose answers come from the app.
var (
	// ChatbotOnC2CSignalMessage is sent when a client passes data of the app's own
	// making to a chatbot. Tencent waits for the answer and hands its RspData to the
	// chatbot; without an answer the chatbot gets none. The data itself has been
	// delivered and cannot be refused.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/59057.
	ChatbotOnC2CSignalMessage = NewCommand[ChatbotOnC2CSignalMessageEvent, ChatbotAnswer]("Chatbot.OnC2CSignalMessage")
)

// ChatbotOnC2CSignalMessageEvent is data for a chatbot. It has no MsgTime.
type ChatbotOnC2CSignalMessageEvent struct {
	// CallbackCommand repeats the command's name. Its family is Chatbot, not Bot.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the user whose client sent the data.
	FromAccount string `json:"From_Account"`
	// ToAccount is the chatbot. A bot's account begins with "@RBT#".
	ToAccount string `json:"To_Account"`
	// MsgSeq is the message's sequence number, 32 bits without a sign.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is the message's random number, 32 bits without a sign.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgKey names the message.
	MsgKey string `json:"MsgKey"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// Data is what the client sent: by custom a JSON text, and nobody checks that
	// it is one.
	Data string `json:"Data" form:"json"`
	Object
}

// typingsChatbot returns the typings of family Chatbot.
func typingsChatbot() []Typing {
	return []Typing{typing(ChatbotOnC2CSignalMessage)}
}
