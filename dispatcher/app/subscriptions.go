package app

import (
	"context"
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// moveSubscriptions gives everything of one plugin to another name.
func (a *App) moveSubscriptions(ctx context.Context, from, to string) (copies int, err error) {
	b, err := a.opened()
	if err != nil {
		return 0, err
	}
	defer a.lookAtSubscriptions()
	copies, err = b.Move(ctx, from, to)
	return copies, found(err)
}

// endSubscription ends one.
func (a *App) endSubscription(ctx context.Context, plugin, pattern string) (dead int, err error) {
	b, err := a.opened()
	if err != nil {
		return 0, err
	}
	defer a.lookAtSubscriptions()
	dead, err = b.Unsubscribe(ctx, plugin, pattern)
	return dead, found(err)
}

// backfill gives a plugin earlier events.
func (a *App) backfill(ctx context.Context, plugin, pattern string, since time.Time, progress admin.InboxProgress) (int64, error) {
	b, err := a.opened()
	if err != nil {
		return 0, err
	}
	made, err := b.Backfill(ctx, plugin, pattern, since, store.Progress(progress))
	return made, found(err)
}

// found has the admin side tell what is not there from what has failed.
func found(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return admin.NotFound(err)
	}
	return err
}
