package imevent

// Family Bot: messages to bots.
var tableBot = []Contract{
	{
		// A message that could not be delivered may be sent again under its MsgKey, so its result belongs to
		// the key.
		Command: "Bot.OnC2CMessage",
		Title:   "One-to-one message to a bot",
		Doc:     "https://www.tencentcloud.com/document/product/1047/68952",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey").whereZero("SendMsgResult").and("EventTime"),
	},
	{
		Command: "Bot.OnGroupMessage",
		Title:   "Bot is @-mentioned in a group",
		Doc:     "https://www.tencentcloud.com/document/product/1047/68953",
		Phase:   After,
		key:     keyByFields("GroupId", "MsgSeq").and("TopicId", "From_Account", "Random", "MsgTime", "EventTime", "AtRobots_Account"),
	},
}
