package sdk

import "time"

// Callback is one callback as the gateway accepted it: authenticated, measured
// and routed, its body untouched.
//
// A Callback is a value; handlers may keep it. Body is shared between the
// handlers of one callback and must not be modified.
type Callback struct {
	// ID names this callback. The gateway makes it (a UUIDv7, RFC 9562), since
	// Tencent sends none, and it stays the same over redeliveries and replays.
	ID string
	// Key is a hint at what happened, scoped by app and command: two callbacks
	// about the same occurrence share it. Whether it also proves a duplicate is
	// said by the command's row in package imevent, never by the key itself.
	Key string
	// Command is the CallbackCommand of the URL, which routes the callback.
	Command string
	// AppID is the SDKAppID, in decimal.
	AppID string
	// ClientIP is the address of the user's client as Tencent saw it; empty
	// where the command has none.
	ClientIP string
	// Platform is OptPlatform as sent ("iOS", "IOS", "RESTAPI" …); an open set,
	// compare it without case. Empty where the command has none.
	Platform string
	// ReceivedAt is when the gateway began to read the request; it stays the
	// same over redeliveries and replays.
	ReceivedAt time.Time
	// Attempt counts the deliveries of this callback to this handler, from 1.
	Attempt int
	// Redelivered is true when an earlier attempt may have reached the handler.
	Redelivered bool
	// Purpose tells a live callback from a replayed or trial one.
	Purpose Purpose
	// Traceparent is where this attempt stands in a distributed trace, in the
	// form of the header of that name (https://www.w3.org/TR/trace-context/#traceparent-header);
	// each attempt has its own. Empty where the gateway does not trace; where it
	// does, the last two digits say whether this callback is one of those that it
	// sends to its collector. Package sdktrace turns it into OpenTelemetry's type.
	Traceparent string
	// Body is the request body, byte for byte.
	Body []byte
}

// Purpose is why a handler is called.
type Purpose uint8

// The purposes of a call. A handler that sees Replay or DryRun has declared the
// capability for it.
const (
	// Live is a callback that Tencent has just sent.
	Live Purpose = iota
	// Replay is a callback of the past that an operator sends again.
	Replay
	// DryRun asks what the answer would be; the handler must change nothing.
	DryRun
)

// String returns the purpose's name in logs and on the command line.
func (p Purpose) String() string {
	switch p {
	case Live:
		return "live"
	case Replay:
		return "replay"
	case DryRun:
		return "dry_run"
	default:
		return "unknown"
	}
}
