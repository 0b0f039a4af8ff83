package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// InboxStates returns the states of a copy, in the order of its life.
func InboxStates() []string { return []string{"ready", "retry", "done", "dead", "dropped"} }

// InboxReasons returns why a copy may be dead.
func InboxReasons() []string {
	return []string{"permanent", "malformed", "unsupported", "bad_reply", "expired", "poison", "corrupt", "unsubscribed"}
}

// InboxFilter chooses copies. A zero field chooses all.
type InboxFilter struct {
	App string `json:"app,omitempty"`
	// Command may be a pattern, such as "Sns.*".
	Command string `json:"command,omitempty"`
	Plugin  string `json:"plugin,omitempty"`
	ID      string `json:"id,omitempty"`
	Key     string `json:"key,omitempty"`
	// Since and Until bound when the event was received: from Since on, before Until.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// States are those of [InboxStates].
	States []string `json:"states,omitempty"`
	// Reason is one of [InboxReasons].
	Reason string `json:"reason,omitempty"`
}

// Check returns what is wrong with the filter.
func (f InboxFilter) Check() error {
	for _, state := range f.States {
		if !slices.Contains(InboxStates(), state) {
			return fmt.Errorf("no status %q: there are %s", state, strings.Join(InboxStates(), ", "))
		}
	}
	switch {
	case f.Reason != "" && !slices.Contains(InboxReasons(), f.Reason):
		return fmt.Errorf("no reason %q: there are %s", f.Reason, strings.Join(InboxReasons(), ", "))
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return fmt.Errorf("since %s is not before until %s", f.Since.Format(time.RFC3339), f.Until.Format(time.RFC3339))
	default:
		return nil
	}
}

// Everything reports whether the filter names nothing that would leave a copy out;
// a state is no such name.
func (f InboxFilter) Everything() bool {
	return f.App == "" && f.Command == "" && f.Plugin == "" && f.ID == "" && f.Key == "" &&
		f.Since.IsZero() && f.Until.IsZero() && f.Reason == ""
}

// args are the filter, for the audit. A key may name accounts, and stays out of it.
func (f InboxFilter) args() map[string]string {
	args := map[string]string{
		"app": f.App, "command": f.Command, "plugin": f.Plugin, "id": f.ID, "reason": f.Reason, "status": strings.Join(f.States, ","),
	}
	if f.Key != "" {
		args["key"] = "given"
	}
	if !f.Since.IsZero() {
		args["since"] = f.Since.Format(time.RFC3339Nano)
	}
	if !f.Until.IsZero() {
		args["until"] = f.Until.Format(time.RFC3339Nano)
	}
	return stated(args)
}

// stated takes what is empty out of args.
func stated(args map[string]string) map[string]string {
	for name, value := range args {
		if value == "" {
			delete(args, name)
		}
	}
	return args
}

// InboxQuery asks for a page of copies.
type InboxQuery struct {
	InboxFilter

	// Newest begins with the latest event; else the oldest comes first.
	Newest bool
	// After is the Next of an earlier page; nil begins.
	After *InboxCursor
	// Limit bounds the copies of the page.
	Limit int
	// Bodies includes the bodies.
	Bodies bool
}

// InboxCursor is a place among the copies.
type InboxCursor struct {
	Seq    uint64
	Plugin string
}

// InboxPage is a part of the copies. It may be short, or even empty, and have a Next.
type InboxPage struct {
	Copies []InboxCopy
	// Next is where the rest begins; nil at the end.
	Next *InboxCursor
}

// InboxEvent is an after-callback as it was accepted.
type InboxEvent struct {
	// Seq is its place in the order of acceptance.
	Seq uint64 `json:"seq"`
	ID  string `json:"id"`
	// Key, ClientIP and Body are told on the unix socket alone, and Body only where it
	// is asked for.
	Key        string    `json:"key,omitempty"`
	Command    string    `json:"command"`
	AppID      string    `json:"app"`
	ClientIP   string    `json:"client_ip,omitempty"`
	Platform   string    `json:"platform,omitempty"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	Body       InboxBody `json:"body,omitempty"`
}

// InboxDelivery is what has become of one plugin's copy.
type InboxDelivery struct {
	Plugin string `json:"plugin"`
	// State is one of [InboxStates].
	State string `json:"state"`
	// Purpose is live, or replay after an operator made the copy ready again.
	Purpose  string    `json:"purpose"`
	Attempts int       `json:"attempts"`
	FirstAt  time.Time `json:"first_at,omitzero"`
	LastAt   time.Time `json:"last_at,omitzero"`
	// DueAt is when a copy in state retry is tried again.
	DueAt time.Time `json:"due_at,omitzero"`
	// Reason is why it is dead: one of [InboxReasons].
	Reason string `json:"reason,omitempty"`
	// Error is the last failure's text; over TCP only that there is one.
	Error string `json:"error,omitempty"`
	// Corrupt says that what was read is not what was written.
	Corrupt bool `json:"corrupt,omitempty"`
}

// InboxCopy is one plugin's copy of an event.
type InboxCopy struct {
	InboxEvent
	InboxDelivery
}

// InboxDetail is an event with all its copies: the answer of
// GET /api/v1/inbox/events/{id}.
type InboxDetail struct {
	InboxEvent

	Copies []InboxDelivery `json:"copies"`
}

// InboxList is the answer of GET /api/v1/inbox/events.
type InboxList struct {
	Copies []InboxCopy `json:"copies"`
	// Next asks for the rest as the parameter cursor; empty at the end.
	Next string `json:"next,omitempty"`
}

// InboxBody is a body, byte for byte. In JSON it is a string where it is valid UTF-8,
// as nearly all are, and else an object whose one key base64 holds it.
type InboxBody []byte

// rawBody is how a body that is no text travels.
type rawBody struct {
	Base64 []byte `json:"base64"`
}

// MarshalJSON writes a string, or an object.
func (b InboxBody) MarshalJSON() ([]byte, error) {
	var value any = rawBody{b}
	if utf8.Valid(b) {
		value = string(b)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("write body: %w", err)
	}
	return text, nil
}

// UnmarshalJSON reads what [InboxBody.MarshalJSON] wrote.
func (b *InboxBody) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*b = InboxBody(plain)
		return nil
	}
	var raw rawBody
	if err := json.Unmarshal(text, &raw); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	*b = raw.Base64
	return nil
}
