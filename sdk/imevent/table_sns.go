package imevent

// Family Sns: friends and blocklists.
var tableSns = []Contract{
	{
		// No body of these four after-events proves anything: they have no time and no id, and two identical
		// ones may both be true.
		Command: "Sns.CallbackBlackListAdd",
		Title:   "After a user is added to blocklist",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34361",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Sns.CallbackBlackListDelete",
		Title:   "After a user is removed from blocklist",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34362",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Sns.CallbackFriendAdd",
		Title:   "After a friend is added",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34359",
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Sns.CallbackFriendDelete",
		Title:   "After a friend is deleted",
		Doc:     "https://www.tencentcloud.com/document/product/1047/34360",
		Phase:   After,
		key:     keyByBody,
	},
	{
		// A non-zero ErrorCode means "the backend failed" and lets every request pass, so the verdict stands
		// in one ResultItem per target.
		Command:      "Sns.CallbackPrevFriendAdd",
		Title:        "Before a friend is added",
		Doc:          "https://www.tencentcloud.com/document/product/1047/43468",
		Phase:        Before,
		OnFailure:    Allow,
		Codes:        CodeRange{38000, 39000},
		ReplyKeys:    []string{"ResultItem"},
		RequiredKeys: []string{"ResultItem"},
		refuse:       refusePerTarget,
		targets:      targetsOf[SnsPrevFriendAddEvent]("FriendItem"),
		key:          keyByBody,
	},
	{
		// The verdict stands in one ResultItem per target, as for Sns.CallbackPrevFriendAdd.
		Command:      "Sns.CallbackPrevFriendResponse",
		Title:        "Before a friend request is responded",
		Doc:          "https://www.tencentcloud.com/document/product/1047/43467",
		Phase:        Before,
		OnFailure:    Allow,
		Codes:        CodeRange{38000, 39000},
		ReplyKeys:    []string{"ResultItem"},
		RequiredKeys: []string{"ResultItem"},
		refuse:       refusePerTarget,
		targets:      targetsOf[SnsPrevFriendResponseEvent]("ResponseFriendItem"),
		key:          keyByBody,
	},
}
