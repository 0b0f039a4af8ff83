package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family ContentCallback: moderation by the cloud.
var (
	// ContentCallbackResultNotify is sent after the cloud's moderation judged
	// content, by default only when it found a violation. A person may review the
	// content and judge it once more.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/78240.
	ContentCallbackResultNotify = NewCommand[ContentCallbackResultNotifyEvent, sdk.Ack]("ContentCallback.ResultNotify")
)

// ContentCallbackResultNotifyEvent is a judgement on content. Its body names no
// command, which stands in the URL alone, and has no time:
// [sdk.Callback.ReceivedAt] orders events.
type ContentCallbackResultNotifyEvent struct {
	// Scene says what was judged: "C2C", "C2CCustom", "Group" and "GroupCustom" are
	// messages, "GroupInfo", "GroupMemberInfo", "RelationChain" and "UserInfo" are
	// profiles.
	Scene string `json:"Scene"`
	// SdkAppID repeats the app's id. No page explains it.
	SdkAppID int64 `json:"SdkAppId"`
	// FromAccount is the account that the content is from.
	FromAccount string `json:"From_Account"`
	// ContactItem says whom a message is for. Only events about messages have it.
	ContactItem ContentCallbackContact `json:"ContactItem"`
	// ContentType is "Text", "Image", "Audio" or "Video".
	ContentType string `json:"ContentType"`
	// TextContent holds the texts that were judged, when ContentType is "Text".
	// Only custom messages have several.
	TextContent []string `json:"TextContent"`
	// FileURL is where the content lies, when ContentType is not "Text".
	FileURL string `json:"FileURL"`
	// MsgID names the message: its MsgKey when it went to a user, its MsgSeq in
	// digits when it went to a group. A group's message that was blocked before it
	// got one has none.
	MsgID string `json:"MsgID"`
	// CtxcbResult is 1 when the content was blocked and 0 when it was let through;
	// see [ContentCallbackResultNotifyEvent.Blocked].
	CtxcbResult Opt[int64] `json:"CtxcbResult"`
	// CtxcbRequestID names the request for a judgement. A second judgement on it
	// repeats the name.
	CtxcbRequestID string `json:"CtxcbRequestId"`
	// CtxcbKeywords holds the words that were found.
	CtxcbKeywords []string `json:"CtxcbKeywords"`
	// CtxcbSuggestion is "Block", "Review" or "Normal".
	CtxcbSuggestion string `json:"CtxcbSuggestion"`
	// CtxcbLabel is the kind of violation: "Normal", "Illegal", "Abuse", "Polity",
	// "Ad", "Porn", "Sexy", "Terror" or "Composite".
	CtxcbLabel string `json:"CtxcbLabel"`
	// CtxcbSubLabel is a finer kind, such as "InsinuationPorn".
	CtxcbSubLabel string `json:"CtxcbSubLabel"`
	// CtxcbSubLabelDesc describes CtxcbSubLabel in words.
	CtxcbSubLabelDesc string `json:"CtxcbSubLabelDesc"`
	// CtxcbLibName is the app's own list of words that one was found in.
	CtxcbLibName string `json:"CtxcbLibName"`
	// CloudCustomData is what a message carries along for the app's own use.
	CloudCustomData string `json:"CloudCustomData" form:"json"`
	Object
}

// Blocked reports whether the event says that the content was blocked. Mind that
// CtxcbResult is 0 for content that was let through; a body without it reports
// false as well.
func (e ContentCallbackResultNotifyEvent) Blocked() bool { return e.CtxcbResult.Or(0) == 1 }

// ContentCallbackContact is the user or the group that a message is for.
type ContentCallbackContact struct {
	// ContactType is 1 for a user and 2 for a group.
	ContactType int64 `json:"ContactType"`
	// ToAccount is the user.
	ToAccount string `json:"To_Account"`
	// ToGroupID is the group.
	ToGroupID string `json:"ToGroupId"`
	Object
}

// typingsContentCallback returns the typings of family ContentCallback.
func typingsContentCallback() []Typing {
	return []Typing{typing(ContentCallbackResultNotify)}
}
