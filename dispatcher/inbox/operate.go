package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Scan returns a page of copies.
func (b *Inbox) Scan(ctx context.Context, q store.ScanQuery) (store.Page, error) {
	page, err := b.options.Store.Scan(ctx, q)
	if err != nil {
		return store.Page{}, fmt.Errorf("read what the inbox keeps: %w", err)
	}
	return page, nil
}

// Drop lets go of dead letters and returns how many. The filter's States are not
// looked at.
func (b *Inbox) Drop(ctx context.Context, f store.Filter, progress store.Progress) (int64, error) {
	stats, err := b.options.Store.Stats(ctx)
	if err != nil {
		return 0, fmt.Errorf("drop dead letters: %w", err)
	}
	var total, seen, dropped int64
	for _, q := range stats.Queues {
		if concerns(f, q) {
			total += q.Dead
		}
	}
	f.States = []store.State{store.Dead}
	err = b.eachPage(ctx, store.ScanQuery{Filter: f}, func(copies []store.Copy) error {
		batch := &store.Batch{Drops: make([]store.Drop, 0, len(copies))}
		for _, c := range copies {
			batch.Drops = append(batch.Drops, store.Drop{Plugin: c.Plugin, Seq: c.Event.Seq})
		}
		if len(copies) > 0 {
			if err := b.committer.Change(ctx, batch); err != nil {
				return err
			}
		}
		for _, d := range batch.Drops {
			if d.Dropped {
				dropped++
			}
		}
		seen += int64(len(copies))
		tell(progress, seen, max(seen, total))
		return nil
	})
	if err != nil {
		return dropped, fmt.Errorf("drop dead letters, of which %d are dropped: %w", dropped, err)
	}
	tell(progress, seen, seen)
	return dropped, nil
}

// concerns reports whether a filter may choose copies of a queue.
func concerns(f store.Filter, q store.Queue) bool {
	return (f.Plugin == "" || f.Plugin == q.Plugin) && f.Covers(q.Command)
}

// Backup writes a consistent copy of the store to a new file.
func (b *Inbox) Backup(ctx context.Context, file string, progress store.Progress) error {
	if err := b.options.Store.Backup(ctx, file, progress); err != nil {
		return fmt.Errorf("back the inbox up to %s: %w", file, err)
	}
	return nil
}

// Check reads everything and returns what is wrong with it, a line each.
func (b *Inbox) Check(ctx context.Context, progress store.Progress) ([]string, error) {
	problems, err := b.options.Store.Check(ctx, progress)
	if err != nil {
		return problems, fmt.Errorf("check the inbox: %w", err)
	}
	return slices.Clip(problems), nil
}
