package admin

import (
	"encoding/base64"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

const (
	// tracePage is how many callbacks an answer has that nobody gave a limit, and
	// maxTracePage the most.
	tracePage    = 20
	maxTracePage = 100
	// traceBudget is how long an inbox is searched for a key before the answer says how
	// to go on: it has no index of keys.
	traceBudget = 3 * time.Second
)

// Trace is the story of one callback, as far as it is known: what happened at the edge
// is remembered for a while, and what became of an event is in the inbox.
type Trace struct {
	ID string `json:"id"`
	// Key is told on the unix socket alone.
	Key        string    `json:"key,omitempty"`
	App        string    `json:"app"`
	Command    string    `json:"command"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	// Edge is how it was answered; nil where that is not remembered any more.
	Edge *recent.Edge `json:"edge,omitempty"`
	// Steps are what happened since then, the earliest first, as far as they are
	// remembered.
	Steps []recent.Step `json:"steps"`
	// Seq is the event's place in the inbox; 0 where it is in none.
	Seq uint64 `json:"seq,omitempty"`
	// Copies are what has become of each plugin's copy of an event.
	Copies []InboxDelivery `json:"copies"`
}

// TraceList is the answer of GET /api/v1/trace.
type TraceList struct {
	// Callbacks are those that match, the latest first. There may be none, and a Next.
	Callbacks []Trace `json:"callbacks"`
	// Next asks for the rest as the parameter cursor; empty at the end.
	Next string `json:"next,omitempty"`
	// Remembered says how far back the gateway remembers what is in no inbox.
	Remembered recent.Reach `json:"remembered"`
	// InboxProblem says why the inbox could not be asked; empty where it could, or where
	// the gateway has none.
	InboxProblem string `json:"inbox_problem,omitempty"`
}

// TraceQuery asks for the story of callbacks.
type TraceQuery struct {
	// Of is a callback's id or key, or the id of a W3C trace.
	Of string
	// Limit bounds the callbacks; 0 for twenty.
	Limit int
	// Cursor is the Next of an earlier answer; empty begins.
	Cursor string
}

// tracePlace is where an answer goes on: in the memory before turn, and in the inbox at
// seq, or after it where all of that event was told.
type tracePlace struct {
	turn, seq   uint64
	told, ended bool
}

func (p tracePlace) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d.%t.%t", p.turn, p.seq, p.told, p.ended))
}

func readTracePlace(text string) (p tracePlace, err error) {
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return p, fmt.Errorf("decode cursor: %w", err)
	}
	if _, err := fmt.Sscanf(string(plain), "%d.%d.%t.%t", &p.turn, &p.seq, &p.told, &p.ended); err != nil {
		return p, fmt.Errorf("decode cursor: %w", err)
	}
	return p, nil
}

// cursor is the place in the inbox; nil begins.
func (p tracePlace) cursor() *InboxCursor {
	switch {
	case p.told:
		return &InboxCursor{Seq: p.seq, Plugin: afterAllPlugins}
	case p.seq > 0:
		return &InboxCursor{Seq: p.seq}
	default:
		return nil
	}
}

// afterAllPlugins sorts behind every name that a plugin may have.
const afterAllPlugins = "~"
