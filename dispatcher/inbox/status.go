package inbox

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
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
