package store

import (
	"context"
	"errors"
	"time"
)

// ErrFull is in the error of a commit that there was no room for: the store has
// reached its size limit, or the disk is full. Nothing of it was kept; once there is
// room, commits succeed again.
var ErrFull = errors.New("no room left")

// ErrNotFound is in the error of a change to what does not exist.
var ErrNotFound = errors.New("not found")

// Store keeps events until every plugin has had its copy. It is safe for concurrent
// use; changes are made one after the other.
type Store interface {
	Journal
	Archive
	Subscriber
	Keeper
}

// Journal takes changes.
type Journal interface {
	// Commit makes all of b durable before it returns nil: not even a power cut
	// undoes it then. After an error nothing of b counts, unless the store cannot
	// know (the disk failed at the last moment): such an append may turn up later,
	// and was never promised to anybody. Appends fail with ErrFull at the size limit;
	// a batch without appends and requeues then still succeeds. An empty batch is
	// written like any other, so that nil says that the store takes changes.
	Commit(ctx context.Context, b *Batch) error
}

// Archive answers questions. Every body that is read is checked against its sum.
type Archive interface {
	// Waiting returns copies to deliver, in order of acceptance.
	Waiting(ctx context.Context, q WaitingQuery) ([]Copy, error)
	// Due returns copies whose next attempt is due; next is when the earliest of
	// those left falls due, zero where none is left.
	Due(ctx context.Context, q DueQuery) (copies []Copy, next time.Time, err error)
	// Scan returns a page of copies.
	Scan(ctx context.Context, q ScanQuery) (Page, error)
	// Stats returns counts and sizes.
	Stats(ctx context.Context) (Stats, error)
}

// Subscriber keeps who wants what.
type Subscriber interface {
	// Subscriptions returns all of them, sorted by plugin and pattern.
	Subscriptions(ctx context.Context) ([]Subscription, error)
	// Subscribe keeps those that are new; one with the same plugin and pattern stays
	// as it is.
	Subscribe(ctx context.Context, s ...Subscription) error
	// Unsubscribe forgets a subscription. The plugin's waiting copies of commands
	// that no other subscription of the plugin covers become dead letters
	// (Unsubscribed), and dead says how many. ErrNotFound where there is none.
	Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error)
	// Move gives everything of one plugin, subscriptions and copies, to another
	// name. Where both have a copy of an event, the one that to has stays. ErrNotFound
	// where from has nothing.
	Move(ctx context.Context, from, to string) (copies int, err error)
}

// Keeper looks after the store itself.
type Keeper interface {
	// Trim lets go of finished events, the oldest first: those of which every copy
	// is done or dropped. What waits and what is dead stays.
	Trim(ctx context.Context, r Retention) (Trimmed, error)
	// Backup writes a consistent copy of the store to a new file while it is in use.
	Backup(ctx context.Context, file string, progress Progress) error
	// Check reads everything and returns what is wrong with it, a line each.
	Check(ctx context.Context, progress Progress) (problems []string, err error)
	// Close gives the store's files back. Nothing may be under way.
	Close() error
}

// Leaver is a Store that can be given back as a kill would leave it.
type Leaver interface {
	// Leave is Close, and the next opening says Unclean.
	Leave() error
}

// Progress is told how far a long piece of work is; nil does not want to know.
type Progress func(done, total int64)
