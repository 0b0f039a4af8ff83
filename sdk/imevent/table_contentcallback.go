package imevent

// Family ContentCallback: cloud moderation.
var tableContentCallback = []Contract{
	{
		// The body names no command and has no time; a review by hand may judge one request a second and a
		// third time, and come back to what it said first.
		Command: "ContentCallback.ResultNotify",
		Title:   "Cloud moderation result",
		Doc:     "https://www.tencentcloud.com/document/product/1047/78240",
		Phase:   After,
		key:     keyByBody,
	},
}
