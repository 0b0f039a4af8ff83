package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Move gives everything of one plugin, subscriptions and copies, to another name. The
// subscriptions go first, so that what arrives meanwhile is the new name's.
func (s *Store) Move(ctx context.Context, from, to string) (copies int, err error) {
	found := false
	err = s.write(ctx, func(c *change) error {
		n, err := c.moveSubscriptions(from, to)
		found = n > 0
		return err
	})
	if from == to {
		for _, q := range s.ledger.find(func(q *queue) bool { return q.plugin == from }) {
			copies += q.total()
		}
		found = found || copies > 0
	}
	var after int64
	for more := from != to; more && err == nil; {
		var n int
		err = s.rename(ctx, func(c *change) (err error) {
			var seen bool
			n, seen, more, err = c.move(from, to, &after)
			found = found || seen
			return err
		})
		if err == nil {
			copies += n
		}
	}
	if err == nil && !found {
		err = store.ErrNotFound
	}
	if err != nil {
		return copies, fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	return copies, nil
}

func (c *change) moveSubscriptions(from, to string) (int64, error) {
	var n int64
	if err := c.w.get("SELECT count(*) FROM subscriptions WHERE plugin = ?", []any{from}, &n); err != nil || n == 0 || from == to {
		return n, err
	}
	if _, err := c.w.exec("UPDATE OR IGNORE subscriptions SET plugin = ? WHERE plugin = ?", to, from); err != nil {
		return n, err
	}
	_, err := c.w.exec("DELETE FROM subscriptions WHERE plugin = ?", from)
	return n, err
}

// move takes the next queue, or a chunk of it, to the other name. A queue that the
// other does not have yet is renamed, whatever its length.
func (c *change) move(from, to string, after *int64) (copies int, found, more bool, err error) {
	queues := c.ledger.find(func(q *queue) bool { return q.plugin == from })
	if len(queues) == 0 {
		return 0, false, false, nil
	}
	q := queues[0]
	copies = q.total()
	found, more = copies > 0, true
	into := c.known(to, q.command)
	if into == nil {
		_, err := c.w.exec("UPDATE queues SET plugin = ?, crc = ? WHERE id = ?", to, c.sums.queue(q.id, to, q.command), q.id)
		return copies, found, more, err
	}
	copies, err = c.merge(q, into, after)
	return copies, found, more, err
}

// merge takes a chunk of one queue, from the event after that, over into another. It
// ends the queue once it has found no more of it from the beginning on.
func (c *change) merge(q, into *queue, after *int64) (copies int, err error) {
	seqs, err := c.w.numbers("SELECT seq FROM copies WHERE seq > ? AND queue = ? ORDER BY seq LIMIT ?", *after, q.id, chunk)
	if err != nil {
		return 0, err
	}
	for _, seq := range seqs {
		_, row, err := c.find(q.plugin, seq)
		if err != nil {
			return 0, err
		}
		if _, err := c.w.exec("DELETE FROM copies WHERE seq = ? AND queue = ?", seq, q.id); err != nil {
			return 0, err
		}
		c.count(q, seq, int(row.state), none)
		c.settle(seq) // it may have been all that the event waited for
		var one int64
		err = c.w.get("SELECT 1 FROM copies WHERE seq = ? AND queue = ?", []any{seq, into.id}, &one)
		if err == nil {
			continue // the one that is there stays
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
		row.queue = into.id
		if err := c.insertCopies([]copyRow{row}); err != nil {
			return 0, err
		}
		c.count(into, seq, none, int(row.state))
		copies++
	}
	switch {
	case len(seqs) == chunk:
		*after = seqs[chunk-1]
	case *after > 0:
		*after = 0
	default:
		_, err = c.w.exec("DELETE FROM queues WHERE id = ?", q.id)
	}
	return copies, err
}

// rename does work that changes the names of queues, and reads the ledger anew before
// anybody else writes.
func (s *Store) rename(ctx context.Context, work func(*change) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the caller says what it was about
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.transactOrHeal(work); err != nil {
		return err
	}
	w := s.session
	l, err := w.load(s.ctx) //nolint:contextcheck // what was committed is taken over, whoever still waits for it
	if err != nil {
		return s.fail(w, fmt.Errorf("read the queues anew: %w", err))
	}
	s.ledger.replace(l)
	return nil
}
