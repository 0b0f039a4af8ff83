package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// tally is what a queue is said to hold, and what was found.
type tally struct {
	name        string
	said, found [5]int64
	waiting     int64
	seqs        int64
}

// counts compares each queue's counts with its copies, as of one moment.
func (c *checker) counts(ctx context.Context) error {
	return c.guard(ctx, "the counts", func(r *reader) error {
		queues, err := c.tallies(r)
		if err != nil {
			return err
		}
		if err := c.count(r, queues); err != nil {
			return err
		}
		for id, t := range queues {
			for state, n := range t.found {
				if n != t.said[state] {
					c.problem("%s is said to have %d copies that are %s, and has %d", t.name, t.said[state], store.State(state), n)
				}
			}
			if t.waiting != t.seqs {
				c.problem("%s (queue %d) has not the copies waiting that it is said to have", t.name, id)
			}
		}
		return c.totals(r)
	})
}

// guard reports what cannot be read as a problem, so that the check goes on.
func (c *checker) guard(ctx context.Context, what string, ask func(*reader) error) error {
	err := c.store.read(ctx, ask)
	if unreadable(err) && ctx.Err() == nil {
		c.problem("%s cannot be read: %v", what, err)
		return nil
	}
	return err
}

const queuesSQL = "SELECT id, plugin, command, crc, ready, retry, done, dead, dropped, waiting FROM queues"

func (c *checker) tallies(r *reader) (queues map[int64]*tally, err error) {
	rows, err := r.query(queuesSQL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	queues = map[int64]*tally{}
	for rows.Next() {
		var id, crc int64
		var plugin, command string
		t := &tally{}
		if err := rows.Scan(&id, &plugin, &command, &crc, &t.said[0], &t.said[1], &t.said[2], &t.said[3], &t.said[4], &t.waiting); err != nil {
			c.problem("a queue is not what was written: %v", err)
			continue
		}
		t.name = plugin + " " + command
		if crc != r.sums.queue(id, plugin, command) {
			c.problem("the names of queue %d, %q, are not what was written (checksum)", id, t.name)
		}
		queues[id] = t
	}
	return queues, rows.Err() //nolint:wrapcheck // Check says what it was about
}

func (c *checker) count(r *reader, queues map[int64]*tally) (err error) {
	// NOT INDEXED, since the indexes are what may be wrong.
	rows, err := r.query("SELECT queue, state, count(*), sum(seq) FROM copies NOT INDEXED GROUP BY queue, state")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id, state, n, seqs int64
		if err := rows.Scan(&id, &state, &n, &seqs); err != nil {
			return fmt.Errorf("count copies: %w", err)
		}
		t := queues[id]
		if t == nil || state < 0 || state >= int64(len(t.found)) {
			c.problem("%d copies are of queue %d in state %d, which does not exist", n, id, state)
			continue
		}
		t.found[state] += n
		if store.State(state).Waiting() {
			t.seqs += seqs
		}
	}
	return rows.Err() //nolint:wrapcheck // Check says what it was about
}

func (c *checker) totals(r *reader) (err error) {
	rows, err := r.query("SELECT events, (SELECT count(*) FROM events NOT INDEXED), last_seq, (SELECT coalesce(max(seq), 0) FROM events) FROM totals")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var said, found, last, highest int64
		if err := rows.Scan(&said, &found, &last, &highest); err != nil {
			return fmt.Errorf("count events: %w", err)
		}
		if said != found {
			c.problem("there are said to be %d events, and there are %d", said, found)
		}
		if highest > last {
			c.problem("the latest event is said to be %d, and there is an event %d", last, highest)
		}
	}
	return rows.Err() //nolint:wrapcheck // Check says what it was about
}

// known compares the counts in memory with those in the file. It keeps writers waiting
// while it reads the few rows that these are.
func (c *checker) known(ctx context.Context) error {
	s := c.store
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session == nil {
		return nil // after a failure: the next write reads the counts again
	}
	return c.guard(ctx, "the counts", func(r *reader) error {
		queues, err := c.tallies(r)
		if err != nil {
			return err
		}
		s.ledger.mu.RLock()
		defer s.ledger.mu.RUnlock()
		for id, t := range queues {
			if q := s.ledger.byID[id]; q == nil || q.counts != t.said || q.waiting != t.waiting {
				c.problem("what is known of %s without asking the file is not what the file says", t.name)
			}
		}
		if len(queues) != len(s.ledger.byID) {
			c.problem("%d queues are known, and the file has %d", len(s.ledger.byID), len(queues))
		}
		return nil
	})
}

// structure has SQLite check its own work, table by table.
func (c *checker) structure(ctx context.Context) error {
	tables, err := tableNames(ctx, c.store.readers)
	if unreadable(err) {
		c.problem("the schema cannot be read: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	// The schema's own check covers the list of free pages.
	tables = slices.Insert(tables, 0, "sqlite_schema")
	for i, table := range tables {
		if err := c.guard(ctx, "the structure of "+table, func(r *reader) error { return c.check(r, table) }); err != nil {
			return err
		}
		c.progress(c.rows+c.rows*int64(i+1)/int64(len(tables)), 2*c.rows)
	}
	return nil
}

func (c *checker) check(r *reader, table string) (err error) {
	rows, err := r.tx.QueryContext(r.ctx, fmt.Sprintf("PRAGMA integrity_check(%q)", table))
	if err != nil {
		return fmt.Errorf("check structure: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return fmt.Errorf("check structure: %w", err)
		}
		if line != "ok" {
			c.problem("the structure of %s: %s", table, line)
		}
	}
	return rows.Err() //nolint:wrapcheck // Check says what it was about
}
