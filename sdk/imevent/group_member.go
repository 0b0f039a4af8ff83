package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Group about members.
var (
	// GroupBeforeApplyJoinGroup asks whether somebody's request to join a group may
	// go on. Where an administrator has to approve requests, one that is allowed
	// here still waits for that. Without an answer within 2 s Tencent lets it go
	// on, unless the console says otherwise.
	//
	// Source: https://cloud.tencent.com/document/product/269/1665.
	GroupBeforeApplyJoinGroup = NewCommand[GroupBeforeApplyJoinGroupEvent, AdmissionAnswer]("Group.CallbackBeforeApplyJoinGroup")

	// GroupBeforeInviteJoinGroup asks which of the users that somebody adds to a
	// group may be added. Where Tencent checks that they are friends, it does so
	// first. Without an answer within 2 s Tencent adds all, unless the console says
	// otherwise.
	//
	// Source: https://cloud.tencent.com/document/product/269/1666.
	GroupBeforeInviteJoinGroup = NewCommand[GroupBeforeInviteJoinGroupEvent, InviteAnswer]("Group.CallbackBeforeInviteJoinGroup")

	// GroupAfterNewMemberJoin is sent after users joined a group.
	//
	// Source: https://cloud.tencent.com/document/product/269/1667.
	GroupAfterNewMemberJoin = NewCommand[GroupAfterNewMemberJoinEvent, sdk.Ack]("Group.CallbackAfterNewMemberJoin")

	// GroupAfterMemberExit is sent after members left a group or were removed.
	//
	// Source: https://cloud.tencent.com/document/product/269/1668.
	GroupAfterMemberExit = NewCommand[GroupAfterMemberExitEvent, sdk.Ack]("Group.CallbackAfterMemberExit")

	// GroupAfterMemberFieldChanged is sent after a member's role or name card
	// changed.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60393.
	GroupAfterMemberFieldChanged = NewCommand[GroupAfterMemberFieldChangedEvent, sdk.Ack]("Group.CallbackAfterMemberFieldChanged")

	// GroupOnMemberStateChange is sent after members of a live broadcast's group
	// (AVChatRoom) came online or went offline in it. Its URL has neither ClientIP
	// nor OptPlatform.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/48734.
	GroupOnMemberStateChange = NewCommand[GroupOnMemberStateChangeEvent, sdk.Ack]("Group.CallbackOnMemberStateChange")
)

// GroupBeforeApplyJoinGroupEvent asks whether RequestorAccount may apply to join
// the group. It has no Operator_Account.
type GroupBeforeApplyJoinGroupEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// RequestorAccount is the account that wants to join. Other families write
	// Requester; both spellings are read.
	RequestorAccount string `json:"Requestor_Account" alt:"Requester_Account"`
	// ApplyMsg is what the account wrote with its request.
	ApplyMsg string `json:"ApplyMsg"`
	// TopicID is the private topic to join, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupBeforeInviteJoinGroupEvent asks which of DestinationMembers may be added to
// the group.
type GroupBeforeInviteJoinGroupEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OperatorAccount is the account that adds them: the administrator, when it is
	// your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// DestinationMembers holds the users to be added.
	DestinationMembers []Member `json:"DestinationMembers"`
	// TopicID is the private topic they are added to, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// Targets returns the accounts to be added, each once.
func (e GroupBeforeInviteJoinGroupEvent) Targets() []string {
	return accountsOf(e.DestinationMembers, func(m Member) string { return m.Account })
}

// GroupAfterNewMemberJoinEvent says who joined a group.
type GroupAfterNewMemberJoinEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// JoinType is "Apply" for members who asked, "Invited" for those who were added.
	JoinType string `json:"JoinType"`
	// OperatorAccount is the account whose call let them in; NewMemberList says who
	// joined.
	OperatorAccount string `json:"Operator_Account"`
	// NewMemberList holds the new members.
	NewMemberList []Member `json:"NewMemberList"`
	// TopicID is the private topic they joined, else empty. The commands asked
	// before have this key; whether this one has it no page tells.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterMemberExitEvent says who left a group.
type GroupAfterMemberExitEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// ExitType is "Kicked" for members who were removed, "Quit" for those who left.
	ExitType string `json:"ExitType"`
	// OperatorAccount is the account whose call this was: of those who were removed
	// it is whoever removed them, although Tencent's table says the leaver. Read
	// who left from ExitMemberList.
	OperatorAccount string `json:"Operator_Account"`
	// ExitMemberList holds those who are members no longer.
	ExitMemberList []Member `json:"ExitMemberList"`
	// TopicID is the private topic they left, else empty.
	TopicID string `json:"TopicId"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupAfterMemberFieldChangedEvent holds what changed about a member. That Role
// and NameCard are sent only when they changed is likely, but no page says so.
type GroupAfterMemberFieldChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// Type is the kind of group, as in [GroupBeforeCreateGroupEvent].
	Type string `json:"Type"`
	// OperatorAccount is the account that changed it: the administrator, when it
	// was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// MemberAccount is the member. The key is Member_Account on Tencent's
	// international pages and Modified_Account on those for mainland China.
	MemberAccount string `json:"Member_Account" alt:"Modified_Account"`
	// Role is "Admin" or "Member".
	Role Opt[string] `json:"Role"`
	// NameCard is the name that the member goes by in this group.
	NameCard Opt[string] `json:"NameCard"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// GroupOnMemberStateChangeEvent says who came online or went offline in a live
// broadcast's group.
type GroupOnMemberStateChangeEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the group.
	GroupID string `json:"GroupId"`
	// EventType is "Online" or "Offline"; in the commands about pushes the key of
	// the same name holds a number.
	EventType string `json:"EventType"`
	// EventCause is "Join", "Quit", "HeartbeatInterrupt" for a connection that broke
	// off, or "HeartbeatRecover" for one that came back.
	EventCause string `json:"EventCause"`
	// MemberList holds the members.
	MemberList []Member `json:"MemberList"`
	// EventTime is in milliseconds. Older bodies have none.
	EventTime Millis `json:"EventTime"`
	Object
}
