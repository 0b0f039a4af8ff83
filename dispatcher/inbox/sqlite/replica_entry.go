package sqlite

import (
	"database/sql"
	"errors"
	"fmt"

	sqlitelib "modernc.org/sqlite/lib"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// entry does what an entry says.
func (c *change) entry(e *Entry, recent *recent) (err error) {
	c.now = e.Now.UnixMicro()
	if e.Batch != nil {
		before := c.lastSeq
		if err := c.batch(e.Batch, e.Window, recent); err != nil {
			return err
		}
		recent.addAll(e.Batch)
		if err := c.keepBlock(e.Mark, before+1, c.lastSeq); err != nil {
			return err
		}
		if err := c.forgetKeys(e, 2*len(e.Batch.Appends)); err != nil {
			return err
		}
	}
	if err := c.subscribe(e.Subscribe); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if gone := e.Unsubscribe; gone != nil {
		if err := e.outcome(c.unsubscribeAll(gone.Plugin, gone.Pattern)); err != nil {
			return fmt.Errorf("unsubscribe %s from %s: %w", gone.Plugin, gone.Pattern, err)
		}
	}
	if e.Move != nil {
		if err := e.outcome(c.moveAll(e.Move.From, e.Move.To)); err != nil {
			return fmt.Errorf("move %s to %s: %w", e.Move.From, e.Move.To, err)
		}
	}
	if len(e.Trim) > 0 {
		if err := c.letGo(e); err != nil {
			return fmt.Errorf("trim: %w", err)
		}
		return c.forgetKeys(e, seenChunk)
	}
	return nil
}

// outcome notes what a change has come to.
func (e *Entry) outcome(count int, err error) error {
	e.Count += count
	if errors.Is(err, store.ErrNotFound) {
		e.Err, err = err, nil
	}
	return err
}

// forgetKeys forgets some of the keys whose window has ended by the entry's clock, and as
// much again, since others have clocks and windows that differ a little: more keys than it
// can have brought, so that they do not pile up.
func (c *change) forgetKeys(e *Entry, most int) error {
	if e.Window <= 0 || most <= 0 {
		return nil
	}
	_, err := c.w.exec(`DELETE FROM seen WHERE hash IN (
		SELECT hash FROM seen INDEXED BY seen_at WHERE at <= ? ORDER BY at, hash LIMIT ?)`, c.now-2*e.Window.Microseconds(), most)
	if err != nil {
		return fmt.Errorf("forget keys: %w", err)
	}
	return nil
}

// unsubscribeAll is Unsubscribe, to its end.
func (c *change) unsubscribeAll(plugin, pattern string) (dead int, err error) {
	err = c.flush() // what it looks for may have come with the entry before
	for more := true; more && err == nil; {
		var n int
		n, more, err = c.unsubscribe(plugin, pattern)
		dead += n
	}
	return dead, err
}

// moveAll is [Store.Move], to its end.
func (c *change) moveAll(from, to string) (copies int, err error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	n, err := c.moveSubscriptions(from, to)
	if err != nil {
		return 0, err
	}
	found := n > 0
	if from == to {
		for _, q := range c.ledger.find(func(q *queue) bool { return q.plugin == from }) {
			copies += q.total()
		}
		found = found || copies > 0
	}
	var after int64
	for more := from != to; more; {
		n, seen, others, err := c.move(from, to, &after)
		if err == nil {
			err = c.flush()
		}
		if err != nil {
			return 0, err
		}
		copies, found, more = copies+n, found || seen, others
	}
	if !found {
		return 0, store.ErrNotFound
	}
	return copies, nil
}

// flush puts what was counted so far into the transaction, and goes on from a ledger of
// its own that has it.
func (c *change) flush() error {
	if err := c.write(); err != nil {
		return err
	}
	return c.begin()
}

// begin goes on from what the transaction has.
func (c *change) begin() error {
	l, err := c.w.load(c.w.ctx)
	if err != nil {
		return err
	}
	c.ledger, c.lastSeq, c.events = l, l.lastSeq, 0
	c.fresh, c.deltas = nil, map[*queue]*delta{}
	return nil
}

// letGo forgets those of the entry's events that are finished.
func (c *change) letGo(e *Entry) error {
	var touched blocks
	for _, seq := range e.Trim {
		event := candidate{seq: int64(seq)} //nolint:gosec // a seq is far below the bound
		err := c.w.get("SELECT length(body) FROM events WHERE seq = ?", []any{event.seq}, &event.size)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		gone := false
		if err == nil {
			gone, err = c.forget(event)
		}
		if gone && err == nil {
			e.Count++
			e.Bytes += event.size
			err = touched.add(c, event.seq)
		}
		if err != nil {
			return fmt.Errorf("event %d: %w", seq, err)
		}
	}
	return touched.dropEmpty(c)
}

// refused reports whether an error may be the entry's own fault.
func refused(err error) bool {
	return errors.Is(err, errNoPlugin) || code(err) == sqlitelib.SQLITE_CONSTRAINT
}

// carefully is entry for one that may have to be refused: then nothing of it counts.
func (c *change) carefully(e *Entry, recent *recent) error {
	err := c.flush()
	if err == nil {
		_, err = c.w.exec("SAVEPOINT entry")
	}
	if err != nil {
		return err
	}
	if err = c.entry(e, recent); refused(err) {
		if _, undone := c.w.exec("ROLLBACK TO entry"); undone != nil {
			return errors.Join(err, undone)
		}
		if err := c.begin(); err != nil {
			return err
		}
		e.reset()
		e.Err, err = c.refusal(e.Batch, err)
	}
	if err != nil {
		return err
	}
	_, err = c.w.exec("RELEASE entry")
	return err
}

// refusal returns what is wrong with a batch. Where that is not the batch, but what it
// met with, the replica is not what the others have.
func (c *change) refusal(b *store.Batch, met error) (why, err error) {
	if errors.Is(met, errNoPlugin) {
		return met, nil
	}
	ids := map[string]bool{}
	for i := range b.Appends {
		id := b.Appends[i].Event.ID
		var taken bool
		if err := c.w.get("SELECT count(*) FROM events WHERE id = ?", []any{id}, &taken); err != nil {
			return nil, err
		}
		if taken || ids[id] {
			return fmt.Errorf("append event %s: its id is taken", id), nil
		}
		ids[id] = true
	}
	return nil, fmt.Errorf("%w: %w", ErrUnreadable, met)
}
