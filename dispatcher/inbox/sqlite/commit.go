package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Commit makes all of b durable, or nothing of it. The context is looked at before it
// begins; a commit under way is not given up halfway.
func (s *Store) Commit(ctx context.Context, b *store.Batch) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if s.options.Replica {
		return fmt.Errorf("commit: %w", errReplica)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reset(b)
	if len(b.Appends)+len(b.Requeues) > 0 {
		if err := s.room(payload(b)); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	} else if _, enough := s.diskLeaves(0); !enough {
		s.shrinkLog() // results are tried all the same
	}
	if err := s.transactOrHeal(func(c *change) error {
		reset(b) // of an attempt before
		return c.batch(b, s.options.DuplicateWindow, &s.recent)
	}); err != nil {
		reset(b)
		s.suspect(err)
		return fmt.Errorf("commit: %w", err)
	}
	s.recent.addAll(b)
	return nil
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

// payload is about how much room a batch takes.
func payload(b *store.Batch) (n int64) {
	for i := range b.Appends {
		a := &b.Appends[i]
		n += int64(len(a.Event.Body)+2*len(a.Event.ID)+len(a.Event.Key)+len(a.Event.Command)) + 64 + 32*int64(len(a.Plugins))
	}
	return n + 32*int64(len(b.Requeues))
}

func (c *change) batch(b *store.Batch, window time.Duration, recent *recent) error {
	if len(b.Appends)+len(b.Results)+len(b.Requeues)+len(b.Drops) == 0 {
		// Whoever asks whether the store takes changes wants a page written.
		if _, err := c.w.exec("UPDATE totals SET last_seq = last_seq"); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	if err := c.appends(b.Appends, window); err != nil {
		return err
	}
	for i := range b.Results {
		if err := c.result(&b.Results[i], recent.command(int64(b.Results[i].Seq))); err != nil { //nolint:gosec // a seq is far below the bound
			return fmt.Errorf("keep the result of event %d: %w", b.Results[i].Seq, err)
		}
	}
	for i := range b.Requeues {
		if err := c.requeue(&b.Requeues[i]); err != nil {
			return fmt.Errorf("requeue event %d: %w", b.Requeues[i].Seq, err)
		}
	}
	for i := range b.Drops {
		if err := c.drop(&b.Drops[i]); err != nil {
			return fmt.Errorf("drop event %d: %w", b.Drops[i].Seq, err)
		}
	}
	return nil
}

// transact does work in one durable transaction. The caller holds s.mu.
func (s *Store) transact(work func(*change) error) error {
	w, err := s.writer()
	if err != nil {
		return err
	}
	c := &change{
		w: w, ledger: s.ledger, now: s.options.Now().UnixMicro(),
		lastSeq: s.ledger.lastSeq, deltas: map[*queue]*delta{}, trimmed: s.trimAfter,
	}
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return s.fail(w, err)
	}
	if s.disown {
		err = w.forgetMark() // what it takes in now is not of the log
	}
	if err == nil {
		err = work(c)
	}
	if err == nil {
		err = c.write()
	}
	var size sizes
	if err == nil {
		size, err = w.measure() // here, where it takes no locks of its own
	}
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		return s.fail(w, err)
	}
	s.disown = false
	if c.apply(); c.ledger != s.ledger {
		s.ledger.replace(c.ledger)
	}
	s.size.Store(&size)
	s.trimAfter = c.trimmed
	if c.settled > 0 {
		s.trimAfter = min(s.trimAfter, c.settled-1)
	}
	s.restartLog(w)
	return nil
}

// transactOrHeal is transact for a store that may be damaged. The first change that
// stumbles over it has everything mended, and is tried once more.
func (s *Store) transactOrHeal(work func(*change) error) error {
	err := s.transact(work)
	if !unreadable(err) || s.healed {
		return err
	}
	w, opened := s.writer()
	if opened != nil {
		return errors.Join(err, opened)
	}
	damaged, healed := w.heal(s.ledger)
	if s.healed = healed == nil || unreadable(healed); healed != nil {
		return errors.Join(err, s.fail(w, healed))
	}
	l, loaded := w.load(s.ctx)
	if loaded != nil {
		return errors.Join(err, s.fail(w, loaded))
	}
	s.ledger.replace(l)
	s.options.Logger.ErrorContext(s.ctx, "the inbox was damaged: indexes made anew, damaged copies are dead letters",
		"file", s.path, "damaged_copies", damaged, "err", err)
	return s.transact(work)
}

// writer returns the session, and opens a new one after a failure.
func (s *Store) writer() (*session, error) {
	if s.closed.Load() {
		return nil, errClosed
	}
	if s.session != nil {
		return s.session, nil
	}
	w, err := openSession(s.ctx, s.path, &s.options)
	if err != nil {
		return nil, s.explained(err)
	}
	l, err := w.load(s.ctx) // the commit that failed last may have been kept after all
	if err != nil {
		_ = w.close()
		return nil, s.explained(err)
	}
	if err := s.readMark(w); err != nil {
		_ = w.close()
		return nil, s.explained(err)
	}
	s.ledger.replace(l)
	s.session, s.trimAfter = w, 0
	return w, nil
}

// fail undoes the transaction, and gives the session up where its file may not be what
// SQLite takes it for.
func (s *Store) fail(w *session, err error) error {
	_, undone := w.exec("ROLLBACK") // fails where SQLite has undone it already
	if harmless(err) && undone == nil {
		return err
	}
	s.session = nil
	_ = w.close()
	return s.explained(err)
}
