package imevent

// Family C2C: one-to-one messages.
var tableC2C = []Contract{
	{
		Command: "C2C.CallbackAfterC2CMsgExtension",
		Title:   "After a one-to-one message extension is configured",
		Doc:     "https://www.tencentcloud.com/document/product/1047/76006",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey", "Seq", "EventTime").and("OperateType", "ExtensionList"),
	},
	{
		// A message may be edited many times; the edit's time and content tell them apart.
		Command: "C2C.CallbackAfterModifyMsg",
		Title:   "After a one-to-one message is edited",
		Doc:     "https://cloud.tencent.com/document/product/269/128224",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey", "EventTime").and("Operator_Account", "MsgBody", "CloudCustomData"),
	},
	{
		Command: "C2C.CallbackAfterMsgReadAll",
		Title:   "After all unread messages are cleared (C2C and group)",
		Doc:     "https://cloud.tencent.com/document/product/269/128225",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "C2C.CallbackAfterMsgReadReceipt",
		Title:   "After a single one-to-one message read receipt",
		Doc:     "https://cloud.tencent.com/document/product/269/128223",
		Phase:   After,
		key:     keyByFields("Operator_Account", "Peer_Account", "C2CMsgInfo[].MsgKey", "EventTime"),
	},
	{
		Command: "C2C.CallbackAfterMsgReport",
		Title:   "After a one-to-one message is marked as read",
		Doc:     "https://www.tencentcloud.com/document/product/1047/43465",
		Phase:   After,
		key:     keyByBody,
	},
	{
		// The international page has no EventTime; without it nothing is proven.
		Command: "C2C.CallbackAfterMsgWithDraw",
		Title:   "After a one-to-one message is recalled",
		Doc:     "https://www.tencentcloud.com/document/product/1047/43466",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey", "EventTime"),
	},
	{
		// Also fires when the delivery failed. The same MsgKey may then fail again, or succeed: only a success
		// proves a single occurrence.
		Command: "C2C.CallbackAfterSendMsg",
		Title:   "After a one-to-one message is sent",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34365",
		Phase:   After,
		key:     keyByFields("From_Account", "To_Account", "MsgKey").whereZero("SendMsgResult").and("MsgId", "MsgTime", "EventTime", "MsgBody"),
	},
	{
		Command:    "C2C.CallbackBeforeSendMsg",
		Title:      "Before a one-to-one message is sent",
		Doc:        "https://www.tencentcloud.com/document/product/1047/34364",
		Phase:      Before,
		OnFailure:  Allow,
		Codes:      CodeRange{120001, 130000},
		ClientCode: 20006,
		Drop:       true,
		ReplyKeys:  []string{"MsgBody", "CloudCustomData"},
		refuse:     refuseWithCode,
		key:        keyByBody,
	},
}
