package imevent

// Family Room: conference rooms (RoomKit).
var tableRoom = []Contract{
	{
		Command: "Room.CallbackAfterCreateRoom",
		Title:   "After a conference room is created",
		Doc:     "https://www.tencentcloud.com/document/product/647/60733",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Room.CallbackAfterDestroyRoom",
		Title:   "After a conference room is destroyed",
		Doc:     "https://www.tencentcloud.com/document/product/647/60732",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Room.CallbackAfterMemberEnter",
		Title:   "After users enter a room",
		Doc:     "https://www.tencentcloud.com/document/product/647/60735",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Room.CallbackAfterMemberLeave",
		Title:   "After users leave a room",
		Doc:     "https://www.tencentcloud.com/document/product/647/60734",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
	{
		Command: "Room.CallbackAfterUpdateRoomInfo",
		Title:   "After a conference room is updated",
		Doc:     "https://www.tencentcloud.com/document/product/647/60731",
		Product: Adjacent,
		Phase:   After,
		key:     keyByBody,
	},
}
