package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// none is the state of a copy that does not exist.
	none = -1

	// handledSQL is firstSQL for a copy that was handled, by far the most of them.
	handledSQL = `UPDATE copies SET state = 2, attempts = ?, first = ?, last = ?, due = 0, reason = 0, failure = '', crc = ?
		WHERE seq = ? AND queue = ? AND state = 0 AND purpose = 0`
	// firstSQL is the usual end of a copy: ready, live, and so without a past that the
	// sum would have to take over.
	firstSQL = `UPDATE copies SET state = ?, attempts = ?, first = ?, last = ?, due = ?, reason = ?, failure = ?, crc = ?
		WHERE seq = ? AND queue = ? AND state = 0 AND purpose = 0`
	updateSQL = `UPDATE copies SET state = ?, purpose = ?, attempts = ?, first = ?, last = ?, due = ?, reason = ?,
		failure = ?, crc = ? WHERE seq = ? AND queue = ?`
	copiesSQL = "SELECT queue, state, purpose, attempts, first, last, due, reason, failure, crc FROM copies WHERE seq = ?"
)

// copyRow is a copy as the file has it.
type copyRow struct {
	seq, queue, state, purpose, attempts, first, last, due, reason int64
	failure                                                        string
}

// finished reports whether nothing is to come of the copy any more, not even by an operator.
func (r *copyRow) finished() bool {
	return r.state == int64(store.Done) || r.state == int64(store.Dropped)
}

// result writes down what an attempt has led to. The event's command, where it is
// known, spares looking for the copy.
func (c *change) result(r *store.Result, command string) error {
	seq := int64(r.Seq) //nolint:gosec // a seq is far below the bound
	row := copyRow{
		seq: seq, state: int64(r.State), attempts: int64(r.Attempts), first: micros(r.At), last: micros(r.At),
		reason: int64(r.Reason), failure: store.Shortened(r.Error),
	}
	if r.State == store.Retry {
		row.due = micros(r.DueAt)
	}
	if q := c.known(r.Plugin, command); q != nil {
		row.queue = q.id
		n, err := c.first(&row)
		if err != nil {
			return err
		}
		if n == 1 {
			c.count(q, seq, int(store.Ready), int(r.State))
			r.Changed = true
			return nil
		}
	}
	q, old, err := c.find(r.Plugin, seq)
	if err != nil || q == nil || !store.State(old.state).Waiting() { //nolint:gosec // at most 4, or damaged
		return err
	}
	row.queue, row.purpose = q.id, old.purpose
	if old.first != 0 {
		row.first = old.first
	}
	r.Changed = true
	return c.update(q, int(old.state), &row)
}

// first writes down the first result of a copy, and returns 0 where it is not the first.
func (c *change) first(row *copyRow) (int64, error) {
	sum := c.sums.copy(row)
	if row.state == int64(store.Done) && row.reason == 0 && row.failure == "" {
		return c.w.exec(handledSQL, row.attempts, row.first, row.last, sum, row.seq, row.queue)
	}
	return c.w.exec(firstSQL, row.state, row.attempts, row.first, row.last, row.due, row.reason, row.failure, sum,
		row.seq, row.queue)
}

// requeue makes a copy ready, and a new one where the plugin has none of the event.
func (c *change) requeue(r *store.Requeue) error {
	seq := int64(r.Seq) //nolint:gosec // a seq is far below the bound
	q, row, err := c.find(r.Plugin, seq)
	if err != nil {
		return err
	}
	if q == nil {
		return c.requeueNew(r, seq)
	}
	if state := store.State(row.state); r.OnlyNew || state != store.Done && state != store.Dead { //nolint:gosec // at most 4, or damaged
		return nil
	}
	old := int(row.state)
	row = copyRow{
		seq: seq, queue: q.id, state: int64(store.Ready), purpose: int64(r.Purpose), attempts: row.attempts, last: row.last,
	}
	r.Queued = true
	return c.update(q, old, &row)
}

