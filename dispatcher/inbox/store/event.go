package store

import (
	"time"
	"unicode/utf8"

	"github.com/switchhook/switchhook/sdk"
)

// Event is an after-callback as it was accepted.
type Event struct {
	// Seq is the event's place in the order of acceptance, from 1. The store gives
	// it; no two events ever have the same.
	Seq uint64
	// ID, Key, Command, AppID, ClientIP, Platform, ReceivedAt and Body are the
	// callback's own, see [sdk.Callback]. ReceivedAt is kept to the microsecond, in
	// UTC. No two events have the same ID.
	ID, Key, Command, AppID, ClientIP, Platform string
	ReceivedAt                                  time.Time
	Body                                        []byte
}

// Callback is the callback that the event was made of, without what each attempt has of
// its own.
func (e *Event) Callback() sdk.Callback {
	return sdk.Callback{
		ID: e.ID, Key: e.Key, Command: e.Command, AppID: e.AppID, ClientIP: e.ClientIP, Platform: e.Platform,
		ReceivedAt: e.ReceivedAt, Body: e.Body,
	}
}

// State is what has become of a copy.
type State uint8

// The states of a copy.
const (
	// Ready: the copy waits for a delivery, and nothing keeps it from one.
	Ready State = iota
	// Retry: an attempt has failed, and the next is due at DueAt.
	Retry
	// Done: the plugin has handled it.
	Done
	// Dead: the copy is a dead letter; only an operator makes it ready again.
	Dead
	// Dropped: a dead letter that an operator has let go of.
	Dropped
)

// String returns the state's name on the command line, in the API and in metrics.
func (s State) String() string {
	names := [...]string{"ready", "retry", "done", "dead", "dropped"}
	if int(s) >= len(names) {
		return "unknown"
	}
	return names[s]
}

// States returns every state.
func States() []State { return []State{Ready, Retry, Done, Dead, Dropped} }

// Waiting reports whether a delivery is still to come.
func (s State) Waiting() bool { return s == Ready || s == Retry }

// Reason is why a copy is a dead letter.
type Reason uint8

// The reasons.
const (
	// NoReason is that of a copy that is not dead.
	NoReason Reason = iota
	// Permanent: the plugin said that no attempt will ever succeed.
	Permanent
	// Malformed: the plugin could not make sense of the body.
	Malformed
	// Unsupported: the plugin does not know what it claims.
	Unsupported
	// BadReply: the plugin answered what Tencent would misread, and would again.
	BadReply
	// Expired: attempts failed for as long as the operator wants them made.
	Expired
	// Poison: the callback ended the plugin's process too often.
	Poison
	// Corrupt: what was read is not what was written.
	Corrupt
	// Unsubscribed: an operator took the plugin's subscription away.
	Unsubscribed

	reasons // the number of reasons
)

// String returns the reason's name; it is empty for NoReason.
func (r Reason) String() string {
	names := [...]string{
		"", "permanent", "malformed", "unsupported", "bad_reply", "expired", "poison", "corrupt", "unsubscribed",
	}
	if int(r) >= len(names) {
		return "unknown"
	}
	return names[r]
}

// Reasons returns every reason that a dead letter may have.
func Reasons() []Reason {
	all := make([]Reason, 0, reasons-1)
	for r := Permanent; r < reasons; r++ {
		all = append(all, r)
	}
	return all
}

// Copy is one plugin's copy of an event.
type Copy struct {
	Event  Event
	Plugin string
	State  State
	// Purpose is what the plugin is told of it: Live, or Replay after an operator
	// made it ready again.
	Purpose sdk.Purpose
	// Attempts counts the deliveries so far, those before a replay included.
	Attempts int
	// FirstAt and LastAt are when the first and the last attempt ended; zero where
	// there was none. A replay forgets FirstAt.
	FirstAt, LastAt time.Time
	// DueAt is when a copy in state Retry is to be tried again.
	DueAt time.Time
	// Reason is why it is dead; Error is the last failure's text, at most
	// [MaxError] bytes of it.
	Reason Reason
	Error  string
	// Corrupt says that what was read fails its checksum. Plugin and Event.Seq are
	// right; what else is there may be anything, and must not be delivered.
	Corrupt bool
}

// MaxError is how many bytes of a failure's text a store keeps.
const MaxError = 1024

// Shortened is a failure's text as it is kept: no rune of it is cut in two.
func Shortened(text string) string {
	if len(text) <= MaxError {
		return text
	}
	end := MaxError
	for end > MaxError-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}
