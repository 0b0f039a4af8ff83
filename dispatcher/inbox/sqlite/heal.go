package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// agrees reports whether the indexes hold what waits according to the counts. A bit
// that flips in an index would otherwise be a copy that nobody ever delivers.
func (w *session) agrees(l *ledger) (bool, error) {
	for _, q := range l.byID {
		var all int64
		for _, state := range []store.State{store.Ready, store.Retry} {
			var n, seqs int64
			if err := w.get(indexed(state, "", "count(*), coalesce(sum(seq), 0)"), []any{q.id}, &n, &seqs); err != nil {
				return false, err
			}
			if n != q.counts[state] {
				return false, nil
			}
			all += seqs
		}
		if all != q.waiting {
			return false, nil
		}
	}
	return true, nil
}

// mended opens the ledger of a store that may be damaged: where the indexes do not
// agree with the counts, they are made anew.
func (w *session) mended(ctx context.Context, s *Store) (*ledger, error) {
	l, err := w.load(ctx)
	if err != nil {
		return nil, err
	}
	sound, err := w.agrees(l)
	if sound || err != nil && !unreadable(err) {
		return l, err
	}
	if w.strict {
		return nil, errors.Join(err, fmt.Errorf("the indexes do not agree with the counts: %w", ErrUnreadable))
	}
	damaged, err := w.heal(l)
	if err != nil {
		return nil, fmt.Errorf("make the damaged indexes anew: %w", err)
	}
	s.options.Logger.ErrorContext(ctx, "the inbox was damaged: indexes made anew, damaged copies are dead letters",
		"file", s.path, "damaged_copies", damaged)
	return w.load(ctx)
}

// heal makes a dead letter of every copy that is not what was written, the indexes
// anew, and counts again. It reads every copy.
func (w *session) heal(l *ledger) (damaged int, err error) {
	if _, err := w.exec("BEGIN IMMEDIATE"); err != nil {
		return 0, err
	}
	damaged, err = w.healAll(l)
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		_, _ = w.exec("ROLLBACK")
	}
	return damaged, err
}

func (w *session) healAll(l *ledger) (damaged int, err error) {
	bad, err := w.damaged()
	if err != nil {
		return 0, err
	}
	// First without the indexes: SQLite gives up where a row is not in the index that
	// its columns say.
	indexes, err := w.dropIndexes()
	if err != nil {
		return 0, err
	}
	var sums summer
	for _, name := range bad {
		row := copyRow{seq: name[0], queue: name[1], state: int64(store.Dead), reason: int64(store.Corrupt)}
		if l.byID[row.queue] == nil {
			continue // of a plugin that nobody knows; the check names it
		}
		if _, err := w.exec("INSERT OR REPLACE INTO copies ("+copyColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			row.seq, row.queue, row.state, 0, 0, 0, 0, 0, row.reason, "", sums.copy(&row)); err != nil {
			return 0, err
		}
		damaged++
	}
	for _, sql := range indexes {
		if _, err := w.exec(sql); err != nil {
			return 0, err
		}
	}
	_, err = w.exec(recountSQL)
	return damaged, err
}

// recountSQL reads all copies once.
const recountSQL = `WITH found AS MATERIALIZED (
		SELECT queue, state, count(*) AS n, sum(seq) AS seqs FROM copies GROUP BY queue, state)
	UPDATE queues SET (ready, retry, done, dead, dropped, waiting) = (
		SELECT coalesce(sum(n) FILTER (WHERE state = 0), 0), coalesce(sum(n) FILTER (WHERE state = 1), 0),
			coalesce(sum(n) FILTER (WHERE state = 2), 0), coalesce(sum(n) FILTER (WHERE state = 3), 0),
			coalesce(sum(n) FILTER (WHERE state = 4), 0), coalesce(sum(seqs) FILTER (WHERE state IN (0, 1)), 0)
		FROM found WHERE found.queue = queues.id)`

// damaged returns the copies, as seq and queue, whose rows are not what was written, and
// those that an index knows and that have no row.
func (w *session) damaged() (bad [][2]int64, err error) {
	rows, err := w.conn.QueryContext(w.ctx, "SELECT "+copyColumns+" FROM copies NOT INDEXED")
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var sums summer
	for rows.Next() {
		var row copyRow
		var crc int64
		err := rows.Scan(&row.seq, &row.queue, &row.state, &row.purpose, &row.attempts, &row.first, &row.last, &row.due,
			&row.reason, &row.failure, &crc)
		if err != nil || crc != sums.copy(&row) {
			bad = append(bad, [2]int64{row.seq, row.queue})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	for state, name := range indexes() {
		lost, err := w.lost(state, name)
		if err != nil && !unreadable(err) {
			return nil, err
		}
		bad = append(bad, lost...)
	}
	return bad, nil
}

// lost returns what an index knows and the table does not.
func (w *session) lost(state store.State, index string) (names [][2]int64, err error) {
	rows, err := w.conn.QueryContext(w.ctx, fmt.Sprintf(`SELECT i.seq, i.queue FROM copies i INDEXED BY %s WHERE i.state = %d
		AND NOT EXISTS (SELECT 1 FROM copies c NOT INDEXED WHERE c.seq = i.seq AND c.queue = i.queue)`, index, state))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it was about
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name [2]int64
		if err := rows.Scan(&name[0], &name[1]); err != nil {
			return nil, err //nolint:wrapcheck // the caller says what it was about
		}
		names = append(names, name)
	}
	return names, rows.Err() //nolint:wrapcheck // the caller says what it was about
}

// dropIndexes returns the statements that make them again.
func (w *session) dropIndexes() (again []string, err error) {
	for _, name := range []string{"copies_ready", "copies_retry", "copies_due", "copies_dead"} {
		var sql string
		if err := w.get("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?", []any{name}, &sql); err != nil {
			return nil, err
		}
		if _, err := w.exec("DROP INDEX " + name); err != nil {
			return nil, err
		}
		again = append(again, sql)
	}
	return again, nil
}
