package storetest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Implementation is a kind of store, as [Run] and [Model] handle it.
type Implementation struct {
	// Open opens the store in a folder: a new one, or what an earlier one left there.
	Open func(ctx context.Context, dir string, o Options) (store.Store, error)
	// Crash leaves in the folder to what would be there if the process that has the
	// store in dir open were killed now. Nil where that cannot be had.
	Crash func(dir, to string) error
	// Restore makes a store in the empty folder dir from a backup.
	Restore func(file, dir string) error
	// Damage changes the body of an event in the closed store in dir as a failing disk
	// would. Nil where that cannot be had.
	Damage func(dir string, seq uint64) error
}

// Options are what the tests ask of a store.
type Options struct {
	// MaxBytes bounds the store; 0 for a bound that no test reaches.
	MaxBytes int64
	// DuplicateWindow is never 0.
	DuplicateWindow time.Duration
	// Now is the tests' clock. It never runs behind the ReceivedAt of an event, so that
	// a store may count the window by the one or by the other.
	Now func() time.Time
}

// promises are tests by what they hold a store to.
type promises map[string]func(f *fixture)

// Run holds a store to everything that package store promises.
func Run(t *testing.T, im Implementation) {
	t.Helper()
	groups := map[string]promises{
		"Commit": commitPromises(), "Content": contentPromises(), "Result": resultPromises(), "Requeue": requeuePromises(),
		"Duplicates": duplicatePromises(), "Waiting": waitingPromises(), "Due": duePromises(),
		"Scan": scanPromises(), "Stats": statsPromises(), "Subscriptions": subscriptionPromises(),
		"Move": movePromises(), "Trim": trimPromises(), "Full": fullPromises(), "Backup": backupPromises(),
		"Reopen": reopenPromises(), "Together": concurrencyPromises(),
	}
	if im.Crash != nil {
		groups["Crash"] = crashPromises()
	}
	if im.Damage != nil {
		groups["Damage"] = damagePromises()
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		for _, name := range slices.Sorted(maps.Keys(groups[group])) {
			t.Run(group+"/"+name, func(t *testing.T) {
				t.Parallel()
				groups[group][name](newFixture(t, im))
			})
		}
	}
}
