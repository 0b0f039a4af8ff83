package imevent

// The command of family Live that asks.
var (
	// LiveBeforeSendGift asks whether a gift may be sent.
	//
	// Unlike the commands of Chat it fails closed: without an answer within 2 s the
	// gift is refused. The switch Live.CallbackBeforeCallBackNotBlock turns that
	// around; it is a name among the commands, and nothing is known to be sent under
	// it, so it has no event.
	//
	// Source: https://www.tencentcloud.com/document/product/647/72210.
	LiveBeforeSendGift = NewCommand[LiveBeforeSendGiftEvent, GiftAnswer]("Live.CallbackBeforeSendGift")
)

// LiveBeforeSendGiftEvent asks whether a gift may be sent. It has no EventTime:
// GiftWater.Time is when the gift was given, in seconds.
//
// Tencent's sample has the gift inside GiftWater while its table lists its parts
// one level higher; a part that arrives there is kept in Unknown.
type LiveBeforeSendGiftEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for it, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// RoomID names the room.
	RoomID string `json:"RoomId"`
	// GiftWater is the gift.
	GiftWater LiveGiftWater `json:"GiftWater"`
	Object
}

// LiveGiftWater is one gift on its way.
type LiveGiftWater struct {
	// FromAccount is the account that gives.
	FromAccount string `json:"From_Account"`
	// ToAccount holds the accounts that receive. Only here is To_Account a list.
	ToAccount []string `json:"To_Account"`
	// Time is when it was given, in seconds since 1970.
	Time Seconds `json:"Time"`
	// GiftID names the kind of gift.
	GiftID string `json:"GiftId"`
	// Count is how many are given.
	Count Opt[int64] `json:"Count"`
	// Coins is what they cost, in coins; whether each or all together, no page says.
	Coins Opt[int64] `json:"Coins"`
	Object
}

// typingsLive joins the commands of family Live to their events.
func typingsLive() []Typing {
	return []Typing{
		typing(LiveAfterChangeOwner),
		typing(LiveAfterCreateBattle),
		typing(LiveAfterCreateRoom),
		typing(LiveAfterCreateRoomReachingThreshold),
		typing(LiveAfterDelMetadata),
		typing(LiveAfterDestroyRoom),
		typing(LiveAfterEndBattle),
		typing(LiveAfterMemberStateChanged),
		typing(LiveAfterModifyAdmin),
		typing(LiveAfterSetMetadata),
		typing(LiveAfterStartBattle),
		typing(LiveAfterUpdateRoomInfo),
		typing(LiveBeforeSendGift),
	}
}
