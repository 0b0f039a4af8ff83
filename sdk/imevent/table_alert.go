package imevent

// Family Alert: operations alarms.
var tableAlert = []Contract{
	{
		// On by default as soon as a URL is configured: it has no switch of its own.
		Command: "Alert.RequestOverLimit",
		Title:   "API overclocking (over-frequency) alarm",
		Doc:     "https://www.tencentcloud.com/document/product/1047/60256",
		Phase:   After,
		key:     keyByBody,
	},
}
