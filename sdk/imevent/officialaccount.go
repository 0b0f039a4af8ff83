package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family OfficialAccount about official channels themselves.
// Tencent switches the family on by a support ticket, not in the console.
var (
	// OfficialAccountAfterCreateOfficialAccount is sent after an official channel
	// was created.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60796.
	OfficialAccountAfterCreateOfficialAccount = NewCommand[OfficialAccountAfterCreateOfficialAccountEvent, sdk.Ack]("OfficialAccount.CallbackAfterCreateOfficialAccount")

	// OfficialAccountAfterOfficialAccountDestroyed is sent after an official channel
	// was destroyed.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60798.
	OfficialAccountAfterOfficialAccountDestroyed = NewCommand[OfficialAccountAfterOfficialAccountDestroyedEvent, sdk.Ack]("OfficialAccount.CallbackAfterOfficialAccountDestroyed")

	// OfficialAccountAfterOfficialAccountFull is sent after an official channel got
	// the last subscriber that it may have.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60801.
	OfficialAccountAfterOfficialAccountFull = NewCommand[OfficialAccountAfterOfficialAccountFullEvent, sdk.Ack]("OfficialAccount.CallbackAfterOfficialAccountFull")

	// OfficialAccountAfterOfficialAccountInfoChanged is sent after the profile of an
	// official channel changed.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60797.
	OfficialAccountAfterOfficialAccountInfoChanged = NewCommand[OfficialAccountAfterOfficialAccountInfoChangedEvent, sdk.Ack]("OfficialAccount.CallbackAfterOfficialAccountInfoChanged")

	// OfficialAccountBeforeCreateOfficialAccount asks whether an official channel may
	// be created. Without an answer within 2 s Tencent lets it be. Its codes are
	// those of one-to-one messages, 120001 to 130000; a plain refusal shows the
	// client 20006.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60795.
	OfficialAccountBeforeCreateOfficialAccount = NewCommand[OfficialAccountBeforeCreateOfficialAccountEvent, OfficialAdmissionAnswer]("OfficialAccount.CallbackBeforeCreateOfficialAccount")
)

// OfficialAccountAfterCreateOfficialAccountEvent says which official channel was
// created.
type OfficialAccountAfterCreateOfficialAccountEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OperatorAccount is the account that created it, an administrator's for a call
	// of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// OwnerAccount is the channel's owner.
	OwnerAccount string `json:"Owner_Account"`
	// Name is the channel's name.
	Name string `json:"Name"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountAfterOfficialAccountDestroyedEvent says which official channel is
// no more. It does not say who destroyed it.
type OfficialAccountAfterOfficialAccountDestroyedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OwnerAccount was the channel's owner.
	OwnerAccount string `json:"Owner_Account"`
	// Name was the channel's name.
	Name string `json:"Name"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountAfterOfficialAccountFullEvent says which official channel takes no
// more subscribers.
type OfficialAccountAfterOfficialAccountFullEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountAfterOfficialAccountInfoChangedEvent says what changed in the
// profile of an official channel. Expect the texts that changed and no others: one
// that is not set is as it was, one that is set and empty was emptied. Tencent says
// so of groups and is silent here.
type OfficialAccountAfterOfficialAccountInfoChangedEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OfficialAccount names the channel; it begins with "@TOA#_".
	OfficialAccount string `json:"Official_Account"`
	// OperatorAccount is the account that changed it, an administrator's for a call
	// of the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// Introduction is what the channel says of itself now.
	Introduction Opt[string] `json:"Introduction"`
	// Name is the channel's new name.
	Name Opt[string] `json:"Name"`
	// FaceURL is where its new picture is.
	FaceURL Opt[string] `json:"FaceUrl"`
	// Organization is who stands behind it now.
	Organization Opt[string] `json:"Organization"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// OfficialAccountBeforeCreateOfficialAccountEvent asks whether an official channel
// may be created. The channel has no name of its own yet: there is no
// OfficialAccount.
type OfficialAccountBeforeCreateOfficialAccountEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// OperatorAccount is the account that wants it, an administrator's for a call of
	// the REST API.
	OperatorAccount string `json:"Operator_Account"`
	// OwnerAccount is the account that will own it.
	OwnerAccount string `json:"Owner_Account"`
	// Name is what it will be called.
	Name string `json:"Name"`
	// EventTime is in milliseconds since 1970.
	EventTime Millis `json:"EventTime"`
	Object
}

// typingsOfficialAccount joins the commands of family OfficialAccount to their
// events.
func typingsOfficialAccount() []Typing {
	return []Typing{
		typing(OfficialAccountAfterAddSubscriber),
		typing(OfficialAccountAfterCreateOfficialAccount),
		typing(OfficialAccountAfterDeleteSubscriber),
		typing(OfficialAccountAfterMsgWithDraw),
		typing(OfficialAccountAfterOfficialAccountDestroyed),
		typing(OfficialAccountAfterOfficialAccountFull),
		typing(OfficialAccountAfterOfficialAccountInfoChanged),
		typing(OfficialAccountAfterSendMsg),
		typing(OfficialAccountBeforeAddSubscriber),
		typing(OfficialAccountBeforeCreateOfficialAccount),
		typing(OfficialAccountBeforeSendMsg),
	}
}
