package imevent

import "github.com/switchhook/switchhook/sdk"

// The commands of family Alert: warnings about the app itself.
var (
	// AlertRequestOverLimit is sent when the app calls a method of the REST API at
	// more than 80 % of the rate that it may. It has no switch in the console: an
	// app that sets a URL gets it.
	//
	// Source: https://www.tencentcloud.com/document/product/1047/60256.
	AlertRequestOverLimit = NewCommand[AlertRequestOverLimitEvent, sdk.Ack]("Alert.RequestOverLimit")
)

// AlertRequestOverLimitEvent says which method is called too often. It has no time:
// [sdk.Callback.ReceivedAt] orders events.
type AlertRequestOverLimitEvent struct {
	// CallbackCommand repeats the command's name.
	CallbackCommand string `json:"CallbackCommand"`
	// ServiceName is the part of the REST API that the method belongs to, such as
	// "openim".
	ServiceName string `json:"ServiceName"`
	// Command is the method, such as "batchsendmsg".
	Command string `json:"Command"`
	// Request is the rate at which it was called, in calls a second. It may be
	// below Limit and far above it.
	Request Opt[int64] `json:"Request"`
	// Limit is the rate at which it may be called, in calls a second.
	Limit Opt[int64] `json:"Limit"`
	Object
}

// typingsAlert returns the typings of family Alert.
func typingsAlert() []Typing {
	return []Typing{typing(AlertRequestOverLimit)}
}