func (c *change) requeueNew(r *store.Requeue, seq int64) error {
	var command string
	err := c.w.get("SELECT command FROM events WHERE seq = ?", []any{seq}, &command)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	q, err := c.queue(r.Plugin, command)
	if err != nil {
		return err
	}
	r.Queued = true
	c.count(q, seq, none, int(store.Ready))
	return c.insertCopies([]copyRow{{seq: seq, queue: q.id, purpose: int64(r.Purpose)}})
}

// drop lets go of a dead letter.
func (c *change) drop(d *store.Drop) error {
	q, row, err := c.find(d.Plugin, int64(d.Seq)) //nolint:gosec // a seq is far below the bound
	if err != nil || q == nil || row.state != int64(store.Dead) {
		return err
	}
	row.state = int64(store.Dropped)
	d.Dropped = true
	return c.update(q, int(store.Dead), &row)
}

func (c *change) update(q *queue, old int, row *copyRow) error {
	_, err := c.w.exec(updateSQL, row.state, row.purpose, row.attempts, row.first, row.last, row.due, row.reason,
		row.failure, c.sums.copy(row), row.seq, row.queue)
	c.count(q, row.seq, old, int(row.state))
	return err
}

// known returns a queue that exists, or nil.
func (c *change) known(plugin, command string) *queue {
	if command == "" {
		return nil
	}
	name := queueName{plugin, command}
	if q := c.ledger.byName[name]; q != nil {
		return q
	}
	return c.fresh[name]
}

func (c *change) byID(id int64) *queue {
	if q := c.ledger.byID[id]; q != nil {
		return q
	}
	for _, q := range c.fresh {
		if q.id == id {
			return q
		}
	}
	return nil
}

// find returns the plugin's copy of an event; a nil queue where there is none.
func (c *change) find(plugin string, seq int64) (q *queue, row copyRow, err error) {
	stmt, err := c.w.stmt(copiesSQL)
	if err != nil {
		return nil, row, err
	}
	found, err := stmt.QueryContext(c.w.ctx, seq)
	if err != nil {
		return nil, row, err //nolint:wrapcheck // the caller says what it was about
	}
	for q == nil && found.Next() {
		var crc int64
		row = copyRow{seq: seq}
		scanned := found.Scan(&row.queue, &row.state, &row.purpose, &row.attempts, &row.first, &row.last, &row.due,
			&row.reason, &row.failure, &crc)
		if q = c.byID(row.queue); q == nil || q.plugin != plugin {
			q = nil
			continue
		}
		if scanned != nil || crc != c.sums.copy(&row) {
			defer func() { row, err = c.mend(q, row, err) }()
		}
	}
	return q, row, errors.Join(found.Err(), found.Close())
}

// mend makes a damaged row whole as far as it matters to what comes next: its state is
// that of the index that has it.
func (c *change) mend(q *queue, row copyRow, err error) (copyRow, error) {
	if c.w.strict {
		return row, errors.Join(err, fmt.Errorf("the copy of %s is not what was written: %w", q.plugin, ErrUnreadable))
	}
	mended := copyRow{seq: row.seq, queue: q.id, state: int64(store.Done)} // Done is what no index has
	found := false
	for state := range indexes() {
		var n int64
		if err == nil {
			err = c.w.get(indexed(state, " AND seq = ?", "count(*)"), []any{q.id, row.seq}, &n)
		}
		if n > 0 {
			mended.state = int64(state)
			found = found || mended.state == row.state
		}
	}
	if _, hasIndex := indexName(store.State(row.state)); err == nil && (hasIndex && !found || row.state == int64(store.Retry)) { //nolint:gosec // small, or damaged
		// SQLite would look for the row by what it says itself, and give up.
		_, err = c.w.exec("REINDEX copies")
	}
	if err != nil {
		return mended, err
	}
	_, err = c.w.exec(updateSQL, mended.state, 0, 0, 0, 0, 0, 0, "", c.sums.copy(&mended), mended.seq, mended.queue)
	return mended, err
}
