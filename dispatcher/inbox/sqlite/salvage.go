package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// salvageTime bounds what a start takes over from damaged files; the next one goes on.
	salvageTime = 20 * time.Second
	// salvageSpan is how many events are taken over in one transaction.
	salvageSpan = 256
)

// takeOver takes over what waits, and what is dead, from the databases that were put aside:
// each row whose sum proves it. It happens before anything else is accepted, and the
// numbers of events go on where they were. What is finished stays in the file aside.
func (s *Store) takeOver(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, salvageTime)
	defer cancel()
	folders, err := asides(s.options.Dir)
	for _, folder := range folders {
		kept, unread := readRecord(folder)
		if unread != nil || kept.Database == "" || kept.Done {
			continue
		}
		s.unclean = true
		v := &salvage{store: s, queues: map[int64]queueName{}, after: kept.SavedTo}
		failed := v.open(ctx, filepath.Join(folder, kept.Database))
		if failed == nil {
			failed = v.run(ctx)
		}
		failed = errors.Join(failed, v.close())
		kept.SavedTo, kept.Done = v.after, failed == nil || errors.Is(failed, errDamaged)
		if kept.Saved != "" {
			kept.Saved += "; then "
		}
		kept.Saved += fmt.Sprintf("%d unfinished events with %d copies were taken over from it, and %d cannot be read",
			v.events, v.copies, v.lost)
		if !kept.Done {
			kept.Saved += " so far (the next start goes on)"
		}
		s.options.Logger.WarnContext(ctx, "what waited in the damaged inbox was taken over", "aside", folder,
			"events", v.events, "copies", v.copies, "unreadable", v.lost, "complete", kept.Done, "err", failed)
		err = errors.Join(err, writeRecord(folder, kept))
	}
	if err != nil {
		s.options.Logger.ErrorContext(ctx, "damaged inbox files not noted as taken over", "err", err)
	}
}

// errDamaged is an error of the file that is read: more time would not help.
var errDamaged = errors.New("it cannot be read")

// salvage is one file's, under way.
type salvage struct {
	store  *Store
	db     *sql.DB
	sums   summer
	queues map[int64]queueName
	// Events up to after have been looked at; last is the highest number.
	after, last          int64
	events, copies, lost int
}

// open reads what has to be known first. The file is not changed.
func (v *salvage) open(ctx context.Context, file string) (err error) {
	if v.db, err = sql.Open("sqlite", source(file, url.Values{
		"mode": {"ro"}, "immutable": {"1"}, "_pragma": {"cell_size_check(1)"},
	})); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	v.db.SetMaxOpenConns(1)
	err = v.each(ctx, "SELECT id, plugin, command, crc FROM queues", nil, func(scan func(...any) error) {
		var id, crc int64
		var name queueName
		if scan(&id, &name.plugin, &name.command, &crc) == nil && crc == v.sums.queue(id, name.plugin, name.command) {
			v.queues[id] = name
		}
	})
	if len(v.queues) == 0 {
		return errors.Join(errDamaged, err)
	}
	for _, query := range []string{
		"SELECT last_seq FROM totals", "SELECT max(seq) FROM copies", "SELECT max(seq) FROM events NOT INDEXED",
	} {
		v.last = max(v.last, v.number(ctx, query))
	}
	if v.after == 0 {
		v.after = max(0, v.number(ctx, "SELECT min(seq) FROM copies")-1)
	}
	return nil
}

func (v *salvage) close() error {
	if v.db == nil {
		return nil
	}
	return v.db.Close() //nolint:wrapcheck // only logged
}

// number is 0 where it cannot be read, or cannot be true.
func (v *salvage) number(ctx context.Context, query string) (n int64) {
	if v.db.QueryRowContext(ctx, query).Scan(&n) != nil || n < 0 || n > 1<<48 {
		return 0
	}
	return n
}

func (v *salvage) each(ctx context.Context, query string, args []any, row func(scan func(...any) error)) (err error) {
	rows, err := v.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err //nolint:wrapcheck // only logged
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row(rows.Scan)
	}
	return rows.Err() //nolint:wrapcheck // only logged
}

func (v *salvage) run(ctx context.Context) error {
	if err := v.subscriptions(ctx); err != nil {
		return err
	}
	for v.after < v.last {
		to := min(v.last, v.after+salvageSpan)
		lost := v.lost
		found := v.read(ctx, v.after, to)
		if err := ctx.Err(); err != nil {
			v.lost = lost // what there was no time for is not lost
			return err    //nolint:wrapcheck // only logged
		}
		if len(found) > 0 {
			if err := v.store.write(ctx, func(c *change) error { return v.keep(c, found) }); err != nil {
				return err
			}
		}
		for _, e := range found {
			v.events++
			v.copies += len(e.copies)
		}
		v.after = to
	}
	return nil
}

// subscriptions takes over those too, and has the numbers of events go on.
func (v *salvage) subscriptions(ctx context.Context) error {
	var all []store.Subscription
	err := v.each(ctx, "SELECT plugin, pattern, since FROM subscriptions", nil, func(scan func(...any) error) {
		var one store.Subscription
		var since int64
		if scan(&one.Plugin, &one.Pattern, &since) == nil {
			one.Since = instant(since)
			all = append(all, one)
		}
	})
	if err != nil && code(err) == 0 {
		return err
	}
	if err := v.store.Subscribe(ctx, all...); err != nil {
		return err
	}
	return v.store.write(ctx, func(c *change) error { return v.keep(c, nil) })
}

// keep writes events with the numbers that they had. Those that an earlier start has taken
// over are there already.
func (v *salvage) keep(c *change, found []*salvaged) error {
	c.lastSeq = max(c.lastSeq, v.last)
	var events []*store.Event
	var copies []copyRow
	for _, s := range found {
		seq := int64(s.event.Seq) //nolint:gosec // it came from an int64
		var n int
		if err := c.w.get("SELECT count(*) FROM events WHERE seq = ?", []any{seq}, &n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		events = append(events, &s.event)
		c.events++
		for name, row := range s.copies {
			q, err := c.queue(name.plugin, name.command)
			if err != nil {
				return err
			}
			row.seq, row.queue = seq, q.id
			copies = append(copies, row)
			c.count(q, seq, none, int(row.state))
		}
	}
	if err := c.insertEvents(events); err != nil {
		return err
	}
	return c.insertCopies(copies)
}
