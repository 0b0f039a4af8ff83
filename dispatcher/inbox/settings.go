package inbox

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
)

// Settings are what an operator says of the inbox. A zero field has the default in
// brackets.
type Settings struct {
	// OnFull is what becomes of a callback that there is no room for [Refuse].
	OnFull OnFull
	// Retention is how long finished events are kept [7 days].
	Retention time.Duration
	// Memory bounds the bodies that wait in memory for their delivery [64 MiB]; more
	// than that waits on disk alone.
	Memory int64
	// Retry says how failed deliveries are tried again.
	Retry Retry
	// Deliveries are the words on deliveries, by pattern: a command, the beginning
	// of one with "*" at its end, or "*". The closest counts, field by field.
	Deliveries map[string]Delivery
}

// What is said of deliveries is the courier's.
type (
	// Retry says how failed deliveries are tried again.
	Retry = courier.Retry
	// Delivery says how the copies of a command are delivered to one plugin.
	Delivery = courier.Delivery
	// Order is what deliveries are told apart by where their order matters.
	Order = courier.Order
)

// The orders. The zero Order is not stated.
const (
	Unordered = courier.Unordered
	ByUser    = courier.ByUser
	ByGroup   = courier.ByGroup
)

// OnFull is what becomes of a callback that there is no room for.
type OnFull string

// The ways.
const (
	// Refuse fails at once, so that the sender knows.
	Refuse OnFull = "refuse"
	// Stall holds the request until Tencent has given up waiting, since its optional
	// retry fires on a timeout only. Of a bounded number; beyond it, Refuse.
	Stall OnFull = "stall"
)

// defaultRetention is how long finished events are kept.
const defaultRetention = 7 * 24 * time.Hour

// withDefaults fills in what an operator has not said, but for the courier's part,
// which has defaults of its own.
func (s Settings) withDefaults() Settings {
	if s.OnFull == "" {
		s.OnFull = Refuse
	}
	if s.Retention <= 0 {
		s.Retention = defaultRetention
	}
	return s
}

// courier returns what of the settings is about deliveries.
func (s Settings) courier() courier.Settings {
	return courier.Settings{Memory: s.Memory, Retry: s.Retry, Deliveries: s.Deliveries}
}
