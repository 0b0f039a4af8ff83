package imevent

// Family Follow: followers.
var tableFollow = []Contract{
	{
		Command: "Follow.CallbackAfterFollowAdd",
		Title:   "After a user is followed",
		Doc:     "https://www.tencentcloud.com/document/product/1047/70355",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Follow.CallbackAfterFollowDelete",
		Title:   "After a user is unfollowed",
		Doc:     "https://www.tencentcloud.com/document/product/1047/70356",
		Phase:   After,
		key:     keyByBody,
	},
}
