package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// replicaTables are what only a replica has, beside what every inbox has: its mark, and
// the block of events that each entry of the log has appended. An inbox that takes
// changes by itself has neither.
const replicaTables = `
CREATE TABLE replica (one INTEGER PRIMARY KEY CHECK (one = 1), mark INTEGER NOT NULL, id TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE blocks (mark INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, crc INTEGER NOT NULL);
CREATE INDEX blocks_first ON blocks (first);
`

// examineReplica says whether SQLite would drop something of the files without a word.
func (s *Store) examineReplica() error {
	r := recovery{dir: s.options.Dir, logger: s.options.Logger, now: s.options.Now}
	found, err := r.examineLog()
	if err != nil {
		return err
	}
	if found != nil {
		return fmt.Errorf("%w: %s", ErrUnreadable, found.loss.Detail)
	}
	size, err := sizeOf(s.path)
	if err == nil && size > 0 && fileSize(s.path+logSuffix) == 0 && tooShort(s.path, size) {
		return fmt.Errorf("%w: the file is shorter than it says", ErrUnreadable)
	}
	return err
}

// probeReplica reads a little of each table.
func (s *Store) probeReplica(ctx context.Context) error {
	tables, err := tableNames(ctx, s.readers)
	for _, table := range tables {
		if err == nil {
			err = readEnd(ctx, s.readers, table)
		}
	}
	if err != nil {
		return fmt.Errorf("read a little of each table: %w", err)
	}
	return nil
}

// openMark reads the mark of a replica, and makes one of an inbox that has none. Another
// store takes note that there is one.
func (s *Store) openMark(ctx context.Context) error {
	w := s.session
	var marked bool
	if err := w.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'replica'").Scan(&marked); err != nil {
		return fmt.Errorf("look for a replica's mark: %w", err)
	}
	if !s.options.Replica {
		s.disown = marked
		return nil
	}
	if !marked {
		var sums summer
		step := "BEGIN IMMEDIATE; " + replicaTables + " INSERT INTO replica VALUES (1, 0, '', ?); COMMIT"
		if _, err := w.conn.ExecContext(ctx, step, sums.mark(0, "")); err != nil {
			_, _ = w.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			return fmt.Errorf("make a replica of the inbox: %w", err)
		}
	}
	return s.readMark(w)
}

func (s *Store) readMark(w *session) error {
	if !s.options.Replica {
		return nil
	}
	var mark, crc int64
	var id string
	err := w.get("SELECT mark, id, crc FROM replica", nil, &mark, &id, &crc)
	var sums summer
	if errors.Is(err, sql.ErrNoRows) || err == nil && crc != sums.mark(mark, id) {
		err = fmt.Errorf("%w: its mark is not what was written", ErrUnreadable)
	}
	if err != nil {
		return fmt.Errorf("read the mark: %w", err)
	}
	s.markID.Store(&id)
	s.mark.Store(uint64(mark)) //nolint:gosec // it came from a uint64
	return nil
}

func (w *session) keepMark(mark uint64, id string, sums *summer) error {
	at := int64(mark) //nolint:gosec // the bits matter
	if _, err := w.exec("UPDATE replica SET mark = ?, id = ?, crc = ?", at, id, sums.mark(at, id)); err != nil {
		return fmt.Errorf("keep the mark: %w", err)
	}
	return nil
}

// forgetMark makes an ordinary inbox of what was a replica.
func (w *session) forgetMark() error {
	for _, table := range []string{"replica", "blocks"} {
		if _, err := w.exec("DROP TABLE " + table); err != nil {
			return fmt.Errorf("forget the mark: %w", err)
		}
	}
	return nil
}

// keepBlock remembers which events an entry has appended.
func (c *change) keepBlock(mark uint64, first, last int64) error {
	if first > last {
		return nil
	}
	at := int64(mark) //nolint:gosec // the bits matter
	if _, err := c.w.exec("INSERT INTO blocks (mark, first, last, crc) VALUES (?, ?, ?, ?)",
		at, first, last, c.sums.numbers(at, first, last)); err != nil {
		return fmt.Errorf("keep which events these are: %w", err)
	}
	return nil
}

// block is the events that an entry has appended.
type block struct{ mark, first, last int64 }

// blocks are those of which events are let go.
type blocks []block

// add adds the block of an event, unless it was the last to be added.
func (b *blocks) add(c *change, seq int64) error {
	if n := len(*b); n > 0 && (*b)[n-1].first <= seq && seq <= (*b)[n-1].last {
		return nil
	}
	var of block
	var crc int64
	err := c.w.get("SELECT mark, first, last, crc FROM blocks WHERE first <= ? ORDER BY first DESC LIMIT 1", []any{seq},
		&of.mark, &of.first, &of.last, &crc)
	switch {
	case errors.Is(err, sql.ErrNoRows): // it is older than the log
		return nil
	case err != nil:
		return fmt.Errorf("find the block: %w", err)
	case crc != c.sums.numbers(of.mark, of.first, of.last):
		return fmt.Errorf("%w: the block is not what was written", ErrUnreadable)
	case seq <= of.last:
		*b = append(*b, of)
	}
	return nil
}

// dropEmpty forgets those blocks of which no event is left.
func (b *blocks) dropEmpty(c *change) error {
	for _, of := range *b {
		if _, err := c.w.exec("DELETE FROM blocks WHERE mark = ? AND NOT EXISTS (SELECT 1 FROM events WHERE seq BETWEEN ? AND ?)",
			of.mark, of.first, of.last); err != nil {
			return fmt.Errorf("forget a block: %w", err)
		}
	}
	return nil
}
