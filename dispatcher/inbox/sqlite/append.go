package sqlite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

const (
	eventColumns = "seq, id, key, command, app, ip, platform, received, crc, body"
	copyColumns  = "seq, queue, state, purpose, attempts, first, last, due, reason, failure, crc"

	// newCopyRow is a copy as it begins: ready, live, and without a past.
	newCopyRow = "(?,?,0,0,0,0,0,0,0,'',?)"

	// seenSQL changes nothing where the key was seen within the window. What was seen in
	// the future, by a clock that was wrong then, counts only as far as the window reaches.
	seenSQL = `INSERT INTO seen (hash, at) VALUES (?, ?)
		ON CONFLICT (hash) DO UPDATE SET at = excluded.at WHERE at NOT BETWEEN ? + 1 AND ?`
)

var errNoPlugin = errors.New("is for no plugin")

// appends gives each event its place and its copies. Keys are remembered for the window;
// without one no event is a duplicate.
func (c *change) appends(all []store.Append, window time.Duration) error {
	kept := make([]*store.Event, 0, len(all))
	copies := make([]copyRow, 0, len(all))
	for i := range all {
		a := &all[i]
		if len(a.Plugins) == 0 {
			return fmt.Errorf("event %s %w", a.Event.ID, errNoPlugin)
		}
		if a.Once && window > 0 {
			fresh, err := c.once(a.Event.Key, c.now-window.Microseconds())
			if err != nil {
				return fmt.Errorf("look for the key of event %s: %w", a.Event.ID, err)
			}
			if a.Duplicate = !fresh; a.Duplicate {
				continue
			}
		}
		c.lastSeq++
		c.events++
		a.Event.Seq = uint64(c.lastSeq) //nolint:gosec // counted up from 0
		kept = append(kept, &a.Event)
		for j, plugin := range a.Plugins {
			if slices.Contains(a.Plugins[:j], plugin) {
				continue
			}
			q, err := c.queue(plugin, a.Event.Command)
			if err != nil {
				return err
			}
			copies = append(copies, copyRow{seq: c.lastSeq, queue: q.id, purpose: int64(sdk.Live)})
			c.count(q, c.lastSeq, none, int(store.Ready))
		}
	}
	if err := c.insertEvents(kept); err != nil {
		return err
	}
	return c.insertNewCopies(copies)
}

func (c *change) insertEvents(all []*store.Event) error {
	if err := c.insert("events", eventColumns, marks(eventColumns), len(all), func(args []any, i int) []any {
		e := all[i]
		received := micros(e.ReceivedAt)
		body := e.Body
		if body == nil {
			body = []byte{}
		}
		return append(args, int64(e.Seq), e.ID, e.Key, e.Command, e.AppID, e.ClientIP, e.Platform, received, //nolint:gosec // counted up from 0
			c.sums.event(e, received), body)
	}); err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	return nil
}

// insertNewCopies is insertCopies for those that begin, at less than half the cost.
func (c *change) insertNewCopies(copies []copyRow) error {
	if err := c.insert("copies", copyColumns, newCopyRow, len(copies), func(args []any, i int) []any {
		r := &copies[i]
		return append(args, r.seq, r.queue, c.sums.copy(r))
	}); err != nil {
		return fmt.Errorf("keep copies: %w", err)
	}
	return nil
}

func (c *change) insertCopies(copies []copyRow) error {
	if err := c.insert("copies", copyColumns, marks(copyColumns), len(copies), func(args []any, i int) []any {
		r := &copies[i]
		return append(args, r.seq, r.queue, r.state, r.purpose, r.attempts, r.first, r.last, r.due, r.reason,
			r.failure, c.sums.copy(r))
	}); err != nil {
		return fmt.Errorf("keep copies: %w", err)
	}
	return nil
}

// once reports whether the key was not seen since then, and remembers it.
func (c *change) once(key string, since int64) (fresh bool, err error) {
	hash := sha256.Sum256([]byte(key))
	n, err := c.w.exec(seenSQL, hash[:16], c.now, since, c.now+(c.now-since))
	return n > 0, err
}

// insert adds n rows, many to a statement. A row's marks are its arguments' places.
func (c *change) insert(table, columns, marks string, n int, row func(args []any, i int) []any) error {
	for i := 0; i < n; {
		size := 64
		for size > n-i {
			size /= 4
		}
		args := c.w.args[:0]
		for range size {
			args = row(args, i)
			i++
		}
		c.w.args = args
		_, err := c.w.exec(c.w.insertSQL(table, columns, marks, size), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

type insertKey struct {
	table, marks string
	rows         int
}

// insertSQL is the statement that adds so many rows.
func (w *session) insertSQL(table, columns, marks string, rows int) string {
	key := insertKey{table, marks, rows}
	if query := w.inserts[key]; query != "" {
		return query
	}
	query := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s%s", table, columns, marks, strings.Repeat(","+marks, rows-1))
	w.inserts[key] = query
	return query
}

// marks has a place for an argument for each column.
func marks(columns string) string {
	return "(?" + strings.Repeat(",?", strings.Count(columns, ",")) + ")"
}
