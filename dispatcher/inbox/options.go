package inbox

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

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
	// told apart; empty where the body does not say, which orders nothing. Nil for
	// [OrderKey].
	OrderKey func(cb sdk.Callback, by Order) string
	// Duplicate is told of every callback that was accepted and is not delivered, since
	// an earlier one was the same; nil for nobody.
	Duplicate func(cb sdk.Callback)
	// Settings may change while the inbox works, see [Inbox.Configure].
	Settings Settings
	// Logger and Registerer are where it reports to; nil for nowhere.
	Logger     *slog.Logger
	Registerer prometheus.Registerer
	// AppendErrors counts the events that could not be kept: one of [NewAppendErrors],
	// registered by whoever refuses events until the inbox is open. Nil for one of the
	// inbox's own.
	AppendErrors prometheus.Counter
}
