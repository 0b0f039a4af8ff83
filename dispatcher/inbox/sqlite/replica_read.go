package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Range returns the events that the log's entry of that mark has appended, from first to
// last; 0 and 0 where it has appended none, or all of them are trimmed.
func (s *Store) Range(ctx context.Context, mark uint64) (first, last uint64, err error) {
	if !s.options.Replica {
		return 0, 0, fmt.Errorf("find the events of entry %d: %w", mark, errPlain)
	}
	at := block{mark: int64(mark)} //nolint:gosec // the bits matter
	err = s.read(ctx, func(r *reader) error {
		rows, err := r.query("SELECT first, last, crc FROM blocks WHERE mark = ?", at.mark)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var crc int64
			if err := rows.Scan(&at.first, &at.last, &crc); err != nil {
				return err //nolint:wrapcheck // wrapped below
			}
			if crc != r.sums.numbers(at.mark, at.first, at.last) {
				return fmt.Errorf("%w: the block is not what was written", ErrUnreadable)
			}
		}
		return rows.Err()
	})
	if err != nil {
		return 0, 0, fmt.Errorf("find the events of entry %d: %w", mark, err)
	}
	return uint64(at.first), uint64(at.last), nil //nolint:gosec // counted up from 0
}

// Copies returns those of a plugin's copies of these events that wait, in the order of
// Seq, with their bodies. A replica in which one is not what was written returns an
// [ErrUnreadable]: another has it whole.
func (s *Store) Copies(ctx context.Context, plugin string, seqs []uint64) (copies []store.Copy, err error) {
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	err = s.read(ctx, func(r *reader) error {
		queues := map[int64]*queue{}
		for _, q := range s.ledger.find(func(q *queue) bool { return q.plugin == plugin }) {
			queues[q.id] = q
		}
		for part := range slices.Chunk(seqs, together) {
			refs, err := r.named(queues, part)
			if err != nil {
				return err
			}
			damaged := false
			if _, err := r.each(refs, true, func(c store.Copy) bool {
				damaged = damaged || c.Corrupt
				if c.Corrupt || c.State.Waiting() {
					copies = append(copies, c)
				}
				return true
			}); err != nil {
				return err
			}
			if damaged && s.options.Replica {
				return fmt.Errorf("%w: a copy is not what was written", ErrUnreadable)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read %d copies of %s: %w", len(seqs), plugin, err)
	}
	return copies, nil
}

// named returns the waiting copies that the queues have of a few events.
func (r *reader) named(queues map[int64]*queue, seqs []uint64) (refs []ref, err error) {
	args := make([]any, together)
	for i := range args {
		args[i] = int64(seqs[min(i, len(seqs)-1)]) //nolint:gosec // a seq is far below the bound
	}
	rows, err := r.query("SELECT seq, queue, state FROM copies WHERE seq IN (?"+strings.Repeat(",?", together-1)+") ORDER BY seq", args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var seq, id, state int64
		if err := rows.Scan(&seq, &id, &state); err != nil {
			return nil, fmt.Errorf("read a copy's name: %w", err)
		}
		if q := queues[id]; q != nil && store.State(state).Waiting() { //nolint:gosec // small, or damaged
			refs = append(refs, ref{q: q, seq: seq, state: store.State(state)}) //nolint:gosec // as above
		}
	}
	return refs, rows.Err() //nolint:wrapcheck // the caller says what it was about
}
