package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// salvaged is an event that was read, with all of its copies.
type salvaged struct {
	event  store.Event
	copies map[queueName]copyRow
}

// read returns the events of a span that have something unfinished.
func (v *salvage) read(ctx context.Context, after, to int64) (found []*salvaged) {
	copies, err := v.readCopies(ctx, after, to)
	if err != nil && to-after > 1 {
		for ; after < to && ctx.Err() == nil; after++ { // what is beside the damage can still be read
			found = append(found, v.read(ctx, after, after+1)...)
		}
		return found
	}
	if err != nil {
		copies[to] = append(copies[to], copyRow{state: none})
	}
	for seq := after + 1; seq <= to && ctx.Err() == nil; seq++ {
		rows := copies[seq]
		unfinished, known := judgeCopies(rows)
		if !unfinished {
			continue
		}
		e, err := v.readEvent(ctx, seq)
		switch {
		case err == nil:
			found = append(found, v.whole(e, rows))
		case known || !errors.Is(err, sql.ErrNoRows): // else it was trimmed, as far as can be told
			v.lost++
		}
	}
	return found
}

// judgeCopies says whether an event has something unfinished, or that may be, and whether
// all of its copies could be read.
func judgeCopies(rows []copyRow) (unfinished, known bool) {
	known = true
	for _, row := range rows {
		unfinished = unfinished || row.state != int64(store.Done) && row.state != int64(store.Dropped)
		known = known && row.state != none
	}
	return unfinished, known
}

// whole gives an event its copies. One that cannot be read is a dead letter, and since it
// is not known whose it is, that of each plugin that has had such events.
func (v *salvage) whole(e *store.Event, rows []copyRow) *salvaged {
	s := &salvaged{event: *e, copies: map[queueName]copyRow{}}
	dead := copyRow{state: int64(store.Dead), reason: int64(store.Corrupt), failure: "what had become of it could not be read"}
	for _, row := range rows {
		name, ok := v.queues[row.queue]
		if ok && name.command == e.Command && row.state != none {
			s.copies[name] = row
			continue
		}
		for _, name := range v.queues {
			if _, there := s.copies[name]; !there && name.command == e.Command {
				s.copies[name] = dead
			}
		}
	}
	return s
}

// readCopies returns those of a span, with no state where they are not what was written.
func (v *salvage) readCopies(ctx context.Context, after, to int64) (copies map[int64][]copyRow, err error) {
	copies = map[int64][]copyRow{}
	err = v.each(ctx, checkCopiesSQL, []any{after, to}, func(scan func(...any) error) {
		var row copyRow
		var crc int64
		if scan(&row.seq, &row.queue, &row.state, &row.purpose, &row.attempts, &row.first, &row.last, &row.due,
			&row.reason, &row.failure, &crc) != nil || crc != v.sums.copy(&row) {
			row.state = none
		}
		if row.seq > after && row.seq <= to {
			copies[row.seq] = append(copies[row.seq], row)
		}
	})
	return copies, err
}

func (v *salvage) readEvent(ctx context.Context, seq int64) (*store.Event, error) {
	e := &store.Event{Seq: uint64(seq)} //nolint:gosec // above 0
	var received, crc int64
	err := v.db.QueryRowContext(ctx, "SELECT id, key, command, app, ip, platform, received, crc, body FROM events WHERE seq = ?", seq).
		Scan(&e.ID, &e.Key, &e.Command, &e.AppID, &e.ClientIP, &e.Platform, &received, &crc, &e.Body)
	if err == nil && crc != v.sums.event(e, received) {
		err = errDamaged
	}
	e.ReceivedAt = instant(received)
	return e, err
}
