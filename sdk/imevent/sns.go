package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Sns: friends and blocklists.
var (
	// SnsBlackListAdd is sent after accounts were added to somebody's blocklist.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34361.
	SnsBlackListAdd = NewCommand[SnsBlackListAddEvent, sdk.Ack]("Sns.CallbackBlackListAdd")

	// SnsBlackListDelete is sent after accounts were removed from somebody's
	// blocklist.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34362.
	SnsBlackListDelete = NewCommand[SnsBlackListDeleteEvent, sdk.Ack]("Sns.CallbackBlackListDelete")

	// SnsFriendAdd is sent after users became friends, by a request that needed no
	// consent or by the answer to one. Importing friends over the REST API does
	// not send it.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34359.
	SnsFriendAdd = NewCommand[SnsFriendAddEvent, sdk.Ack]("Sns.CallbackFriendAdd")

	// SnsFriendDelete is sent after friends were deleted.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34360.
	SnsFriendDelete = NewCommand[SnsFriendDeleteEvent, sdk.Ack]("Sns.CallbackFriendDelete")

	// SnsPrevFriendAdd asks, before a user's client adds friends, which of them it
	// may add. Adding friends over the REST API does not ask. Its name says Prev
	// where others say Before. Without an answer within 2 s Tencent lets all pass.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/43468.
	SnsPrevFriendAdd = NewCommand[SnsPrevFriendAddEvent, FriendAnswer]("Sns.CallbackPrevFriendAdd")

	// SnsPrevFriendResponse asks, before a user's client answers friend requests,
	// which of the answers may take effect. Answers over the REST API do not ask.
	// Without an answer within 2 s Tencent lets all pass.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/43467.
	SnsPrevFriendResponse = NewCommand[SnsPrevFriendResponseEvent, FriendAnswer]("Sns.CallbackPrevFriendResponse")
)

// SnsBlackListAddEvent says whose blocklist gained whom.
//
// The body has neither a time nor an operator: [sdk.Callback.ReceivedAt] orders
// events, and only [sdk.Callback.Platform] ("RESTAPI") tells a call of your own
// backend from a user's. Two identical bodies may both be true.
type SnsBlackListAddEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// PairList holds the pairs: ToAccount now stands on FromAccount's blocklist.
	PairList []SnsPair `json:"PairList"`
	Object
}

// SnsBlackListDeleteEvent says whose blocklist lost whom. It has no time and no
// operator either; see [SnsBlackListAddEvent].
type SnsBlackListDeleteEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// PairList holds the pairs: ToAccount no longer stands on FromAccount's
	// blocklist.
	PairList []SnsPair `json:"PairList"`
	Object
}

// SnsFriendDeleteEvent says whose friend list lost whom. It has no time and no
// operator either; see [SnsBlackListAddEvent].
type SnsFriendDeleteEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// PairList holds the pairs: ToAccount no longer stands on FromAccount's
	// friend list.
	PairList []SnsPair `json:"PairList"`
	Object
}

// SnsPair is one pair of accounts. The relation has a direction.
type SnsPair struct {
	// FromAccount is the account whose list changed.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that was added to the list or removed from it.
	ToAccount string `json:"To_Account"`
	Object
}

// SnsFriendAddEvent says whose friend list gained whom. It has no time.
type SnsFriendAddEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// PairList holds the pairs: ToAccount now stands on FromAccount's friend list.
	PairList []SnsFriendPair `json:"PairList"`
	// ClientCmd says what led here: "friend_add" or "FriendAdd" for a request,
	// "friend_response" or "FriendResponse" for the answer to one. Both spellings
	// occur.
	ClientCmd string `json:"ClientCmd"`
	// AdminAccount is the administrator whose backend asked for it, else empty.
	AdminAccount string `json:"Admin_Account"`
	// ForceFlag is 1 when the friends were added without asking them, else 0.
	// Tencent's own sample has 1 with an empty AdminAccount.
	ForceFlag Opt[int64] `json:"ForceFlag" form:"flag"`
	Object
}

// SnsFriendPair is one pair of accounts that became friends, in one direction.
type SnsFriendPair struct {
	// FromAccount is the account whose friend list grew.
	FromAccount string `json:"From_Account"`
	// ToAccount is the new friend on it.
	ToAccount string `json:"To_Account"`
	// InitiatorAccount is the account that had asked.
	InitiatorAccount string `json:"Initiator_Account"`
	Object
}

// SnsPrevFriendAddEvent asks whether FromAccount may add the friends named.
type SnsPrevFriendAddEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// RequesterAccount is the account that made the call. The spelling of groups,
	// Requestor_Account, is read too.
	RequesterAccount string `json:"Requester_Account" alt:"Requestor_Account"`
	// FromAccount is the account that wants the friends.
	FromAccount string `json:"From_Account"`
	// FriendItem holds one request per friend wanted.
	FriendItem []SnsFriendItem `json:"FriendItem"`
	// AddType is "Add_Type_Both" (the usual) or "Add_Type_Single".
	AddType string `json:"AddType"`
	// ForceAddFlags is 1 when an administrator forces it, else 0. After the fact
	// the flag is called ForceFlag.
	ForceAddFlags Opt[int64] `json:"ForceAddFlags" form:"flag"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// SnsFriendItem is the wish to add one friend.
type SnsFriendItem struct {
	// ToAccount is the account to add.
	ToAccount string `json:"To_Account" bare:"true"`
	// Remark is what FromAccount will call it.
	Remark string `json:"Remark"`
	// GroupName is the list of friends it will stand in.
	GroupName string `json:"GroupName"`
	// AddSource says where the wish came from, such as "AddSource_Type_Android".
	AddSource string `json:"AddSource"`
	// AddWording is the message to the account that is asked.
	AddWording string `json:"AddWording"`
	Object
}

// SnsPrevFriendResponseEvent asks whether FromAccount may answer the friend
// requests named as it wants to.
type SnsPrevFriendResponseEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// RequesterAccount is the account that made the call. The spelling of groups,
	// Requestor_Account, is read too.
	RequesterAccount string `json:"Requester_Account" alt:"Requestor_Account"`
	// FromAccount is the account that answers.
	FromAccount string `json:"From_Account"`
	// ResponseFriendItem holds one answer per request.
	ResponseFriendItem []SnsResponseFriendItem `json:"ResponseFriendItem"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// SnsResponseFriendItem is the answer to one friend request.
type SnsResponseFriendItem struct {
	// ToAccount is the account that had asked and is answered.
	ToAccount string `json:"To_Account" bare:"true"`
	// Remark is what FromAccount will call it.
	Remark string `json:"Remark"`
	// TagName is the list of friends it will stand in; the same list is called
	// GroupName in [SnsFriendItem].
	TagName string `json:"TagName"`
	// ResponseAction is "Response_Action_AgreeAndAdd", "Response_Action_Agree" or
	// "Response_Action_Reject".
	ResponseAction string `json:"ResponseAction"`
	Object
}

// typingsSns joins the commands of family Sns to their events.
func typingsSns() []Typing {
	return []Typing{
		typing(SnsBlackListAdd),
		typing(SnsBlackListDelete),
		typing(SnsFriendAdd),
		typing(SnsFriendDelete),
		typing(SnsPrevFriendAdd),
		typing(SnsPrevFriendResponse),
	}
}
