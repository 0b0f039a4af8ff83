package imevent

// Family Chatbot: chatbots that are asked for an answer.
var tableChatbot = []Contract{
	{
		// The event has happened, yet the bot waits for RspData: a second copy needs its answer too, so no key
		// proves it superfluous. Code 1 means "no answer".
		Command:      "Chatbot.OnC2CSignalMessage",
		Title:        "Chatbot custom pass-through message",
		Doc:          "https://www.tencentcloud.com/document/product/1047/59057",
		Phase:        After,
		ReadsReply:   true,
		ReplyKeys:    []string{"RspData"},
		RequiredKeys: []string{"RspData"},
		refuse:       refuseWithCode,
		key:          keyByBody,
	},
}
