package config

import "time"

// Inbox is how events are kept until the plugins have handled them.
type Inbox struct {
	// Store is what keeps them: "sqlite", a file of this gateway's, or "jetstream", a
	// cluster that several gateways share.
	Store string `yaml:"store"`
	// NATS is the cluster, for store jetstream alone.
	NATS NATS `yaml:"nats"`
	// MaxBytes bounds what is kept.
	MaxBytes Size `yaml:"max_bytes"`
	// DuplicateWindow is how long a second arrival of an event whose body proves that
	// it is the same one is not delivered again; nought for not at all.
	DuplicateWindow time.Duration `yaml:"duplicate_window"`
	// Retention is how long what has been handled is kept.
	Retention time.Duration `yaml:"retention,live"`
	// OnFull is "refuse" or "stall": what becomes of an event that there is no room for.
	OnFull string `yaml:"on_full,live"`
	// Memory bounds the bodies that wait in memory.
	Memory Size `yaml:"memory,live"`
	// Retry says how failed deliveries are tried again.
	Retry Retry `yaml:"retry,live"`
	// Deliveries are words on deliveries, by command, by the beginning of one with "*"
	// at its end, or by "*". The closest counts, field by field.
	Deliveries map[string]Delivery `yaml:"deliveries,live"`
}

// Retry is how failed deliveries are tried again.
type Retry struct {
	// MaxAge is how long after its first failure a delivery is given up.
	MaxAge time.Duration `yaml:"max_age"`
	// MaxBackoff is the longest wait between two attempts.
	MaxBackoff time.Duration `yaml:"max_backoff"`
}

// Delivery is what the file says of the deliveries of a command. A zero field is not
// stated.
type Delivery struct {
	// MaxInFlight bounds those under way, of each plugin and command.
	MaxInFlight int `yaml:"max_in_flight"`
	// Timeout bounds one attempt.
	Timeout time.Duration `yaml:"timeout"`
	// Order is "user", "group", "none" or empty.
	Order string `yaml:"order"`
}

// What a key of the inbox is worth that the file does not state.
const (
	storeSQLite            = "sqlite"
	storeJetStream         = "jetstream"
	defaultMaxBytes        = 10_000_000_000
	defaultDuplicateWindow = time.Hour
	defaultRetention       = 7 * 24 * time.Hour
	onFullRefuse           = "refuse"
	onFullStall            = "stall"
	defaultMemory          = 64 << 20
	defaultMaxAge          = 72 * time.Hour
	defaultMaxBackoff      = 10 * time.Minute
)

// Shared reports whether other gateways may have the inbox in common with this one.
func (i Inbox) Shared() bool { return i.Store == storeJetStream }

func defaultInbox() Inbox {
	return Inbox{
		Store: storeSQLite, NATS: defaultNATS(), MaxBytes: defaultMaxBytes, DuplicateWindow: defaultDuplicateWindow, Retention: defaultRetention,
		OnFull: onFullRefuse, Memory: defaultMemory, Retry: Retry{MaxAge: defaultMaxAge, MaxBackoff: defaultMaxBackoff},
	}
}
