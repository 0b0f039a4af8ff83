package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// indexes returns the partial index of each state that has one.
func indexes() iter.Seq2[store.State, string] {
	return func(yield func(store.State, string) bool) {
		_ = yield(store.Ready, "copies_ready") && yield(store.Retry, "copies_retry") && yield(store.Dead, "copies_dead")
	}
}

// indexed is a query about one queue that the index of a state answers alone, so that
// it also finds a row whose own state is damaged.
func indexed(state store.State, rest, what string) string {
	name, _ := indexName(state)
	return fmt.Sprintf("SELECT %s FROM copies INDEXED BY %s WHERE queue = ? AND state = %d%s", what, name, state, rest)
}

func indexName(of store.State) (name string, ok bool) {
	for state, name := range indexes() {
		if state == of {
			return name, true
		}
	}
	return "", false
}

// statements are prepared once, for all readers.
type statements struct {
	mu  sync.Mutex
	all map[string]*sql.Stmt
}

func (p *statements) get(ctx context.Context, db *sql.DB, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if stmt := p.all[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	if p.all == nil {
		p.all = map[string]*sql.Stmt{}
	}
	p.all[query] = stmt
	return stmt, nil
}

func (p *statements) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, stmt := range p.all {
		errs = append(errs, stmt.Close())
	}
	p.all = nil
	return errors.Join(errs...)
}

// reader answers one question, all of it from one state of the store.
type reader struct {
	ctx   context.Context //nolint:containedctx // lives as long as one call
	store *Store
	tx    *sql.Tx
	sums  summer
}

func (s *Store) read(ctx context.Context, ask func(*reader) error) (err error) {
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ask the inbox: %w", err)
	}
	defer func() {
		if e := tx.Rollback(); e != nil && err == nil && !errors.Is(e, sql.ErrTxDone) {
			err = e
		}
	}()
	return ask(&reader{ctx: ctx, store: s, tx: tx})
}

func (r *reader) query(query string, args ...any) (*sql.Rows, error) {
	stmt, err := r.store.reads.get(r.ctx, r.store.readers, query)
	if err != nil {
		return nil, err
	}
	return r.tx.StmtContext(r.ctx, stmt).QueryContext(r.ctx, args...) //nolint:wrapcheck // the callers of Store's methods see what it was about
}

// ref names a copy, and what an index says of it.
type ref struct {
	q        *queue
	seq, due int64
	state    store.State
}

func compareRefs(a, b ref) int {
	return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(a.q.plugin, b.q.plugin))
}

func compareDue(a, b ref) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.seq, b.seq)) }

// refs returns up to n copies of the queues in these states, by seq: from the first
// after the given one on, or, newest first, from the last before it.
func (r *reader) refs(queues []*queue, states []store.State, after int64, newest bool, n int) ([]ref, error) {
	rest := " AND seq > ? ORDER BY seq LIMIT ?"
	if newest {
		rest = " AND seq < ? ORDER BY seq DESC LIMIT ?"
	}
	var all []ref
	for _, state := range states {
		for _, q := range queues {
			rows, err := r.query(indexed(state, rest, "seq"), q.id, after, n)
			if err != nil {
				return nil, err
			}
			seqs, err := collect(rows)
			if err != nil {
				return nil, err
			}
			for _, seq := range seqs {
				all = append(all, ref{q: q, seq: seq, state: state})
			}
		}
	}
	slices.SortFunc(all, func(a, b ref) int {
		if newest && a.seq != b.seq {
			return cmp.Compare(b.seq, a.seq)
		}
		return compareRefs(a, b)
	})
	return all, nil
}

const loadSQL = `SELECT c.state, c.purpose, c.attempts, c.first, c.last, c.due, c.reason, c.failure, c.crc,
	e.id, e.key, e.command, e.app, e.ip, e.platform, e.received, e.crc, %s
	FROM copies c LEFT JOIN events e ON e.seq = c.seq WHERE c.seq = ? AND c.queue = ?`

// load reads a copy. One that cannot be read, or is not what was written, is Corrupt. Its
// names are right then, and what it says of its deliveries where that alone is sound. ok
// is false where there is none.
func (r *reader) load(at ref, body bool) (c store.Copy, ok bool, err error) {
	what := "NULL"
	if body {
		what = "e.body"
	}
	rows, err := r.query(fmt.Sprintf(loadSQL, what), at.seq, at.q.id)
	if err != nil {
		return c, false, err
	}
	if ok = rows.Next(); ok {
		c = r.scan(rows, at, body)
	}
	err = errors.Join(rows.Err(), rows.Close())
	switch {
	case r.ctx.Err() != nil:
		return c, false, fmt.Errorf("read event %d: %w", at.seq, r.ctx.Err())
	case unreadable(err):
		c = at.corrupt()
	case err != nil || !ok:
		return c, false, err
	}
	r.store.recent.add(at.seq, at.q.command)
	return c, true, nil
}

// corrupt is the copy of which no more is known than its name.
func (at ref) corrupt() store.Copy {
	c := store.Copy{Plugin: at.q.plugin, State: at.state, Corrupt: true}
	c.Event.Seq, c.Event.Command = uint64(at.seq), at.q.command //nolint:gosec // never below 0
	return c
}

// scan returns what a row of loadSQL says. A column that has changed its type is
// damage, and no failure.
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

// oldest is when the first of a queue's waiting copies was received.
func (r *reader) oldest(q *queue) (oldest time.Time, err error) {
	refs, err := r.refs([]*queue{q}, []store.State{store.Ready, store.Retry}, 0, false, oldestOf)
	if err != nil {
		return oldest, err
	}
	for _, at := range refs {
		c, ok, err := r.load(at, false)
		if err != nil {
			return oldest, err
		}
		if ok && !c.Corrupt && (oldest.IsZero() || c.Event.ReceivedAt.Before(oldest)) {
			oldest = c.Event.ReceivedAt
		}
	}
	return oldest, nil
}

// oldestOf is how many copies are looked at for the one that was received first: those
// that arrive together may be accepted in another order.
const oldestOf = 16
