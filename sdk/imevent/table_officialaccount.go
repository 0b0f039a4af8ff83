package imevent

// Family OfficialAccount: official channels.
var tableOfficialAccount = []Contract{
	{
		Command: "OfficialAccount.CallbackAfterAddSubscriber",
		Title:   "After users subscribe",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60800",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterCreateOfficialAccount",
		Title:   "After an official channel is created",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60796",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterDeleteSubscriber",
		Title:   "After users unsubscribe",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60802",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterMsgWithDraw",
		Title:   "After official channel messages are recalled",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60805",
		Phase:   After,
		key:     keyByFields("Official_Account", "WithdrawMsgList[].MsgKey", "EventTime"),
	},
	{
		Command: "OfficialAccount.CallbackAfterOfficialAccountDestroyed",
		Title:   "After an official channel is destroyed",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60798",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterOfficialAccountFull",
		Title:   "After an official channel is full",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60801",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterOfficialAccountInfoChanged",
		Title:   "After an official channel profile changes",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60797",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "OfficialAccount.CallbackAfterSendMsg",
		Title:   "After an official channel message is sent",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60804",
		Phase:   After,
		key:     keyByFields("Official_Account", "MsgKey").and("MsgTime", "EventTime"),
	},
	{
		// Code 0 with RefusedSubscribers_Account lets the others subscribe (the page's prose says
		// RefusedMembers_Account; its sample and table do not).
		Command:   "OfficialAccount.CallbackBeforeAddSubscriber",
		Title:     "Before users subscribe to an official channel",
		Doc:       "https://www.tencentcloud.com/document/product/1047/60799",
		Phase:     Before,
		OnFailure: Allow,
		ReplyKeys: []string{"RefusedSubscribers_Account"},
		refuse:    refuseWithCode,
		targets:   targetsOf[OfficialAccountBeforeAddSubscriberEvent]("SubscribeAccountList"),
		key:       keyByBody,
	},
	{
		// The page gives the codes of one-to-one messages, not those of groups.
		Command:    "OfficialAccount.CallbackBeforeCreateOfficialAccount",
		Title:      "Before an official channel is created",
		Doc:        "https://www.tencentcloud.com/document/product/1047/60795",
		Phase:      Before,
		OnFailure:  Allow,
		Codes:      CodeRange{120001, 130000},
		ClientCode: 20006,
		refuse:     refuseWithCode,
		key:        keyByBody,
	},
	{
		Command:    "OfficialAccount.CallbackBeforeSendMsg",
		Title:      "Before an official channel message is sent",
		Doc:        "https://www.tencentcloud.com/document/product/1047/60803",
		Phase:      Before,
		OnFailure:  Allow,
		Codes:      CodeRange{120001, 130000},
		ClientCode: 10016,
		Drop:       true,
		ReplyKeys:  []string{"MsgBody", "CloudCustomData"},
		refuse:     refuseWithCode,
		key:        keyByBody,
	},
}
