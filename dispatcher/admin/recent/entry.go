package recent

import (
	"fmt"
	"strconv"
	"time"
)

// Callback is what the gateway saw of a callback at its edge.
type Callback struct {
	ID string `json:"id"`
	// Key is told on the unix socket alone.
	Key        string    `json:"key,omitempty"`
	App        string    `json:"app"`
	Command    string    `json:"command"`
	ReceivedAt time.Time `json:"received_at,omitzero"`
	Edge       Edge      `json:"edge"`
}

// Edge is how a callback was answered.
type Edge struct {
	// Signed says that a Sign was asked for, and held. An insecure app is asked for none.
	Signed bool `json:"signed"`
	// Plugins are those that it was routed to, in their order. The slice is shared.
	Plugins []string `json:"plugins,omitempty"`
	// Outcome is a label of switchhook_callbacks_total.
	Outcome string `json:"outcome"`
	// Reason says why no plugin was asked, where the outcome does not: a label of
	// switchhook_requests_rejected_total, or app_limit, route_limit, no_handler or
	// not_stored.
	Reason string `json:"reason,omitempty"`
	// By is who the reply came from: plugin, policy, bypass or gateway.
	By string `json:"by"`
	// Status is the HTTP status, Code the ErrorCode that went out with a 200, and Failed
	// that its ActionStatus was FAIL.
	Status int  `json:"status"`
	Code   int  `json:"code"`
	Failed bool `json:"failed,omitempty"`
	// Took is the time from the first byte to the reply.
	Took Millis `json:"took_ms"`
}

// The kinds of a [Step].
const (
	// KindAttempt: a plugin was asked.
	KindAttempt = "attempt"
	// KindDuplicate: an earlier callback was the same, and this one is not delivered.
	KindDuplicate = "duplicate"
)

// Step is something that happened to a callback.
type Step struct {
	ID   string    `json:"-"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at,omitzero"`
	// The rest is of attempts. Number counts the attempts at this plugin, from 1; Purpose
	// is live, replay or dry_run; Outcome is a label of switchhook_deliveries_total.
	Plugin  string `json:"plugin,omitempty"`
	Number  int    `json:"number,omitempty"`
	Purpose string `json:"purpose,omitempty"`
	Outcome string `json:"outcome,omitempty"`
	Took    Millis `json:"took_ms,omitzero"`
	// Error is how it failed, in the plugin's words; over TCP only that it did.
	Error string `json:"error,omitempty"`
}

// Millis is a time that is a number of milliseconds in JSON, exact to the microsecond.
type Millis time.Duration

// MarshalJSON writes the number.
func (m Millis) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(time.Duration(m).Microseconds())/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads what [Millis.MarshalJSON] wrote.
func (m *Millis) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("read milliseconds: %w", err)
	}
	*m = Millis(n * float64(time.Millisecond))
	return nil
}

// Reach says how far back a memory goes.
type Reach struct {
	// Callbacks is how many are remembered, of at most Size; a Size of 0 remembers none.
	Callbacks int `json:"callbacks"`
	Size      int `json:"size"`
	// Since is when the oldest of them came in; zero where there is none.
	Since time.Time `json:"since,omitzero"`
}
