package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Group about topics, the rooms within a community. Each
// is switched on in the console together with the command about groups that it
// resembles.
var (
	// GroupBeforeCreateTopic asks whether a topic may be created. Whoever asks for
	// [GroupBeforeCreateGroup] is asked this too. Without an answer within 2 s
	// Tencent creates the topic, unless the console says otherwise.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/49463.
	GroupBeforeCreateTopic = NewCommand[GroupBeforeCreateTopicEvent, AdmissionAnswer]("Group.CallbackBeforeCreateTopic")

	// GroupAfterCreateTopic is sent after a topic was created, to whoever asks for
	// [GroupAfterCreateGroup].
	//
	// Source: https://www.tencentcloud.com/document/product/1047/49464.
	GroupAfterCreateTopic = NewCommand[GroupAfterCreateTopicEvent, sdk.Ack]("Group.CallbackAfterCreateTopic")

	// GroupAfterTopicInfoChanged is sent after a topic's name, introduction, notice
	// or picture changed, to whoever asks for [GroupAfterGroupInfoChanged].
	//
	// Source: https://www.tencentcloud.com/document/product/1047/49466.
	GroupAfterTopicInfoChanged = NewCommand[GroupAfterTopicInfoChangedEvent, sdk.Ack]("Group.CallbackAfterTopicInfoChanged")

	// GroupAfterTopicDestroyed is sent after topics were deleted, to whoever asks
	// for [GroupAfterGroupDestroyed].
	//
	// Source: https://www.tencentcloud.com/document/product/1047/49465.
	GroupAfterTopicDestroyed = NewCommand[GroupAfterTopicDestroyedEvent, sdk.Ack]("Group.CallbackAfterTopicDestroyed")
)

// GroupBeforeCreateTopicEvent asks whether OperatorAccount may create a topic. It
// tells neither the community nor the time.
type GroupBeforeCreateTopicEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that asked for the topic: the administrator,
	// when it was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// Type is always "Community".
	Type string `json:"Type"`
	// Name is what the topic will be called.
	Name string `json:"Name"`
	Object
}

// GroupAfterCreateTopicEvent describes a topic that was created. It has no time:
// [sdk.Callback.ReceivedAt] is the nearest to it.
type GroupAfterCreateTopicEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the community.
	GroupID string `json:"GroupId"`
	// TopicID is the new topic's id.
	TopicID string `json:"TopicId"`
	// OperatorAccount is the account that asked for the topic: the administrator,
	// when it was your own backend.
	OperatorAccount string `json:"Operator_Account"`
	// OwnerAccount is the account that owns the community.
	OwnerAccount string `json:"Owner_Account"`
	// Type is always "Community".
	Type string `json:"Type"`
	// Name is what the topic is called.
	Name string `json:"Name"`
	// UserDefinedDataList holds the topic's own fields. It is sent only where
	// Tencent was asked to.
	UserDefinedDataList []KeyValue `json:"UserDefinedDataList"`
	Object
}

// GroupAfterTopicInfoChangedEvent holds what changed in a topic's profile: a text
// that is not set did not change, one that is set and empty was emptied. It has
// no time.
type GroupAfterTopicInfoChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the community.
	GroupID string `json:"GroupId"`
	// TopicID is the topic. Tencent's page does not name this key: as documented,
	// the body does not tell which topic changed.
	TopicID string `json:"TopicId"`
	// Type is always "Community".
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
	// FaceURL is where the topic's new picture is.
	FaceURL Opt[string] `json:"FaceUrl"`
	Object
}

// GroupAfterTopicDestroyedEvent names topics that are no more. Who deleted them
// and when is not told.
type GroupAfterTopicDestroyedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// GroupID is the community.
	GroupID string `json:"GroupId"`
	// Type is always "Community".
	Type string `json:"Type"`
	// TopicIDList holds the topics' ids. Tencent's table calls it a string.
	TopicIDList []string `json:"TopicIdList"`
	Object
}
