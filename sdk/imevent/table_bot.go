package imevent

// Family Bot: messages to bots.
var tableBot = []Contract{
	{
		// A message that could not be delivered may fail again under its MsgKey, or succeed: only a success
		// proves a single occurrence.
		Command: "Bot.OnC2CMessage",
		Title:   "One-to-one message to a bot",
		Doc:     "https://www.tencentcloud.com/document/product/1047/68952",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey").whereZero("SendMsgResult").and("MsgTime", "EventTime", "MsgBody"),
	},
	{
		Command: "Bot.OnGroupMessage",
		Title:   "Bot is @-mentioned in a group",
		Doc:     "https://www.tencentcloud.com/document/product/1047/68953",
		Phase:   After,
		key:     keyByFields("GroupId", "MsgSeq", "MsgTime").and("TopicId", "From_Account", "Random", "EventTime", "AtRobots_Account", "MsgBody"),
	},
}
