package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

const (
	// scanSpan is how many events a scan looks at before it gives way.
	scanSpan = 20000
	// scanLimit is how long a page gets where the query does not say.
	scanLimit = 10000
)

// Scan returns a page of copies.
func (s *Store) Scan(ctx context.Context, q store.ScanQuery) (page store.Page, err error) {
	if q.Limit < 1 {
		q.Limit = scanLimit
	}
	if q.Reason != store.NoReason {
		if len(q.States) > 0 && !slices.Contains(q.States, store.Dead) {
			return store.Page{}, nil
		}
		q.States = []store.State{store.Dead}
	}
	queues := s.ledger.find(func(c *queue) bool {
		return (q.Plugin == "" || q.Plugin == c.plugin) && q.Covers(c.command)
	})
	err = s.read(ctx, func(r *reader) error {
		sc := &scan{reader: r, q: q, queues: queues, page: &page}
		if len(queues) == 0 {
			return nil
		}
		refs, end, err := sc.refs()
		if err != nil {
			return err
		}
		return sc.fill(refs, end)
	})
	if err != nil {
		return store.Page{}, fmt.Errorf("scan: %w", err)
	}
	return page, nil
}

// scan is a Scan under way: it finds what may match, and loads it.
type scan struct {
	*reader
	q      store.ScanQuery
	queues []*queue
	page   *store.Page
}

// refs returns what may be on the page, in order, and the seq up to which that is all
// there is; 0 where it is all.
func (sc *scan) refs() (refs []ref, end int64, err error) {
	switch {
	case sc.q.ID != "":
		refs, err = sc.byID()
	case len(sc.q.States) > 0 && !slices.ContainsFunc(sc.q.States, func(s store.State) bool {
		_, ok := indexName(s)
		return !ok
	}):
		refs, end, err = sc.byState()
	default:
		refs, end, err = sc.bySeq()
	}
	slices.SortFunc(refs, func(a, b ref) int {
		if sc.q.Newest && a.seq != b.seq {
			return cmp.Compare(b.seq, a.seq)
		}
		return compareRefs(a, b)
	})
	return slices.CompactFunc(refs, func(a, b ref) bool { return a.seq == b.seq && a.q == b.q }), end, err
}

// begin is where the scan continues: the first seq that may have something left.
func (sc *scan) begin() int64 {
	switch {
	case sc.q.After != nil:
		return int64(sc.q.After.Seq) //nolint:gosec // a seq is far below the bound
	case sc.q.Newest:
		return sc.store.ledger.last() + 1
	}
	return 0
}

func (sc *scan) byID() (refs []ref, err error) {
	rows, err := sc.query("SELECT c.seq, c.queue, c.state FROM events e JOIN copies c ON c.seq = e.seq WHERE e.id = ?", sc.q.ID)
	if err != nil {
		return nil, err
	}
	return sc.collect(rows)
}

// byState asks the indexes, so that what is done costs nothing.
func (sc *scan) byState() (refs []ref, end int64, err error) {
	n := min(sc.q.Limit, refPage) + 1 + len(sc.queues) // more than one event has
	from := sc.begin()
	if sc.q.Newest {
		from++
	} else {
		from--
	}
	refs, err = sc.reader.refs(sc.queues, sc.q.States, from, sc.q.Newest, n)
	if len(refs) < n {
		return refs, 0, err
	}
	return refs[:n], refs[n-1].seq, err
}

// bySeq walks through a span of events. What SQL can tell does not get out of it.
func (sc *scan) bySeq() (refs []ref, end int64, err error) {
	where, args := sc.conditions()
	low, high, end, err := sc.span()
	if err != nil || low > high {
		return nil, 0, err
	}
	order := "ORDER BY c.seq"
	if sc.q.Newest {
		order = "ORDER BY c.seq DESC"
	}
	n := sc.q.Limit + 1 + len(sc.queues) // more than one event has
	rows, err := sc.query(fmt.Sprintf(`SELECT c.seq, c.queue, c.state FROM copies c CROSS JOIN events e ON e.seq = c.seq
		WHERE c.seq BETWEEN ? AND ? %s %s LIMIT ?`, where, order), append(append([]any{low, high}, args...), n)...)
	if err != nil {
		return nil, 0, err
	}
	refs, err = sc.collect(rows)
	if len(refs) == n {
		end = refs[n-1].seq
	}
	return refs, end, err
}

// span returns the seqs to walk through now, and where that ends; 0 at the end of all.
func (sc *scan) span() (low, high, end int64, err error) {
	from := sc.begin()
	query := "SELECT min(seq), (SELECT max(seq) FROM events) FROM events WHERE seq >= ?"
	if sc.q.Newest {
		query = "SELECT max(seq), (SELECT min(seq) FROM events) FROM events WHERE seq <= ?"
	}
	rows, err := sc.query(query, from)
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var first, last sql.NullInt64
	if rows.Next() {
		if err := rows.Scan(&first, &last); err != nil {
			return 0, 0, 0, fmt.Errorf("read the bounds: %w", err)
		}
	}
	if err := rows.Err(); err != nil || !first.Valid {
		return 1, 0, 0, err //nolint:wrapcheck // the caller says what it was about
	}
	if sc.q.Newest {
		if low = first.Int64 - scanSpan; low > last.Int64 {
			end = low
		}
		return max(low, last.Int64), first.Int64, end, nil
	}
	if high = first.Int64 + scanSpan; high < last.Int64 {
		end = high
	}
	return first.Int64, min(high, last.Int64), end, nil
}

func (sc *scan) collect(rows *sql.Rows) (refs []ref, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var seq, id, state int64
		if err := rows.Scan(&seq, &id, &state); err != nil {
			return nil, fmt.Errorf("read a copy's name: %w", err)
		}
		if at := slices.IndexFunc(sc.queues, func(q *queue) bool { return q.id == id }); at >= 0 {
			refs = append(refs, ref{q: sc.queues[at], seq: seq, state: store.State(state)}) //nolint:gosec // small, or damaged
		}
	}
	return refs, rows.Err() //nolint:wrapcheck // the caller says what it was about
}

// fill loads what is on the page. Of the event at end, and what comes after it, refs may
// not have all.
func (sc *scan) fill(refs []ref, end int64) error {
	refs = slices.DeleteFunc(refs, func(at ref) bool { return sc.before(at) || end != 0 && at.seq == end })
	more, err := sc.each(refs, sc.q.Bodies, func(c store.Copy) bool {
		if !c.Corrupt && !sc.chosen(&c) {
			return true
		}
		if len(sc.page.Copies) == sc.q.Limit {
			return false
		}
		sc.page.Copies = append(sc.page.Copies, c)
		return true
	})
	switch {
	case err != nil:
		return err
	case !more:
		last := sc.page.Copies[sc.q.Limit-1]
		sc.page.Next = &store.Cursor{Seq: last.Event.Seq, Plugin: last.Plugin}
	case end != 0:
		sc.page.Next = &store.Cursor{Seq: uint64(end)} //nolint:gosec // never below 0
	}
	return nil
}
