package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// applyWait is how long a commit waits for the view, once the log has its entry.
	applyWait = 10 * time.Second
	// reserve is the part of the log that appends leave to results: one in so many.
	reserve = 16
)

// ErrBehind is that the gateway's view has not applied what the log has. Waiting may mend it.
var ErrBehind = errors.New("the view of the inbox is behind")

var (
	errReplaced = errors.New("the log of the inbox is not the one that this gateway's view is of: " +
		"its stream was deleted or restored while the gateway ran; restart the gateway: `switchhook inbox status` then says LOSS, and how what waited is brought back")
	errSlow = fmt.Errorf("%w: the log has the change, and this gateway's view has not applied it in time", ErrBehind)
	errAnew = errors.New("the view was made anew meanwhile: whether the change was made is not known")
)

// Commit makes all of b durable, or nothing of it: it writes b to the log, and returns when
// the view has applied it. The context is looked at before it begins. Where it ends later,
// where the cluster does not answer, or the view does not follow, the outcome is open.
//
// It fails at once where the cluster is known to be away, or the view to be behind.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	reset(b)
	if err := s.commit(ctx, b, plugins(b)); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// commit is Commit, with the plugins that are told of copies to deliver.
func (s *Store) commit(ctx context.Context, b *store.Batch, told []string) error {
	if err := validate(b); err != nil {
		return err
	}
	if len(b.Appends)+len(b.Requeues) > 0 {
		if err := s.room(b); err != nil {
			return err
		}
	}
	e, err := s.change(ctx, told, &sqlite.Entry{Batch: b})
	if err != nil {
		return err
	}
	take(b, e.Batch)
	return e.Err
}

// room is an error where there is none for b: in the view, which each gateway has for itself,
// or in the log, which keeps a part for results.
func (s *Store) room(b *store.Batch) error {
	if size, most := s.gauges.size(), s.options.Cluster.MaxBytes; size > most-most/reserve {
		return fmt.Errorf("the log of the inbox holds %d of at most %d bytes (inbox.max_bytes), until the gateways have snapshots of what is in it: %w",
			size, most, store.ErrFull)
	}
	_, err := ask(s, func(v *view) (struct{}, error) { return struct{}{}, v.Room(b) })
	return err
}

// change writes an entry to the log and returns it as the view has applied it. It waits
// without holding anything that others need.
func (s *Store) change(ctx context.Context, told []string, e *sqlite.Entry) (*sqlite.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	if s.closed.Load() {
		return nil, errClosed
	}
	if err := s.ready(); err != nil {
		return nil, err
	}
	e.Now, e.Window = s.options.Now(), s.options.DuplicateWindow
	id := s.self + strconv.FormatUint(s.entries.Add(1), 36)
	applied := s.waiters.add(id)
	defer s.waiters.remove(id)
	before, _ := s.position.now()
	mark, err := s.log.Append(ctx, id, told, encode(e))
	s.heard(err)
	if err != nil {
		return nil, err
	}
	if mark <= before {
		s.stop(errReplaced)
		return nil, errReplaced
	}
	s.position.saw(mark)
	s.waiters.placed(id, mark)
	timer := time.NewTimer(applyWait)
	defer timer.Stop()
	select {
	case o := <-applied:
		return o.entry, o.err
	case <-timer.C:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", errSlow, context.Cause(ctx))
	case <-s.ended:
		return nil, errClosed
	}
	if err := s.ready(); err != nil {
		return nil, fmt.Errorf("%w: %w", errSlow, err)
	}
	return nil, errSlow
}

// reset takes back what a commit says of its parts.
func reset(b *store.Batch) {
	for i := range b.Appends {
		b.Appends[i].Event.Seq, b.Appends[i].Duplicate = 0, false
	}
	for i := range b.Results {
		b.Results[i].Changed = false
	}
	for i := range b.Requeues {
		b.Requeues[i].Queued = false
	}
	for i := range b.Drops {
		b.Drops[i].Dropped = false
	}
}

// take has the caller's batch say what the applied one, which is the same, has come to.
func take(b, applied *store.Batch) {
	for i := range b.Appends {
		b.Appends[i].Event.Seq, b.Appends[i].Duplicate = applied.Appends[i].Event.Seq, applied.Appends[i].Duplicate
	}
	for i := range b.Results {
		b.Results[i].Changed = applied.Results[i].Changed
	}
	for i := range b.Requeues {
		b.Requeues[i].Queued = applied.Requeues[i].Queued
	}
	for i := range b.Drops {
		b.Drops[i].Dropped = applied.Drops[i].Dropped
	}
}
