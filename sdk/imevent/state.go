package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family State: who is online.
var (
	// StateStateChange is sent after an account came online, went offline or
	// changed its custom status. It may be late: a connection that died silently is
	// noticed after up to 400 s, a web page's after about 60 s. If the account comes
	// back before that, its going is never told.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/34357.
	StateStateChange = NewCommand[StateStateChangeEvent, sdk.Ack]("State.StateChange")
)

// StateStateChangeEvent says how an account's state changed. The platform it
// changed on is [sdk.Callback.Platform], which this command alone spells "IOS".
type StateStateChangeEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// EventTime is in milliseconds.
	EventTime Millis `json:"EventTime"`
	// Info says whose state changed and how. Bodies have one object here, which is
	// read as a list of one, so that a body with several would lose none.
	Info []StateInfo `json:"Info"`
	// CustomStatus is the custom status after the change. Pages do not say whether
	// it stands here or in Info: ask [StateStateChangeEvent.Status].
	CustomStatus Opt[string] `json:"CustomStatus"`
	// KickedDevice holds the devices whose session this login ended. Clients since
	// 5.6.1200, and since 2.14.0 on the web, send no event for their end besides.
	KickedDevice []StateDevice `json:"KickedDevice"`
	Object
}

// Status returns the custom status after the change, from Info or from beside it,
// and whether the event tells one. The empty string is a status that was cleared.
func (e StateStateChangeEvent) Status() (string, bool) {
	for _, info := range e.Info {
		if status, ok := info.CustomStatus.Get(); ok {
			return status, true
		}
	}
	return e.CustomStatus.Get()
}

// StateInfo is a change of one account's state.
type StateInfo struct {
	// Action is "Login" or "Logout" for a connection that was opened or closed,
	// "Disconnect" for one that was lost, "CustomStatusChange" for a new custom
	// status.
	Action string `json:"Action"`
	// ToAccount is the account.
	ToAccount string `json:"To_Account"`
	// Reason is "Register" for a Login, "Unregister" for a Logout, "LinkClose" or
	// "TimeOut" (400 s without a sign of life) for a Disconnect, "SetCustomStatus"
	// for a CustomStatusChange. More may come.
	Reason string `json:"Reason"`
	// CustomStatus is the custom status after the change.
	CustomStatus Opt[string] `json:"CustomStatus"`
	Object
}

// StateDevice is a device whose session ended.
type StateDevice struct {
	// Platform is "iOS", "Android", "Web", "Windows", "iPad", "Mac" or "Linux".
	Platform string `json:"Platform"`
	Object
}

// typingsState returns the typings of family State.
func typingsState() []Typing {
	return []Typing{typing(StateStateChange)}
}
