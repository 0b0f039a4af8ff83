package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// State is what the last callback said of a pair.
type State string

// The states of a pair. They are stored as they are written here.
const (
	// Blocked: To stands on the blacklist of From.
	Blocked State = "blocked"
	// Unblocked: To stood there once. The row stays as a tombstone, so that a
	// late copy of the callback that blocked changes nothing.
	Unblocked State = "unblocked"
)

// Pair is one entry of a blacklist, both sides being user ids of the app.
type Pair struct {
	// From is the account whose blacklist it is.
	From string `json:"from"`
	// To is the account on it.
	To string `json:"to"`
}

// Change is what one callback says of a number of pairs.
type Change struct {
	// App is the SDKAppID whose accounts these are.
	App string
	// State is the state that every pair of Pairs is in from now on.
	State State
	// Pairs are the pairs, any number of them; one listed twice counts once.
	Pairs []Pair
	// At and CallbackID order the changes of a pair: the greatest wins. Both
	// belong to the callback and stay the same when it is delivered again. At
	// counts to the nanosecond, in the years 0 to 9999.
	At         time.Time
	CallbackID string
	// ClientIP and Platform are kept with the rows; either may be empty.
	ClientIP string
	Platform string
}

// applySQL takes all pairs as one JSON argument, which keeps it a single bounded
// statement for any number of them. A pair listed twice meets its own row, which
// is not older, and changes nothing.
const applySQL = `
INSERT INTO blacklist (app, from_account, to_account, state, since, client_ip, platform, callback_id)
SELECT ?1, value->>'from', value->>'to', ?2, ?3, ?4, ?5, ?6
FROM json_each(?7)
WHERE true -- parts the join from the ON that follows
ON CONFLICT (app, from_account, to_account) DO UPDATE SET
	state       = excluded.state,
	since       = excluded.since,
	client_ip   = excluded.client_ip,
	platform    = excluded.platform,
	callback_id = excluded.callback_id
WHERE (excluded.since, excluded.callback_id) > (blacklist.since, blacklist.callback_id)`

// Apply writes c in one transaction, durable on return, and returns how many
// rows it changed: none when every pair has heard something later already.
//
// The error is a fault that may be tried again when another process holds the
// lock for longer than Options.BusyTimeout or the disk is full, and wraps the
// context's error when that ended first. Nothing is written then.
func (s *Store) Apply(ctx context.Context, c Change) (changed int64, err error) {
	if len(c.Pairs) == 0 {
		return 0, nil
	}
	pairs, err := json.Marshal(c.Pairs)
	if err != nil {
		return 0, fmt.Errorf("encode pairs: %w", err)
	}
	changed, err = s.write(ctx, s.apply,
		c.App, string(c.State), stamp(c.At), c.ClientIP, c.Platform, c.CallbackID, string(pairs))
	if err != nil {
		return 0, fmt.Errorf("apply %d pairs: %w", len(c.Pairs), fault(ctx, err))
	}
	return changed, nil
}

const countEmptySQL = `
INSERT INTO empty_callbacks (app, command, deliveries, last_at)
VALUES (?1, ?2, 1, ?3)
ON CONFLICT (app, command) DO UPDATE SET
	deliveries = deliveries + 1,
	last_at    = max(last_at, excluded.last_at)`

// CountEmpty records the delivery of a callback that named no pair. It is a
// count of deliveries: one that comes twice counts twice. Errors are as those of
// Apply.
func (s *Store) CountEmpty(ctx context.Context, app, command string, at time.Time) error {
	if _, err := s.write(ctx, s.countEmpty, app, command, stamp(at)); err != nil {
		return fmt.Errorf("count empty callback: %w", fault(ctx, err))
	}
	return nil
}

// write runs stmt alone in a transaction that takes the write lock first.
func (s *Store) write(ctx context.Context, stmt *sql.Stmt, args ...any) (changed int64, err error) {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing, before one there is an error already
	result, err := tx.StmtContext(ctx, stmt).ExecContext(ctx, args...)
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	changed, err = result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return changed, nil
}

// stamp writes t so that the order of the texts is the order of the times, and
// so that a person and SQLite's date functions can read it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000Z") }
