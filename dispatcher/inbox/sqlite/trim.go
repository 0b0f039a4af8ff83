package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	trimChunk = 128  // events of one transaction
	trimWalk  = 512  // events looked at in one transaction
	trimAhead = 4096 // events looked at beyond the first that is too young
	trimCalls = 256  // transactions of one call
	seenChunk = 5000 // keys forgotten in one transaction
	spare     = 1024 // free pages that are kept for what comes next
	backPages = 512  // pages given back to the disk in one call
	eventRoom = 48   // bytes of an event beside its texts
	copyRoom  = 48   // bytes of a copy
)

// Trim lets go of finished events, the oldest first. What is found unfinished is not
// looked at again until one of its copies has changed.
func (s *Store) Trim(ctx context.Context, r store.Retention) (store.Trimmed, error) {
	var done store.Trimmed
	t := &trim{Retention: r}
	for calls := 0; ; calls++ {
		var next trim
		err := s.write(ctx, func(c *change) error {
			next = *t // of a transaction that fails, nothing counts
			return next.step(c, s)
		})
		if err != nil {
			return done, fmt.Errorf("trim: %w", err)
		}
		*t = next
		done.Events += t.events
		done.Bytes += t.bytes
		if done.More = t.more; t.ended || t.more {
			break
		}
		if calls == trimCalls {
			done.More = true
			break
		}
	}
	if err := s.tidy(ctx); err != nil {
		return done, fmt.Errorf("tidy up after a trim: %w", err)
	}
	return done, nil
}

// trim is a Trim under way.
type trim struct {
	store.Retention

	// of the current step
	events int
	bytes  int64
	ended  bool
	more   bool // the limit of the call has ended it

	all int // events of all steps

	at    int64 // looked at so far
	stuck int64 // no event up to this seq can be trimmed before it changes
	young int   // events looked at beyond the first that is too young
	begun bool
}

type candidate struct {
	seq, received int64
	size, room    int64 // of the body, and about what it takes of the file with all that belongs to it
	finished      bool
}

func (t *trim) step(c *change, s *Store) error {
	t.begin(s.trimAfter)
	defer func() { c.trimmed = t.stuck }()
	candidates, err := c.candidates(t.at)
	if err != nil {
		return err
	}
	tooLarge := s.size.Load().above(t.MaxBytes)
	for _, e := range candidates {
		switch {
		case !e.finished:
		case !tooLarge && !t.old(e):
			t.young++
		case t.full():
			return nil
		default:
			gone, err := c.forget(e)
			if err != nil {
				return fmt.Errorf("event %d: %w", e.seq, err)
			}
			if gone {
				t.events++
				t.all++
				t.bytes += e.size
			}
		}
		if t.past(e.seq); t.ended {
			return nil
		}
	}
	t.ended = len(candidates) < trimWalk
	return nil
}

// begin starts at the first event that may go: at first, and where something has
// settled behind us meanwhile.
func (t *trim) begin(after int64) {
	t.events, t.bytes, t.ended = 0, 0, false
	if !t.begun || after < t.stuck {
		t.at, t.stuck, t.young, t.begun = after, after, 0, true
	}
}

func (t *trim) old(e candidate) bool { return !t.Before.IsZero() && e.received < t.Before.UnixMicro() }

// past remembers that the walk is beyond an event.
func (t *trim) past(seq int64) {
	t.at = seq
	if t.young == 0 {
		t.stuck = seq
	}
	t.ended = t.young > trimAhead
}

// full reports whether the step, or the call, has let go of as many as it may.
func (t *trim) full() bool {
	if t.more = t.Limit > 0 && t.all >= t.Limit; t.more {
		return true
	}
	return t.events == trimChunk
}

func (c *change) candidates(after int64) (all []candidate, err error) {
	// An event without a copy has lost it to damage: it is not done.
	stmt, err := c.w.stmt(`SELECT seq, received, length(body),
		length(body) + 2 * length(id) + length(key) + length(command) + length(app) + length(ip) + length(platform),
		(SELECT count(*) FROM copies c WHERE c.seq = e.seq),
		coalesce((SELECT min(c.state IN (2, 4)) FROM copies c WHERE c.seq = e.seq), 0)
		FROM events e WHERE seq > ? ORDER BY seq LIMIT ?`)
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(c.w.ctx, after, trimWalk)
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e candidate
		var copies int64
		if err := rows.Scan(&e.seq, &e.received, &e.size, &e.room, &copies, &e.finished); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what it was about
		}
		e.room += eventRoom + copyRoom*copies
		all = append(all, e)
	}
	return all, rows.Err() //nolint:wrapcheck // the caller says what it was about
}

// forget deletes an event and its copies. It keeps what only seems to be finished: a bit
// that flips makes a dead letter look done.
func (c *change) forget(e candidate) (gone bool, err error) {
	copies, finished, err := c.finished(e.seq)
	if err != nil || !finished {
		return false, err
	}
	for _, row := range copies {
		if q := c.byID(row.queue); q != nil {
			c.count(q, e.seq, int(row.state), none)
		}
	}
	for _, query := range []string{"DELETE FROM copies WHERE seq = ?", "DELETE FROM events WHERE seq = ?"} {
		if _, err := c.w.exec(query, e.seq); err != nil {
			return false, err
		}
	}
	c.events--
	return true, nil
}

// finished returns an event's copies, and whether each is sound, and done or dropped.
func (c *change) finished(seq int64) (copies []copyRow, finished bool, err error) {
	stmt, err := c.w.stmt(copiesSQL)
	if err != nil {
		return nil, false, err
	}
	rows, err := stmt.QueryContext(c.w.ctx, seq)
	if err != nil {
		return nil, false, err //nolint:wrapcheck // the caller says what it was about
	}
	sound, finished := true, true
	for rows.Next() {
		row, crc := copyRow{seq: seq}, int64(0)
		scanned := rows.Scan(&row.queue, &row.state, &row.purpose, &row.attempts, &row.first, &row.last, &row.due,
			&row.reason, &row.failure, &crc)
		sound = sound && scanned == nil && crc == c.sums.copy(&row)
		finished = finished && row.finished()
		copies = append(copies, row)
	}
	err = errors.Join(rows.Err(), rows.Close())
	if sound = sound && len(copies) > 0; err == nil && !sound && c.w.strict {
		err = fmt.Errorf("its copies are not what was written: %w", ErrUnreadable)
	}
	return copies, sound && finished, err
}

// tidy forgets keys whose window has ended, and gives free pages back to the disk.
func (s *Store) tidy(ctx context.Context) error {
	return s.write(ctx, func(c *change) error {
		_, err := c.w.exec("DELETE FROM seen WHERE hash IN (SELECT hash FROM seen INDEXED BY seen_at WHERE at <= ? LIMIT ?)",
			sinceMicros(s.options.Now(), s.options.DuplicateWindow), seenChunk)
		if err != nil {
			return err
		}
		return c.giveBack(s.size.Load())
	})
}

// giveBack gives pages back to the disk where more are free than are kept.
func (c *change) giveBack(size *sizes) error {
	if size.free <= max(spare, size.pages/8) {
		return nil
	}
	return c.w.vacuum()
}

// vacuum gives free pages at the end of the file back to the disk.
func (w *session) vacuum() error {
	stmt, err := w.stmt(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", backPages))
	if err != nil {
		return err
	}
	rows, err := stmt.QueryContext(w.ctx)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what it was about
	}
	for rows.Next() { // each step frees a page
		continue
	}
	return errors.Join(rows.Err(), rows.Close())
}
