package imevent

// Family Profile: user profiles.
var tableProfile = []Contract{
	{
		Command: "Profile.CallbackPortraitSet",
		Title:   "After a profile is updated",
		Doc:     "https://www.tencentcloud.com/document/product/1047/48733",
		Phase:   After,
		key:     keyByBody,
	},
}
