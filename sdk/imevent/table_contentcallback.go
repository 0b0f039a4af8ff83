package imevent

// Family ContentCallback: cloud moderation.
var tableContentCallback = []Contract{
	{
		// The body names no command and has no time; a human review may judge one request a second time, so
		// the judgement belongs to the key.
		Command: "ContentCallback.ResultNotify",
		Title:   "Cloud moderation result",
		Doc:     "https://www.tencentcloud.com/document/product/1047/78240",
		Phase:   After,
		key:     keyByFields("CtxcbRequestId").and("Scene", "MsgID", "From_Account", "ContactItem", "ContentType", "TextContent", "FileURL", "CtxcbResult", "CtxcbSuggestion", "CtxcbLabel"),
	},
}
