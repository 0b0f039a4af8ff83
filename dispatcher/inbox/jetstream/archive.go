package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// What is asked for is answered by the view, which knows what the gateway itself has
// committed. What others have committed it knows a moment later.

// Waiting returns copies to deliver, in order of acceptance.
func (s *Store) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	return ask(s, func(v *view) ([]store.Copy, error) { return v.Waiting(ctx, q) })
}

// Due returns copies whose next attempt is due, and when the next of the others falls due.
func (s *Store) Due(ctx context.Context, q store.DueQuery) (copies []store.Copy, next time.Time, err error) {
	copies, err = ask(s, func(v *view) (copies []store.Copy, err error) {
		copies, next, err = v.Due(ctx, q)
		return copies, err
	})
	return copies, next, err
}

// Scan returns a page of copies.
func (s *Store) Scan(ctx context.Context, q store.ScanQuery) (store.Page, error) {
	return ask(s, func(v *view) (store.Page, error) { return v.Scan(ctx, q) })
}

// Copies returns those of a plugin's copies of these events that wait.
func (s *Store) Copies(ctx context.Context, plugin string, seqs []uint64) ([]store.Copy, error) {
	return ask(s, func(v *view) ([]store.Copy, error) { return v.Copies(ctx, plugin, seqs) })
}

// Stats returns counts and sizes, those of the view. DiskFreeBytes is of the view's disk. What
// waits in a view of another log is its Loss.
func (s *Store) Stats(ctx context.Context) (store.Stats, error) {
	stats, err := ask(s, func(v *view) (store.Stats, error) { return v.Stats(ctx) })
	if err == nil && stats.Loss == nil {
		stats.Loss = s.missing()
	}
	return stats, err
}

// Subscriptions returns all of them, sorted by plugin and pattern.
func (s *Store) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	return ask(s, func(v *view) ([]store.Subscription, error) { return v.Subscriptions(ctx) })
}

// Mark is the latest entry of the log that the view has applied.
func (s *Store) Mark() uint64 {
	mark, _ := s.position.now()
	return mark
}

// Await waits until the view has applied an entry.
func (s *Store) Await(ctx context.Context, mark uint64) error {
	if !s.position.reach(ctx, mark) {
		return fmt.Errorf("wait for entry %d of the log: %w", mark, context.Cause(ctx))
	}
	return nil
}

// Range returns the events that an entry has appended, from first to last; 0 for none.
func (s *Store) Range(ctx context.Context, mark uint64) (first, last uint64, err error) {
	first, err = ask(s, func(v *view) (first uint64, err error) {
		first, last, err = v.Range(ctx, mark)
		return first, err
	})
	return first, last, err
}
