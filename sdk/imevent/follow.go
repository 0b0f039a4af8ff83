package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Follow: who follows whom.
var (
	// FollowAfterFollowAdd is sent after an account began to follow others. Only
	// those that it follows in the end are listed.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/70355.
	FollowAfterFollowAdd = NewCommand[FollowAfterFollowAddEvent, sdk.Ack]("Follow.CallbackAfterFollowAdd")

	// FollowAfterFollowDelete is sent after an account ceased to follow others.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/70356.
	FollowAfterFollowDelete = NewCommand[FollowAfterFollowDeleteEvent, sdk.Ack]("Follow.CallbackAfterFollowDelete")
)

// FollowAfterFollowAddEvent says whom FromAccount now follows. It lists objects
// where [FollowAfterFollowDeleteEvent] lists bare accounts;
// [FollowAfterFollowAddEvent.Targets] spares the difference.
type FollowAfterFollowAddEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that follows.
	FromAccount string `json:"From_Account"`
	// FollowList holds the accounts that it now follows.
	FollowList []FollowTarget `json:"FollowList"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// Targets returns the accounts that FromAccount now follows, each once.
func (e FollowAfterFollowAddEvent) Targets() []string {
	return accountsOf(e.FollowList, func(t FollowTarget) string { return t.ToAccount })
}

// FollowTarget is an account that is followed.
type FollowTarget struct {
	// ToAccount is the account.
	ToAccount string `json:"To_Account"`
	Object
}

// FollowAfterFollowDeleteEvent says whom FromAccount no longer follows.
type FollowAfterFollowDeleteEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// FromAccount is the account that followed.
	FromAccount string `json:"From_Account"`
	// ToAccount holds the accounts that it no longer follows. In most other events
	// the key holds one account.
	ToAccount []string `json:"To_Account"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	Object
}

// Targets returns the accounts that FromAccount no longer follows, each once.
func (e FollowAfterFollowDeleteEvent) Targets() []string {
	return accountsOf(e.ToAccount, func(account string) string { return account })
}

// typingsFollow returns the typings of family Follow, sorted by command.
func typingsFollow() []Typing {
	return []Typing{
		typing(FollowAfterFollowAdd),
		typing(FollowAfterFollowDelete),
	}
}
