package sqlite

import (
	"context"
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Choose returns which events [Store.Trim] would let go of, and whether the limit, or a
// bound on the work, has ended it. It changes nothing. What it takes to bring the size
// down it can only guess at, rather too little: once these are gone, asking again finds
// the rest.
func (s *Store) Choose(ctx context.Context, r store.Retention) (seqs []uint64, more bool, err error) {
	t := &choice{trim: trim{Retention: r}}
	for range trimCalls {
		if err := ctx.Err(); err != nil {
			return nil, false, fmt.Errorf("choose what to trim: %w", err)
		}
		if err := s.choose(t); err != nil {
			return nil, false, fmt.Errorf("choose what to trim: %w", s.strictly(err))
		}
		if t.ended || t.more {
			return t.seqs, t.more, nil
		}
	}
	return t.seqs, true, nil
}

// choice is a Choose under way.
type choice struct {
	trim

	seqs []uint64
	size int64 // of the store, once those are gone
}

// choose looks at the next events. It holds up writers for as long as that takes.
func (s *Store) choose(t *choice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.writer()
	if err != nil {
		return err
	}
	if after := s.trimAfter; !t.begun || after < t.stuck {
		t.seqs, t.all, t.size = nil, 0, s.size.Load().used()
		t.begin(after)
	}
	candidates, err := (&change{w: w}).candidates(t.at)
	if err != nil {
		if !harmless(err) {
			return s.fail(w, err)
		}
		return err
	}
	for _, e := range candidates {
		if t.consider(e); t.ended || t.more {
			break
		}
	}
	t.ended = t.ended || !t.more && len(candidates) < trimWalk
	s.trimAfter = t.stuck
	return nil
}

// consider chooses an event, or passes it by.
func (t *choice) consider(e candidate) {
	old := t.old(e)
	switch {
	case !e.finished:
	case !old && (t.MaxBytes == 0 || t.size < t.MaxBytes):
		t.young++
	default:
		if t.more = t.Limit > 0 && t.all >= t.Limit; t.more {
			return
		}
		t.all++
		t.size -= e.room
		t.seqs = append(t.seqs, uint64(e.seq)) //nolint:gosec // counted up from 0
	}
	t.at = e.seq
	if t.young == 0 && len(t.seqs) == 0 { // what is chosen is not gone yet
		t.stuck = e.seq
	}
	t.ended = t.young > trimAhead
}
