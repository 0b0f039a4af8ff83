package imevent

import (
	"slices"

	"github.com/switchhook/switchhook/sdk"
)

// The families of answers. [Friend] is another, for the requests that are answered
// target by target.
var (
	// C2C answers [C2CBeforeSendMsg]. Codes of its own: 120001 to 130000.
	C2C = MessageDecisions[C2CAnswer]{Decisions[C2CAnswer]{"C2C.CallbackBeforeSendMsg"}}

	// Group answers [GroupBeforeSendMsg]. Codes of its own: 10100 to 10200.
	Group = MessageDecisions[GroupAnswer]{Decisions[GroupAnswer]{"Group.CallbackBeforeSendMsg"}}

	// Admission answers [GroupBeforeCreateGroup], [GroupBeforeApplyJoinGroup] and
	// [GroupBeforeCreateTopic]. Codes of its own: 10100 to 10200.
	Admission = Decisions[AdmissionAnswer]{"Group.CallbackBeforeCreateGroup"}

	// Invite answers [GroupBeforeInviteJoinGroup], as a whole or member by member.
	// Codes of its own: 10100 to 10200.
	Invite = InviteDecisions{Decisions[InviteAnswer]{"Group.CallbackBeforeInviteJoinGroup"}}

	// Official answers [OfficialAccountBeforeSendMsg]. Codes of its own: 120001 to
	// 130000.
	Official = MessageDecisions[OfficialAnswer]{Decisions[OfficialAnswer]{"OfficialAccount.CallbackBeforeSendMsg"}}

	// OfficialAdmission answers [OfficialAccountBeforeCreateOfficialAccount]. Codes
	// of its own: 120001 to 130000.
	OfficialAdmission = Decisions[OfficialAdmissionAnswer]{"OfficialAccount.CallbackBeforeCreateOfficialAccount"}

	// Subscribe answers [OfficialAccountBeforeAddSubscriber], as a whole or account
	// by account. It has no codes of its own, so no text reaches the user.
	Subscribe SubscribeDecisions

	// Gift answers [LiveBeforeSendGift]. Codes of its own: 102100 to 102200. Without
	// an answer in time the gift is refused, unlike everything else.
	Gift = Decisions[GiftAnswer]{"Live.CallbackBeforeSendGift"}

	// Chatbot answers [ChatbotOnC2CSignalMessage].
	Chatbot ChatbotDecisions
)

// C2CAnswer is a decision about a one-to-one message. Make one with [C2C].
type C2CAnswer struct{ verdict }

// GroupAnswer is a decision about a message to a group. Make one with [Group].
type GroupAnswer struct{ verdict }

// AdmissionAnswer is a decision about a group or topic to create, or a wish to
// join. Make one with [Admission].
type AdmissionAnswer struct{ verdict }

// InviteAnswer is a decision about members who are pulled into a group. Make one
// with [Invite].
type InviteAnswer struct{ verdict }

// OfficialAnswer is a decision about a message of an official channel. Make one
// with [Official].
type OfficialAnswer struct{ verdict }

// OfficialAdmissionAnswer is a decision about an official channel to create. Make
// one with [OfficialAdmission].
type OfficialAdmissionAnswer struct{ verdict }

// SubscribeAnswer is a decision about subscribers of an official channel. Make one
// with [Subscribe].
type SubscribeAnswer struct{ verdict }

// GiftAnswer is a decision about a gift in a live room. Make one with [Gift].
type GiftAnswer struct{ verdict }

// ChatbotAnswer is what a chatbot says. Make one with [Chatbot].
type ChatbotAnswer struct{ verdict }

// InviteDecisions is the type of [Invite].
type InviteDecisions struct{ Decisions[InviteAnswer] }

// RejectMembers keeps the accounts named out and lets the others in; of none named
// it is an Allow. The user learns no reason: only Reject carries a text.
func (InviteDecisions) RejectMembers(accounts ...string) InviteAnswer {
	return InviteAnswer{refusing("RefusedMembers_Account", accounts)}
}

// SubscribeDecisions is the type of [Subscribe].
type SubscribeDecisions struct{}

// Allow lets all of them subscribe.
func (SubscribeDecisions) Allow() SubscribeAnswer { return SubscribeAnswer{decided(sdk.Reply{})} }

// Reject lets none of them subscribe.
func (SubscribeDecisions) Reject() SubscribeAnswer {
	return SubscribeAnswer{decided(sdk.Reply{Code: codeRefuse})}
}

// RejectSubscribers keeps the accounts named from subscribing and lets the others;
// of none named it is an Allow.
func (SubscribeDecisions) RejectSubscribers(accounts ...string) SubscribeAnswer {
	return SubscribeAnswer{refusing("RefusedSubscribers_Account", accounts)}
}

// ChatbotDecisions is the type of [Chatbot].
type ChatbotDecisions struct{}

// Answer sends data, in a form that the bot's clients agreed on, mostly JSON, to
// the user. Empty data is an error: say nothing with Silent.
func (ChatbotDecisions) Answer(data string) ChatbotAnswer {
	if data == "" {
		return ChatbotAnswer{mistaken("answer as chatbot: the data is empty; use Silent to send nothing")}
	}
	return ChatbotAnswer{decided(sdk.Reply{Extra: closed(appendText([]byte(`{"RspData":`), data), '}')})}
}

// Silent sends nothing.
func (ChatbotDecisions) Silent() ChatbotAnswer {
	return ChatbotAnswer{decided(sdk.Reply{Code: codeRefuse})}
}

// refusing lists accounts under the reply key that refuses them alone.
func refusing(key string, accounts []string) verdict {
	if len(accounts) == 0 {
		return decided(sdk.Reply{})
	}
	if slices.Contains(accounts, "") {
		return mistaken("refuse accounts: one of the %d names is empty", len(accounts))
	}
	extra := append(appendText([]byte{'{'}, key), ":["...)
	for _, account := range accounts {
		extra = append(appendText(extra, account), ',')
	}
	return decided(sdk.Reply{Extra: closed(closed(extra, ']'), '}')})
}
