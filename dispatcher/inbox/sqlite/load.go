package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// together is how many copies are read by one statement.
const together = 32

const loadSQL = `WITH want (seq, queue) AS (VALUES (?, ?)%s)
	SELECT c.state, c.purpose, c.attempts, c.first, c.last, c.due, c.reason, c.failure, c.crc,
		e.id, e.key, e.command, e.app, e.ip, e.platform, e.received, e.crc, %s
	FROM want LEFT JOIN copies c ON c.seq = want.seq AND c.queue = want.queue LEFT JOIN events e ON e.seq = want.seq`

// loads returns the statement that reads n copies.
func loads(n int, body bool) string {
	what := "NULL"
	if body {
		what = "e.body"
	}
	return fmt.Sprintf(loadSQL, strings.Repeat(", (?, ?)", n-1), what)
}

// each reads copies and shows them to visit until that wants no more. One that cannot
// be read, or is not what was written, is Corrupt. Its names are right then, and what it
// says of its deliveries where that alone is sound.
func (r *reader) each(refs []ref, body bool, visit func(store.Copy) bool) (more bool, err error) {
	for more = true; more && len(refs) > 0 && err == nil; {
		n := 1
		if len(refs) >= together {
			n = together
		}
		var read int
		read, more, err = r.some(refs[:n], body, visit)
		switch {
		case r.ctx.Err() != nil:
			return false, fmt.Errorf("read event %d: %w", refs[0].seq, r.ctx.Err())
		case !unreadable(err):
		case n == 1:
			more, err = visit(refs[0].corrupt()), nil
		default: // it is one of these; the others are sound
			for err = nil; read < n && more && err == nil; read++ {
				more, err = r.each(refs[read:read+1], body, visit)
			}
		}
		refs = refs[n:]
	}
	return more, err
}

// some reads copies with one statement, and returns how many it has shown.
func (r *reader) some(refs []ref, body bool, visit func(store.Copy) bool) (read int, more bool, err error) {
	args := make([]any, 0, 2*len(refs))
	for _, at := range refs {
		args = append(args, at.seq, at.q.id)
	}
	rows, err := r.query(loads(len(refs), body), args...)
	if err != nil {
		return 0, true, err
	}
	for more = true; more && rows.Next(); read++ {
		at := refs[read]
		r.store.recent.add(at.seq, at.q.command)
		more = visit(r.scan(rows, at, body))
	}
	return read, more, errors.Join(rows.Err(), rows.Close())
}

// corrupt is the copy of which no more is known than its name.
func (at ref) corrupt() store.Copy {
	c := store.Copy{Plugin: at.q.plugin, State: at.state, Corrupt: true}
	c.Event.Seq, c.Event.Command = uint64(at.seq), at.q.command //nolint:gosec // never below 0
	return c
}

// scan returns what a row of loadSQL says. A column that has changed its type, or is not
// there, is damage, and no failure.
func (r *reader) scan(rows *sql.Rows, at ref, body bool) (c store.Copy) {
	row := copyRow{seq: at.seq, queue: at.q.id}
	var crc, eventCRC, received int64
	e := &c.Event
	e.Seq = uint64(at.seq) //nolint:gosec // never below 0
	if err := rows.Scan(&row.state, &row.purpose, &row.attempts, &row.first, &row.last, &row.due, &row.reason,
		&row.failure, &crc, &e.ID, &e.Key, &e.Command, &e.AppID, &e.ClientIP, &e.Platform, &received, &eventCRC,
		&e.Body); err != nil {
		return at.corrupt()
	}
	if body && (at.q.damaged || crc != r.sums.copy(&row)) {
		return at.corrupt()
	}
	e.ReceivedAt = instant(received)
	fill(&c, at.q.plugin, &row)
	if body && eventCRC != r.sums.event(e, received) {
		c.Corrupt, e.Command = true, at.q.command
	}
	return c
}

// fill puts a row's columns into a copy.
func fill(c *store.Copy, plugin string, row *copyRow) {
	c.Plugin, c.State, c.Purpose, c.Attempts = plugin, store.State(row.state), sdk.Purpose(row.purpose), int(row.attempts) //nolint:gosec // small, or damaged
	c.FirstAt, c.LastAt, c.DueAt = instant(row.first), instant(row.last), instant(row.due)
	c.Reason, c.Error = store.Reason(row.reason), row.failure //nolint:gosec // small, or damaged
}
