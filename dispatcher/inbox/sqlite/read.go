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
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return fmt.Errorf("ask the inbox: %w", ctx.Err())
	}
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("ask the inbox: %w", err)
	}
	defer func() {
		if e := tx.Rollback(); e != nil && err == nil && !errors.Is(e, sql.ErrTxDone) {
			err = e
		}
	}()
	return s.strictly(ask(&reader{ctx: ctx, store: s, tx: tx}))
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

// oldestOf is how many copies are looked at for the one that was received first: those
// that arrive together may be accepted in another order.
const oldestOf = 16

// oldest is when the first of a queue's waiting copies was received.
func (r *reader) oldest(q *queue) (oldest time.Time, err error) {
	for _, state := range []store.State{store.Ready, store.Retry} {
		rows, err := r.query("SELECT min(received) FROM events WHERE seq IN ("+indexed(state, " ORDER BY seq LIMIT ?", "seq")+")",
			q.id, oldestOf)
		if err != nil {
			return oldest, err
		}
		var received sql.NullInt64
		if rows.Next() {
			err = rows.Scan(&received)
		}
		if err = errors.Join(err, rows.Err(), rows.Close()); err != nil {
			return oldest, fmt.Errorf("read events: %w", err)
		}
		if at := instant(received.Int64); received.Valid && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	return oldest, nil
}
