package inbox

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Status is the inbox at a glance.
type Status struct {
	// Problem says why callbacks are not accepted as they should be (full, or the
	// store fails), since when; empty where they are.
	Problem string
	Since   time.Time
	// Full says that the problem is want of room.
	Full bool
	// Stats are the store's.
	Stats store.Stats
	// Lines are what waits, by plugin and by what is delivered together, and lines
	// that have dead letters; sorted.
	Lines []LineStatus
	// Subscriptions are who wants what, those of plugins that are gone included.
	Subscriptions []SubscriptionStatus
}

// LineStatus is what one plugin has to be given of one command, or of one order.
type LineStatus struct {
	store.Line
	Ready, Retry, Dead int64
	// InFlight is how many of them are being delivered, Limit how many may be.
	InFlight, Limit int
	// Oldest is when the oldest waiting copy was received; zero where none waits.
	Oldest time.Time
	// Why says what the line waits for, Until when it is tried again by itself; empty
	// and zero while deliveries go on.
	Why   string
	Until time.Time
	// LastError is the latest failure's text.
	LastError string
}

// SubscriptionStatus is a subscription and what becomes of it.
type SubscriptionStatus struct {
	store.Subscription
	// Waiting and Dead count the plugin's copies of the pattern's commands.
	Waiting, Dead int64
	// Why says why nothing is delivered to the plugin; empty where it is.
	Why string
}

// ReplayOrder asks for copies that are done or dead to be delivered again.
type ReplayOrder struct {
	// Filter chooses them. Its States may be Done and Dead; none means Done and Dead.
	Filter store.Filter
	// Purpose is [sdk.Replay]; [sdk.Live] for dead letters that the plugin never
	// handled; or [sdk.DryRun], which asks the plugin what it would answer, now, and
	// changes nothing.
	Purpose sdk.Purpose
	// Rate bounds how many a second are made ready; 0 for no bound.
	Rate int
	// CountOnly chooses and does nothing.
	CountOnly bool
}

// ReplayReport is what has become of a replay, or how far it is.
type ReplayReport struct {
	// Matched counts the copies that the filter chose, Queued those made ready, and
	// Skipped those of plugins that do not know the purpose, by plugin.
	Matched, Queued int64
	Skipped         map[string]int64
	// Waiting counts the matches that wait for their delivery anyway.
	Waiting int64
	// Outcomes counts the answers to a dry run: "ok", "rejected", or the kind of the
	// fault.
	Outcomes map[string]int64
}
