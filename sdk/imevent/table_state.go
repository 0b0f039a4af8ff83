package imevent

// Family State: online status.
var tableState = []Contract{
	{
		Command: "State.StateChange",
		Title:   "Status change webhook",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34357",
		Phase:   After,
		key:     keyByBody,
	},
}
