package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// pageSize is how many copies are read, or changed, at a time.
const pageSize = 500

// Subscribe remembers who wants what from now on, or from further back: the copies
// of a new subscription's earlier events are made at once. A subscription that exists
// stays as it is. One without a time wants what comes from now on.
//
// The copies are made before the subscription is kept: where the gateway dies in
// between, the next start makes those that are missing.
func (b *Inbox) Subscribe(ctx context.Context, subscriptions ...store.Subscription) error {
	if err := b.lockSubscriptions(ctx); err != nil {
		return err
	}
	defer b.unlockSubscriptions()
	known, err := b.options.Store.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("read the subscriptions: %w", err)
	}
	now := time.Now()
	for _, s := range subscriptions {
		if slices.ContainsFunc(known, func(k store.Subscription) bool { return k.Plugin == s.Plugin && k.Pattern == s.Pattern }) {
			continue
		}
		if s.Since.IsZero() {
			s.Since = now
		}
		if s.Since.Before(now) {
			if _, err := b.backfill(ctx, s.Plugin, s.Pattern, s.Since, nil); err != nil {
				return err
			}
		}
		if err := b.options.Store.Subscribe(ctx, s); err != nil {
			return fmt.Errorf("subscribe plugin %s to %s: %w", s.Plugin, s.Pattern, err)
		}
	}
	return nil
}

// Backfill gives the plugin the events of a pattern that it has no copy of, received
// since then, and returns how many. They are live: the plugin has never had them. A
// plugin without a subscription is a [store.ErrNotFound]: nobody would ever take its
// copies.
func (b *Inbox) Backfill(ctx context.Context, plugin, pattern string, since time.Time, progress store.Progress) (int64, error) {
	known, err := b.options.Store.Subscriptions(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the subscriptions: %w", err)
	}
	if !slices.ContainsFunc(known, func(s store.Subscription) bool { return s.Plugin == plugin }) {
		return 0, unknown("plugin "+plugin+" has no subscription", store.ErrNotFound)
	}
	return b.backfill(ctx, plugin, pattern, since, progress)
}

// unknown says what a change was to be made to that does not exist.
func unknown(what string, err error) error {
	return fmt.Errorf("%s: %w; `switchhook inbox subscriptions` lists all there is", what, err)
}

func (b *Inbox) backfill(ctx context.Context, plugin, pattern string, since time.Time, progress store.Progress) (int64, error) {
	var made, seen int64
	stats, err := b.options.Store.Stats(ctx)
	if err != nil {
		return 0, fmt.Errorf("backfill plugin %s with %s: %w", plugin, pattern, err)
	}
	batch, last := &store.Batch{}, uint64(0)
	q := store.ScanQuery{Filter: store.Filter{Command: pattern, Since: since}}
	err = b.eachPage(ctx, q, func(copies []store.Copy) error {
		*batch = store.Batch{Requeues: batch.Requeues[:0]}
		for _, c := range copies {
			if c.Event.Seq == last {
				continue
			}
			last = c.Event.Seq
			seen++
			batch.Requeues = append(batch.Requeues, store.Requeue{
				Plugin: plugin, Seq: last, Command: c.Event.Command, Purpose: sdk.Live, OnlyNew: true,
			})
		}
		queued, err := b.requeue(ctx, batch)
		made += queued
		tell(progress, seen, max(seen, stats.Events))
		return err
	})
	if err != nil {
		return made, fmt.Errorf("backfill plugin %s with %s: %w", plugin, pattern, err)
	}
	tell(progress, seen, seen)
	return made, nil
}

// Unsubscribe is the store's, with the deliveries following.
func (b *Inbox) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	if err := b.lockSubscriptions(ctx); err != nil {
		return 0, err
	}
	defer b.unlockSubscriptions()
	err = b.reshape(ctx, func(ctx context.Context) (int, error) {
		dead, err = b.options.Store.Unsubscribe(ctx, plugin, pattern)
		return dead, err
	}, plugin)
	if errors.Is(err, store.ErrNotFound) {
		return 0, unknown("plugin "+plugin+" is not subscribed to "+pattern, store.ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("unsubscribe plugin %s from %s: %w", plugin, pattern, err)
	}
	return dead, nil
}

// Move gives everything of one plugin to another name. What is being delivered to the
// old name at the moment is delivered to the new one as well.
func (b *Inbox) Move(ctx context.Context, from, to string) (copies int, err error) {
	if err := b.lockSubscriptions(ctx); err != nil {
		return 0, err
	}
	defer b.unlockSubscriptions()
	err = b.reshape(ctx, func(ctx context.Context) (int, error) {
		copies, err = b.options.Store.Move(ctx, from, to)
		return 0, err
	}, from, to)
	if errors.Is(err, store.ErrNotFound) {
		return 0, unknown("nothing is kept for plugin "+from, store.ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("move what is kept for plugin %s to %s: %w", from, to, err)
	}
	return copies, nil
}

// lockSubscriptions waits for another change of the subscriptions, which may make
// copies for hours.
func (b *Inbox) lockSubscriptions(ctx context.Context) error {
	select {
	case b.subscribing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for another change of the subscriptions: %w", context.Cause(ctx))
	}
}

func (b *Inbox) unlockSubscriptions() { <-b.subscribing }

// requeue makes what a batch asks for ready, and returns how many were not before.
func (b *Inbox) requeue(ctx context.Context, batch *store.Batch) (queued int64, err error) {
	if len(batch.Requeues) == 0 {
		return 0, nil
	}
	if err := b.committer.Change(ctx, batch); err != nil {
		return 0, err
	}
	for _, r := range batch.Requeues {
		if r.Queued {
			queued++
		}
	}
	return queued, nil
}

// eachPage reads all that q asks for, a page at a time, oldest first.
func (b *Inbox) eachPage(ctx context.Context, q store.ScanQuery, page func([]store.Copy) error) error {
	q.Limit = pageSize
	for {
		p, err := b.options.Store.Scan(ctx, q)
		if err != nil {
			return fmt.Errorf("read what is kept: %w", err)
		}
		if err := page(p.Copies); err != nil {
			return err
		}
		if p.Next == nil {
			return nil
		}
		q.After = p.Next
	}
}

func tell(progress store.Progress, done, total int64) {
	if progress != nil {
		progress(done, total)
	}
}
