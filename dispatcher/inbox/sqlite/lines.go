package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// refPage is how many copies an index is asked for at a time.
const refPage = 1000

// bounds collects copies up to a count and a size; below 1 there is no bound.
type bounds struct {
	limit    int
	maxBytes int64
	copies   []store.Copy
	bytes    int64
}

// full reports whether no other copy can be added, whatever its size.
func (b *bounds) full() bool {
	return b.limit > 0 && len(b.copies) >= b.limit || b.maxBytes > 0 && len(b.copies) > 0 && b.bytes >= b.maxBytes
}

func (b *bounds) add(c store.Copy) bool {
	size := int64(len(c.Event.Body))
	if b.limit > 0 && len(b.copies) >= b.limit || b.maxBytes > 0 && len(b.copies) > 0 && b.bytes+size > b.maxBytes {
		return false
	}
	b.copies, b.bytes = append(b.copies, c), b.bytes+size
	return true
}

// page is how many entries of an index to ask for next.
func (b *bounds) page() int {
	if b.limit < 1 {
		return refPage
	}
	return min(refPage, b.limit-len(b.copies))
}

// Waiting returns copies to deliver, in order of acceptance.
func (s *Store) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	states := []store.State{store.Ready}
	if q.Retries {
		states = append(states, store.Retry)
	}
	page := bounds{limit: q.Limit, maxBytes: q.MaxBytes}
	err := s.read(ctx, func(r *reader) error {
		queues := s.ledger.line(q.Line)
		for after := int64(q.After); len(queues) > 0; { //nolint:gosec // a seq is far below the bound
			n := page.page()
			refs, err := r.refs(queues, states, after, false, n)
			if err != nil || len(refs) == 0 {
				return err
			}
			asked := refs[:min(n, len(refs))]
			if more, err := r.each(asked, true, page.waiting(states)); err != nil || !more || page.full() || len(refs) < n {
				return err
			}
			after = asked[len(asked)-1].seq
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what waits for %s: %w", q.Plugin, err)
	}
	return page.copies, nil
}

// waiting adds copies until the page is full, but for those that are sound and do not
// wait: the index is wrong about them.
func (b *bounds) waiting(states []store.State) func(store.Copy) (more bool) {
	return func(c store.Copy) bool {
		return !c.Corrupt && !slices.Contains(states, c.State) || b.add(c)
	}
}

const dueSQL = `SELECT seq, due FROM copies INDEXED BY copies_due WHERE queue = ? AND state = 1
	AND due > ? AND due <= ? ORDER BY due, seq LIMIT ?`

// Due returns copies whose next attempt is due, and when the earliest of those left
// falls due.
func (s *Store) Due(ctx context.Context, q store.DueQuery) (copies []store.Copy, next time.Time, err error) {
	page := bounds{limit: q.Limit, maxBytes: q.MaxBytes}
	n := -1
	if q.Limit > 0 {
		n = q.Limit + 1
	}
	err = s.read(ctx, func(r *reader) error {
		refs, err := r.due(s.ledger.line(q.Line), q, n)
		if err != nil {
			return err
		}
		shown := 0
		now := q.Now.UnixMicro()
		isDue, _ := slices.BinarySearchFunc(refs, now, func(at ref, now int64) int { return cmp.Compare(at.due, now+1) })
		add := page.waiting([]store.State{store.Retry})
		if _, err := r.each(refs[:isDue], true, func(c store.Copy) bool {
			if !add(c) {
				return false
			}
			shown++
			return true
		}); err != nil {
			return err
		}
		if shown < len(refs) {
			next = instant(refs[shown].due)
		}
		return nil
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read what is due for %s: %w", q.Plugin, err)
	}
	return page.copies, next, nil
}

// due returns up to n retries of each queue, the longest due first; -1 for all. Those
// beyond the latest time are due now.
func (r *reader) due(queues []*queue, q store.DueQuery, n int) (all []ref, err error) {
	latest, now := int64(math.MaxInt64), q.Now.UnixMicro()
	if !q.Latest.IsZero() {
		latest = q.Latest.UnixMicro()
	}
	for _, of := range queues {
		if all, err = r.dueWithin(all, of, math.MinInt64, latest, n); err != nil {
			return nil, err
		}
		if latest == math.MaxInt64 {
			continue
		}
		early := len(all)
		if all, err = r.dueWithin(all, of, latest, math.MaxInt64, n); err != nil {
			return nil, err
		}
		for i := range all[early:] {
			all[early+i].due = now
		}
	}
	slices.SortStableFunc(all, compareDue)
	return all, nil
}

// dueWithin adds up to n retries of a queue that are due after a time and up to another.
func (r *reader) dueWithin(all []ref, of *queue, after, upTo int64, n int) ([]ref, error) {
	rows, err := r.query(dueSQL, of.id, after, upTo, n)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		at := ref{q: of, state: store.Retry}
		if err := rows.Scan(&at.seq, &at.due); err != nil {
			_ = rows.Close()
			return nil, fmt.Errorf("read index: %w", err)
		}
		all = append(all, at)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read index: %w", err)
	}
	return all, nil
}
