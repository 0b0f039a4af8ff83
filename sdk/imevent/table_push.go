package imevent

// Family Push: push results.
var tablePush = []Contract{
	{
		// Both bodies are batches of 1 to 100 Events, each with its own CallbackCommand, and none at the top.
		Command: "Push.AllMemberPush",
		Title:   "All-staff / tag / single push result",
		Doc:     "https://www.tencentcloud.com/document/product/1047/67551",
		Phase:   After,
		Batch:   true,
		key:     keyByBody,
	},
	{
		Command: "Push.OfflinePush",
		Title:   "Ordinary offline push result",
		Doc:     "https://www.tencentcloud.com/document/product/1047/67552",
		Phase:   After,
		Batch:   true,
		key:     keyByBody,
	},
}
