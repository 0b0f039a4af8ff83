package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// checkSlice is how many events are looked at in one transaction. Between two of
	// them, the log can be moved into the file.
	checkSlice = 256
	// checkSkip is how far a check goes on at most behind a row that cannot be read.
	checkSkip = 64
	// maxProblems bounds what a check returns.
	maxProblems = 1000
)

// Check reads everything and returns what is wrong with it, a line each: rows that are
// not what was written, copies without an event and events without copies, counts that
// are wrong, and whatever SQLite finds in the structure of its file. The store may be
// in use; a table's structure is checked in one go, during which the log grows. Problems
// beyond the first thousand are left out, and a last line says so.
func (s *Store) Check(ctx context.Context, progress store.Progress) ([]string, error) {
	if progress == nil {
		progress = func(_, _ int64) {}
	}
	c := checker{store: s, progress: progress, rows: max(1, s.countedEvents())}
	for _, step := range []func(context.Context) error{c.readAll, c.counts, c.known, c.structure} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("check inbox %s: %w", s.path, err)
		}
	}
	progress(2*c.rows, 2*c.rows)
	if c.more {
		c.problems = append(c.problems, fmt.Sprintf("there are more problems than these %d", len(c.problems)))
	}
	return c.problems, nil
}

func (s *Store) countedEvents() int64 {
	s.ledger.mu.RLock()
	defer s.ledger.mu.RUnlock()
	return s.ledger.events
}

// checker is one check under way.
type checker struct {
	store    *Store
	progress store.Progress
	// rows is how many events there were at the beginning, done how many have been
	// read.
	rows, done int64
	problems   []string
	more       bool
}

func (c *checker) problem(format string, args ...any) {
	if len(c.problems) >= maxProblems {
		c.more = true
		return
	}
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

// readAll reads every event and every copy, a slice at a time. Reading counts for half
// of the work, and the structure for the rest.
func (c *checker) readAll(ctx context.Context) error {
	skip := int64(1)
	for after, limit := int64(0), checkSlice; ; {
		s := slice{checker: c, after: after, limit: limit}
		err := c.store.read(ctx, s.read)
		switch {
		case err == nil && s.end:
			return nil
		case err == nil:
			after, limit, skip = s.last, checkSlice, 1
			c.done += int64(len(s.events))
			c.progress(min(c.done, c.rows), 2*c.rows)
		case !unreadable(err) || ctx.Err() != nil:
			return err
		case limit > 1:
			limit = 1 // what is before the page that fails can still be read
		case after >= c.lastSeq():
			c.problem("events behind %d cannot be read: %v", after, err)
			return nil
		default:
			c.problem("event %d or its copies cannot be read: %v", after+1, err)
			after += skip
			skip = min(2*skip, checkSkip)
		}
	}
}

func (c *checker) lastSeq() int64 {
	c.store.ledger.mu.RLock()
	defer c.store.ledger.mu.RUnlock()
	return c.store.ledger.lastSeq
}

// slice is a run of events and their copies, as of one moment.
type slice struct {
	*checker
	after int64
	limit int
	// last is the last event's seq, end says that no event comes behind it.
	last   int64
	end    bool
	events map[int64]int // the copies of each
	found  []string
}

func (s *slice) read(r *reader) error {
	if err := s.readEvents(r); err != nil {
		return err
	}
	if err := s.readCopies(r); err != nil {
		return err
	}
	for seq, copies := range s.events {
		if copies == 0 {
			s.found = append(s.found, fmt.Sprintf("event %d has no copies", seq))
		}
	}
	for _, problem := range s.found {
		s.problem("%s", problem)
	}
	return nil
}

const checkEventsSQL = "SELECT " + eventColumns + " FROM events WHERE seq > ? ORDER BY seq LIMIT ?"

func (s *slice) readEvents(r *reader) (err error) {
	rows, err := r.query(checkEventsSQL, s.after, s.limit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	s.events = make(map[int64]int, s.limit)
	for rows.Next() {
		var e store.Event
		var seq, received, crc int64
		scanned := rows.Scan(&seq, &e.ID, &e.Key, &e.Command, &e.AppID, &e.ClientIP, &e.Platform, &received, &crc, &e.Body)
		e.Seq = uint64(seq) //nolint:gosec // above after
		if scanned != nil || crc != r.sums.event(&e, received) {
			s.found = append(s.found, fmt.Sprintf("event %d is not what was written (checksum)", seq))
		}
		s.events[seq], s.last = 0, seq
	}
	s.end = len(s.events) < s.limit
	return rows.Err() //nolint:wrapcheck // Check says what it was about
}

const checkCopiesSQL = "SELECT " + copyColumns + " FROM copies WHERE seq > ? AND seq <= ? ORDER BY seq"

func (s *slice) readCopies(r *reader) (err error) {
	until := s.last
	if s.end {
		until = 1<<63 - 1
	}
	rows, err := r.query(checkCopiesSQL, s.after, until)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row copyRow
		var crc int64
		scanned := rows.Scan(&row.seq, &row.queue, &row.state, &row.purpose, &row.attempts, &row.first, &row.last,
			&row.due, &row.reason, &row.failure, &crc)
		if scanned != nil || crc != r.sums.copy(&row) {
			s.find("is not what was written (checksum)", &row)
		}
		if _, ok := s.events[row.seq]; ok {
			s.events[row.seq]++
		} else {
			s.find("has no event", &row)
		}
	}
	return rows.Err() //nolint:wrapcheck // Check says what it was about
}

func (s *slice) find(what string, row *copyRow) {
	if len(s.found) < maxProblems+1 {
		s.found = append(s.found, fmt.Sprintf("the copy of event %d for %s %s", row.seq, s.name(row.queue), what))
	}
}

// name is the plugin that a queue is for.
func (c *checker) name(id int64) string {
	c.store.ledger.mu.RLock()
	defer c.store.ledger.mu.RUnlock()
	if q := c.store.ledger.byID[id]; q != nil {
		return q.plugin
	}
	return fmt.Sprintf("queue %d, which does not exist,", id)
}
