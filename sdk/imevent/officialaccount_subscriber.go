package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family OfficialAccount about subscribers.
var (
	// OfficialAccountAfterAddSubscriber is sent after accounts subscribed to an
	// official channel.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60800.
	OfficialAccountAfterAddSubscriber = NewCommand[OfficialAccountAfterAddSubscriberEvent, sdk.Ack]("OfficialAccount.CallbackAfterAddSubscriber")

	// OfficialAccountAfterDeleteSubscriber is sent after accounts ceased to subscribe
	// to an official channel.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60802.
	OfficialAccountAfterDeleteSubscriber = NewCommand[OfficialAccountAfterDeleteSubscriberEvent, sdk.Ack]("OfficialAccount.CallbackAfterDeleteSubscriber")

	// OfficialAccountBeforeAddSubscriber asks whether accounts may subscribe to an
	// official channel; single ones of them can be refused. Without an answer within
	// 2 s Tencent lets all subscribe.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60799.
	OfficialAccountBeforeAddSubscriber = NewCommand[OfficialAccountBeforeAddSubscriberEvent, SubscribeAnswer]("OfficialAccount.CallbackBeforeAddSubscriber")
)

// OfficialAccountAfterAddSubscriberEvent says who subscribes to an official channel
// from now on.
type OfficialAccountAfterAddSubscriberEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OperatorAccount is the account that asked for it, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// SubscribeAccountList holds the new subscribers.
	SubscribeAccountList []OfficialAccountSubscriber `json:"SubscribeAccountList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountAfterDeleteSubscriberEvent says who no longer subscribes to an
// official channel.
type OfficialAccountAfterDeleteSubscriberEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OperatorAccount is the account that asked for it, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// SubscribeAccountList holds those who left, in spite of its name.
	SubscribeAccountList []OfficialAccountSubscriber `json:"SubscribeAccountList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountBeforeAddSubscriberEvent asks whether accounts may subscribe to an
// official channel.
type OfficialAccountBeforeAddSubscriberEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OperatorAccount is the account that asked for it, an administrator's for a
	// call of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// SubscribeAccountList holds the accounts in question.
	SubscribeAccountList []OfficialAccountSubscriber `json:"SubscribeAccountList"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// Targets returns the accounts that are to subscribe, each once.
func (e OfficialAccountBeforeAddSubscriberEvent) Targets() []string {
	return accountsOf(e.SubscribeAccountList, func(s OfficialAccountSubscriber) string { return s.SubscriberAccount })
}

// OfficialAccountSubscriber is one subscriber of an official channel, one who was
// or one who wants to be.
type OfficialAccountSubscriber struct {
	// SubscriberAccount is the account. Its key says Subscriber, that of its list
	// Subscribe.
	SubscriberAccount string `json:"Subscriber_Account"`
	Object
}
