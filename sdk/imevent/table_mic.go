package imevent

// Family Mic: seats of live and conference rooms.
var tableMic = []Contract{
	{
		Command: "Mic.CallbackAfterSeatInfoChanged",
		Title:   "After the seat list changes",
		Doc:     "https://www.tencentcloud.com/document/product/647/64425",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
}
