package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// ErrUnreadable is in the error of a replica that is not what was written. It mends
// nothing by itself, since what it made up others would not have: whoever has the log
// removes the files and makes it anew.
var ErrUnreadable = errors.New("the replica cannot be read")

var (
	errReplica = errors.New("the store is a replica, which changes by Apply alone")
	errPlain   = errors.New("the store is no replica")
)

// Entry is a change of a replica, in the order of a log that is kept elsewhere. What is
// made of it follows from the entries up to it alone, and from nothing that one machine
// has of its own.
type Entry struct {
	// Mark is the entry's place in the log; what is at or below the store's
	// [Store.Mark] is skipped. ID is the entry's own, by which the log is told from
	// another that has something else in that place.
	Mark uint64
	ID   string
	// Now is the clock of whoever made it, and Window the duplicate window: by these
	// duplicates are told. Without a window none is one, whatever Append.Once says.
	Now    time.Time
	Window time.Duration
	// What changes, in this order. The fields of Batch that a commit sets are set by
	// Apply. Trim are events to let go of, those that are finished.
	Batch       *store.Batch
	Subscribe   []store.Subscription
	Unsubscribe *store.Subscription // Plugin and Pattern
	Move        *Move
	Trim        []uint64
	// Count is set by Apply: dead letters, copies moved, or events trimmed. Bytes are
	// those of the bodies trimmed.
	Count int
	Bytes int64
	// Err is set by Apply where the entry changes nothing: a [store.ErrNotFound] of
	// Unsubscribe and Move, or what is wrong with a batch that no store would take,
	// such as an event's id that is taken. It is no failure, and the same everywhere.
	Err error
}

// Move gives everything of one plugin to another name, see [Store.Move].
type Move struct{ From, To string }

// reset takes back what Apply says of the entry.
func (e *Entry) reset() {
	if e.Batch != nil {
		reset(e.Batch)
	}
	e.Count, e.Bytes, e.Err = 0, 0, nil
}

// Mark is the place in the log up to which the replica has applied it; 0 before the
// first, and of a store that is none.
func (s *Store) Mark() uint64 { return s.mark.Load() }

// MarkID is the id of the entry at the mark; empty before the first.
func (s *Store) MarkID() string {
	if id := s.markID.Load(); id != nil {
		return *id
	}
	return ""
}

// Apply changes a replica by entries, in the order of their marks, in one transaction
// with the mark. It refuses none for size. After an error nothing of the entries counts,
// what it sets is as before, and the mark has not moved: they may be applied again. A
// power cut may take the latest along, and the mark with them.
func (s *Store) Apply(ctx context.Context, entries []Entry) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	if !s.options.Replica {
		return fmt.Errorf("apply: %w", errPlain)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(entries) > 0 && entries[0].Mark <= s.mark.Load() {
		entries = entries[1:]
	}
	if len(entries) == 0 {
		return nil
	}
	if _, enough := s.diskLeaves(0); !enough {
		s.shrinkLog() // they are tried all the same
	}
	err := s.applyAll(entries, (*change).entry)
	if refused(err) {
		err = s.applyAll(entries, (*change).carefully)
	}
	if err != nil {
		for i := range entries {
			entries[i].reset()
		}
		return fmt.Errorf("apply: %w", s.strictly(err))
	}
	return nil
}

// applyAll applies the entries, by one after the other.
func (s *Store) applyAll(entries []Entry, one func(*change, *Entry, *recent) error) error {
	before := s.mark.Load()
	last, id := before, ""
	err := s.transact(func(c *change) error {
		trimmed := 0
		for i := range entries {
			e := &entries[i]
			if e.Mark <= last {
				continue
			}
			e.reset()
			if err := one(c, e, &s.recent); err != nil {
				return fmt.Errorf("entry %d: %w", e.Mark, err)
			}
			last, id = e.Mark, e.ID
			trimmed += len(e.Trim)
		}
		if trimmed > 0 {
			if err := c.giveBack(s.size.Load()); err != nil {
				return err
			}
		}
		return c.w.keepMark(last, id, &c.sums)
	})
	if err == nil {
		s.markID.Store(&id)
		s.mark.Store(last)
		return nil
	}
	if last > before && s.kept(last) {
		return nil
	}
	return err
}

// kept reports whether a failed transaction was kept after all, by a disk that failed at
// the last moment.
func (s *Store) kept(mark uint64) bool {
	if s.session != nil {
		return false
	}
	_, err := s.writer()
	return err == nil && s.mark.Load() == mark
}

// strictly names a replica's error that says that its file is damaged.
func (s *Store) strictly(err error) error {
	if !s.options.Replica || !unreadable(err) || errors.Is(err, ErrUnreadable) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnreadable, err)
}
