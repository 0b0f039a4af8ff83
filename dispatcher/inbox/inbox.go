package inbox

import (
	"context"
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

var errNotYet = errors.New("not written yet")

// Inbox keeps after-callbacks until every plugin has had them. It is safe for
// concurrent use.
type Inbox struct{ options Options }

// Open takes up what the store holds. Nothing is delivered before [Inbox.Start].
func Open(ctx context.Context, o Options) (*Inbox, error) { return nil, errNotYet }

// Start begins the deliveries.
func (b *Inbox) Start() {}

// Configure takes new settings over.
func (b *Inbox) Configure(s Settings) {}

// Refresh has the inbox look again at whom it may deliver to: plugins, claims or
// routes have changed.
func (b *Inbox) Refresh() {}

// Accept keeps cb for each of the plugins and returns once that is safe. It is what
// [dispatcher.Options.Accept] wants. The error is an overloaded fault where there is
// no room.
func (b *Inbox) Accept(ctx context.Context, cb sdk.Callback, plugins []string) error {
	return errNotYet
}

// Subscribe remembers who wants what from now on, or from further back: the copies
// of a new subscription's earlier events are made at once.
func (b *Inbox) Subscribe(ctx context.Context, subscriptions ...store.Subscription) error {
	return errNotYet
}

// Backfill gives the plugin the events of a pattern that it has no copy of, received
// since then, and returns how many.
func (b *Inbox) Backfill(ctx context.Context, plugin, pattern string, since time.Time, progress store.Progress) (int64, error) {
	return 0, errNotYet
}

// Unsubscribe and Move are the store's, with the deliveries following.
func (b *Inbox) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	return 0, errNotYet
}

// Move gives everything of one plugin to another name.
func (b *Inbox) Move(ctx context.Context, from, to string) (copies int, err error) {
	return 0, errNotYet
}

// Status tells the inbox at a glance.
func (b *Inbox) Status(ctx context.Context) (Status, error) { return Status{}, errNotYet }

// Scan returns a page of copies.
func (b *Inbox) Scan(ctx context.Context, q store.ScanQuery) (store.Page, error) {
	return store.Page{}, errNotYet
}

// Replay makes copies ready again, and tells report from time to time how far it is.
func (b *Inbox) Replay(ctx context.Context, o ReplayOrder, report func(ReplayReport)) (ReplayReport, error) {
	return ReplayReport{}, errNotYet
}

// Drop lets go of dead letters and returns how many.
func (b *Inbox) Drop(ctx context.Context, f store.Filter, progress store.Progress) (int64, error) {
	return 0, errNotYet
}

// Backup writes a consistent copy of the store to a new file.
func (b *Inbox) Backup(ctx context.Context, file string, progress store.Progress) error {
	return errNotYet
}

// Check reads everything and returns what is wrong with it, a line each.
func (b *Inbox) Check(ctx context.Context, progress store.Progress) ([]string, error) {
	return nil, errNotYet
}

// Close stops accepting, waits for the deliveries under way until ctx ends, writes
// down what they led to, and closes the store.
func (b *Inbox) Close(ctx context.Context) error { return errNotYet }
