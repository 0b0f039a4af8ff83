package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Push: what became of push notifications. A body is a
// batch of 1 to 100 results. Beyond 1,000 bodies a second Tencent sends later
// rather than more.
var (
	// PushAllMemberPush is sent after notifications of a push task were sent, arrived
	// or were tapped: of a task for all users, for those with a tag, or for users
	// named one by one.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/67551.
	PushAllMemberPush = NewCommand[PushAllMemberPushEvent, sdk.Ack]("Push.AllMemberPush")

	// PushOfflinePush is sent after the notifications of messages to users that are
	// offline were sent, arrived or were tapped.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/67552.
	PushOfflinePush = NewCommand[PushOfflinePushEvent, sdk.Ack]("Push.OfflinePush")
)

// PushAllMemberPushEvent is a batch of results of push tasks. Beside the batch
// there is nothing, no CallbackCommand either: the command stands in the URL and
// in each result.
type PushAllMemberPushEvent struct {
	// Events holds the results, which may be of several tasks.
	Events []PushTaskResult `json:"Events"`
	Object
}

// PushTaskResult is what became of one notification of a push task.
type PushTaskResult struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// EventType is 1 for an offline notification and 2 for one to a user that is
	// online. In [PushMessageResult] the same numbers mean something else.
	EventType int64 `json:"EventType"`
	// TaskID names the task; the REST API returned it when the task was made.
	TaskID string `json:"TaskId"`
	// DataID is the app's own name for the notification, if it gave one.
	DataID string `json:"DataId"`
	// TaskTime is when the task was made, in seconds.
	TaskTime Seconds `json:"TaskTime"`
	// EventTime is in seconds; outside family Push it is in milliseconds.
	EventTime Seconds `json:"EventTime"`
	// ToAccount is the account that was notified.
	ToAccount string `json:"To_Account"`
	// PushPlatform is the service that carried an offline notification: 1 APNs, 2
	// Xiaomi, 3 Huawei, 4 FCM, 5 Meizu, 6 OPPO, 7 vivo, 8 Honor, 0 unknown. It is 0
	// for a user that is online.
	PushPlatform Opt[int64] `json:"PushPlatform"`
	// DeviceType is, in the numbers of PushPlatform, the device of a user that is
	// online; it is 0 for an offline notification.
	DeviceType Opt[int64] `json:"DeviceType"`
	// PushStage is how far the notification got: 1 sent, 2 arrived, 3 tapped.
	PushStage int64 `json:"PushStage"`
	// ErrCode is 0 for success. It is not spelled ErrorCode.
	ErrCode Opt[int64] `json:"ErrCode"`
	// ErrInfo explains ErrCode.
	ErrInfo string `json:"ErrInfo"`
	Object
}

// PushOfflinePushEvent is a batch of results of messages' notifications. Beside
// the batch there is nothing, no CallbackCommand either: the command stands in the
// URL and in each result.
type PushOfflinePushEvent struct {
	// Events holds the results, which may be of several messages.
	Events []PushMessageResult `json:"Events"`
	Object
}

// PushMessageResult is what became of one user's notification of a message.
type PushMessageResult struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// EventType is 1 for a one-to-one message and 2 for a group's.
	EventType int64 `json:"EventType"`
	// EventTime is in seconds; outside family Push it is in milliseconds.
	EventTime Seconds `json:"EventTime"`
	// FromAccount is the account that sent the message.
	FromAccount string `json:"From_Account"`
	// ToAccount is the account that was notified.
	ToAccount string `json:"To_Account"`
	// PushPlatform is the service that carried the notification: 1 APNs, 2 Xiaomi, 3
	// Huawei, 4 FCM, 5 Meizu, 6 OPPO, 7 vivo, 8 Honor, 0 unknown.
	PushPlatform Opt[int64] `json:"PushPlatform"`
	// PushStage is how far the notification got: 1 sent, 2 arrived, 3 tapped.
	PushStage int64 `json:"PushStage"`
	// MsgKey names a one-to-one message.
	MsgKey string `json:"MsgKey"`
	// GroupID is the group that the message went to. Other families spell the key
	// GroupId.
	GroupID string `json:"GroupID"`
	// MsgSeq is the message's sequence number, 32 bits without a sign.
	MsgSeq int64 `json:"MsgSeq"`
	// MsgRandom is the message's random number, 32 bits without a sign. A group's
	// message need not have it.
	MsgRandom int64 `json:"MsgRandom"`
	// MsgTime is when the message was sent, in seconds.
	MsgTime Seconds `json:"MsgTime"`
	// PushID names the notification in Tencent's console.
	PushID string `json:"PushID"`
	// ErrCode is 0 for success. It is not spelled ErrorCode.
	ErrCode Opt[int64] `json:"ErrCode"`
	// ErrInfo explains ErrCode.
	ErrInfo string `json:"ErrInfo"`
	Object
}

// typingsPush returns the typings of family Push, sorted by command.
func typingsPush() []Typing {
	return []Typing{
		typing(PushAllMemberPush),
		typing(PushOfflinePush),
	}
}
