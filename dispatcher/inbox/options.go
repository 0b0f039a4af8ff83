package inbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Options are what an [Inbox] is made from. Store and the funcs are needed; the
// funcs are called from many goroutines at once.
type Options struct {
	// Store keeps the events. The inbox closes it.
	Store store.Store
	// Deliver is one attempt, with its own timeout: [dispatcher.Dispatcher.Deliver].
	Deliver func(ctx context.Context, plugin string, cb sdk.Callback) (sdk.Reply, error)
	// Serves says why a plugin cannot be given a command at all at the moment (it is
	// gone, disabled, or does not claim the command); empty where it can. What is not
	// served waits and costs no attempt. [Inbox.Refresh] has it asked again.
	Serves func(plugin, command string) (why string)
	// Knows reports whether the plugin takes callbacks of the purpose.
	Knows func(plugin string, p sdk.Purpose) bool
	// Lost reports whether a failed attempt ended with the plugin's process, so that
	// the callback may have been what ended it.
	Lost func(err error) bool
	// Poison reports whether the plugin's supervisor has given the callback up.
	Poison func(err error) bool
	// Key is the callback's key, and whether it proves the occurrence.
	Key func(cb sdk.Callback) (key string, once bool)
	// OrderKey is whom or what the callback is about, as [Delivery.Order] wants it
	// told apart; empty where the body does not say, which orders nothing.
	OrderKey func(cb sdk.Callback, by Order) string
	// Settings may change while the inbox works, see [Inbox.Configure].
	Settings Settings
	// Logger and Registerer are where it reports to; nil for nowhere.
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

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
