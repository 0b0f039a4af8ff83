package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Group about groups themselves. Those about members,
// messages and topics stand in the files beside this one.
var (
	// GroupBeforeCreateGroup asks whether a group may be created. There is no
	// GroupId yet. Without an answer within 2 s Tencent creates the group, unless
	// the console says otherwise.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34368.
	GroupBeforeCreateGroup = NewCommand[GroupBeforeCreateGroupEvent, AdmissionAnswer]("Group.CallbackBeforeCreateGroup")

	// GroupAfterCreateGroup is sent after a group was created. For a community it
	// comes about 3 s late.
	//
	// Source: https://cloud.tencent.com/document/product/269/1663.
	GroupAfterCreateGroup = NewCommand[GroupAfterCreateGroupEvent, sdk.Ack]("Group.CallbackAfterCreateGroup")

	// GroupAfterGroupInfoChanged is sent after a group's name, introduction, notice
	// or picture changed. Changes to the rest of its profile do not send it.
	//
	// Source: https://cloud.tencent.com/document/product/269/2930.
	GroupAfterGroupInfoChanged = NewCommand[GroupAfterGroupInfoChangedEvent, sdk.Ack]("Group.CallbackAfterGroupInfoChanged")

	// GroupAfterGroupAttrChanged is sent after a group's attributes, pairs of a
	// key and a value, were set, modified, deleted or cleared.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60394.
	GroupAfterGroupAttrChanged = NewCommand[GroupAfterGroupAttrChangedEvent, sdk.Ack]("Group.CallbackAfterGroupAttrChanged")

	// GroupAfterChangeGroupOwner is sent after a group passed to another owner.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60396.
	GroupAfterChangeGroupOwner = NewCommand[GroupAfterChangeGroupOwnerEvent, sdk.Ack]("Group.CallbackAfterChangeGroupOwner")

	// GroupAfterGroupFull is sent when the last seat of a group was taken, and again
	// each time somebody cannot join because the group is full.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34376.
	GroupAfterGroupFull = NewCommand[GroupAfterGroupFullEvent, sdk.Ack]("Group.CallbackAfterGroupFull")

	// GroupAfterGroupDestroyed is sent after a group was disbanded.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34377.
	GroupAfterGroupDestroyed = NewCommand[GroupAfterGroupDestroyedEvent, sdk.Ack]("Group.CallbackAfterGroupDestroyed")

	// GroupOnDailyGroupQuotaAlarm is sent when a group is created and the app's
	// groups have grown by more than 70 % of what a day allows. It is about the whole
	// app, comes after the fact like the others, and names no group.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/57455.
	GroupOnDailyGroupQuotaAlarm = NewCommand[GroupOnDailyGroupQuotaAlarmEvent, sdk.Ack]("Group.CallbackOnDailyGroupQuotaAlarm")
)

// GroupBeforeCreateGroupEvent asks whether OperatorAccount may create the group
// described.
//
// CreateGroupNum stands in older bodies; the newest page no longer names it, so
// do not count on it to limit how many groups somebody has.
type GroupBeforeCreateGroupEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the group: the administrator,
	// when it was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// OwnerAccount is the account that will own the group.
	OwnerAccount string `json:"Owner_Account"`
	// Type is the kind of group: "Private" or "Work", "Public", "ChatRoom" or
	// "Meeting", "AVChatRoom", "Community", or "Live" for the group of a live room.
	Type string `json:"Type"`
	// Name is what the group will be called.
	Name string `json:"Name"`
	// CreateGroupNum is how many groups of this kind the account has created.
	CreateGroupNum Opt[int64] `json:"CreateGroupNum"`
	// MemberList holds the members that the group will start with.
	MemberList []Member `json:"MemberList"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterCreateGroupEvent describes a group that was created.
type GroupAfterCreateGroupEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the new group's id.
	GroupID string `json:"GroupId"`
	// OperatorAccount is the account that asked for the group: the administrator,
	// when it was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// OwnerAccount is the account that owns the group.
	OwnerAccount string `json:"Owner_Account"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// Name is what the group is called.
	Name string `json:"Name"`
	// MemberList holds the members that the group started with.
	MemberList []Member `json:"MemberList"`
	// UserDefinedDataList holds the group's own fields. It is sent only where
	// Tencent was asked to.
	UserDefinedDataList []KeyValue `json:"UserDefinedDataList"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterGroupInfoChangedEvent holds what changed in a group's profile, and
// that alone: a text that is not set did not change, one that is set and empty
// was emptied.
type GroupAfterGroupInfoChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OperatorAccount is the account that changed it: the administrator, when it
	// was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// Name is the new name.
	Name Opt[string] `json:"Name"`
	// Introduction is the new introduction.
	Introduction Opt[string] `json:"Introduction"`
	// Notification is the new notice to the members.
	Notification Opt[string] `json:"Notification"`
	// FaceURL is where the group's new picture is.
	FaceURL Opt[string] `json:"FaceUrl"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterGroupAttrChangedEvent says which attributes of a group changed.
type GroupAfterGroupAttrChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OperatorAccount is the account that changed them: the administrator, when it
	// was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// OptionType is "set" when GroupAttr replaces all attributes, "modify" when it
	// replaces those that it names, "delete" or "clear". It stands in Tencent's
	// sample but not in its table.
	OptionType string `json:"OptionType"`
	// GroupAttr holds the attributes concerned. Nothing is said of "clear": expect
	// it to be empty or absent then.
	GroupAttr []GroupAttr `json:"GroupAttr"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAttr is one attribute of a group. Its keys are in lower case, where those
// of every other list of pairs are not: it is no [KeyValue].
type GroupAttr struct {
	// Key is the attribute's name.
	Key string `json:"key"`
	// Value is its value.
	Value string `json:"value" form:"json"`
	Object
}

// GroupAfterChangeGroupOwnerEvent says whose group became whose. The command of
// live rooms tells the same with other keys.
type GroupAfterChangeGroupOwnerEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OperatorAccount is the account that passed it on: the administrator, when it
	// was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// OldOwnerAccount is the account that owned the group.
	OldOwnerAccount string `json:"OldOwner_Account"`
	// NewOwnerAccount is the account that owns it now.
	NewOwnerAccount string `json:"NewOwner_Account"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterGroupFullEvent says that a group has no seat left. It tells neither
// the kind of group nor who joined or could not.
type GroupAfterGroupFullEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterGroupDestroyedEvent describes a group that is no more. Who disbanded
// it is not told.
type GroupAfterGroupDestroyedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OwnerAccount is the account that owned it.
	OwnerAccount string `json:"Owner_Account"`
	// Name is what it was called.
	Name string `json:"Name"`
	// MemberList holds its members. A community does not name them.
	MemberList []Member `json:"MemberList"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupOnDailyGroupQuotaAlarmEvent says how much of the app's daily growth in
// groups is used up.
type GroupOnDailyGroupQuotaAlarmEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// QuotaUsed is by how many groups the app grew today, net.
	QuotaUsed Opt[int64] `json:"QuotaUsed"`
	// Quota is by how many it may grow in a day.
	Quota Opt[int64] `json:"Quota"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// typingsGroup are all commands of the family, sorted by name.
func typingsGroup() []Typing {
	return []Typing{
		typing(GroupAfterChangeGroupOwner),
		typing(GroupAfterCreateGroup),
		typing(GroupAfterCreateTopic),
		typing(GroupAfterGroupAttrChanged),
		typing(GroupAfterGroupDestroyed),
		typing(GroupAfterGroupFull),
		typing(GroupAfterGroupInfoChanged),
		typing(GroupAfterGroupMsgExtension),
		typing(GroupAfterMemberExit),
		typing(GroupAfterMemberFieldChanged),
		typing(GroupAfterModifyMsg),
		typing(GroupAfterNewMemberJoin),
		typing(GroupAfterReadReceipt),
		typing(GroupAfterRecallMsg),
		typing(GroupAfterSendMsg),
		typing(GroupAfterTopicDestroyed),
		typing(GroupAfterTopicInfoChanged),
		typing(GroupBeforeApplyJoinGroup),
		typing(GroupBeforeCreateGroup),
		typing(GroupBeforeCreateTopic),
		typing(GroupBeforeInviteJoinGroup),
		typing(GroupBeforeSendMsg),
		typing(GroupOnDailyGroupQuotaAlarm),
		typing(GroupOnMemberStateChange),
		typing(GroupSendMsgException),
	}
}
