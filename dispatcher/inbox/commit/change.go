package commit

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// change is an operator's work and the caller that waits for it. It has a commit of
// its own, so that neither its size nor its errors are those of callbacks.
type change struct {
	batch     *store.Batch                    // nil where run is set
	run       func(ctx context.Context) error // nil where batch is set
	abandoned atomic.Bool
	done      chan error
}

// Change commits an operator's batch and returns with what the store has set in it.
// Where ctx ends first the outcome is open, and b must not be read.
func (c *Committer) Change(ctx context.Context, b *store.Batch) error {
	return c.do(ctx, &change{batch: b, done: make(chan error, 1)})
}

// Exclusive calls run between two commits, on the goroutine that writes: nothing
// changes in the store meanwhile but by run. Where ctx ends first run may still be
// called, or be under way.
func (c *Committer) Exclusive(ctx context.Context, run func(ctx context.Context) error) error {
	return c.do(ctx, &change{run: run, done: make(chan error, 1)})
}

func (c *Committer) do(ctx context.Context, ch *change) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return fmt.Errorf("change the inbox: %w", errClosed)
	}
	c.changes = append(c.changes, ch)
	c.signal()
	c.mu.Unlock()
	select {
	case err := <-ch.done:
		return err
	case <-ctx.Done():
		ch.abandoned.Store(true)
		return fmt.Errorf("wait for a change of the inbox, which may still be made: %w", context.Cause(ctx))
	}
}

// change makes an operator's change.
func (w *writer) change(ctx context.Context, ch *change) {
	switch {
	case ch.abandoned.Load():
	case ch.run != nil:
		ch.done <- ch.run(ctx)
	default:
		err := w.commit(ctx, ch.batch)
		switch kindOf(err) {
		case OK:
		case Full:
			w.trouble(err)
		case Failing: // it may be the batch, or the journal
			if empty := w.commit(ctx, &store.Batch{}); empty != nil && w.State().Kind == OK {
				w.failed(empty)
			}
		}
		ch.done <- err
	}
}
