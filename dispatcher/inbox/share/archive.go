package share

import (
	"context"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Waiting is the courier's: of a line without an order, what this gateway has in hand.
func (s *Share) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	if s.ordered(q.Line) {
		return s.o.Store.Waiting(ctx, q)
	}
	s.mu.Lock()
	p := page{limit: q.Limit, maxBytes: q.MaxBytes}
	if h := s.hands[q.Plugin]; h != nil {
		for _, seq := range h.after(q.After) {
			x := h.copies[seq]
			if x == nil || x.copy.State == store.Retry && !q.Retries || !slices.Contains(q.Commands, x.copy.Event.Command) {
				continue
			}
			if !p.add(x) {
				break
			}
			s.uncache(x)
		}
	}
	s.mu.Unlock()
	return s.read(ctx, q.Plugin, p.copies, p.bodiless)
}

// Due is the courier's: the retries in hand, which are due, or they would not be there.
func (s *Share) Due(ctx context.Context, q store.DueQuery) (copies []store.Copy, next time.Time, err error) {
	if s.ordered(q.Line) {
		return s.o.Store.Due(ctx, q)
	}
	s.mu.Lock()
	var due []*held
	if h := s.hands[q.Plugin]; h != nil {
		for _, x := range h.copies {
			if x.copy.State == store.Retry && slices.Contains(q.Commands, x.copy.Event.Command) {
				due = append(due, x)
			}
		}
	}
	slices.SortFunc(due, func(a, b *held) int { return a.copy.DueAt.Compare(b.copy.DueAt) })
	p := page{limit: q.Limit, maxBytes: q.MaxBytes}
	for _, x := range due {
		if !p.add(x) {
			next = q.Now // there are more
			break
		}
		s.uncache(x)
	}
	s.mu.Unlock()
	copies, err = s.read(ctx, q.Plugin, p.copies, p.bodiless)
	return copies, next, err
}

func (s *Share) ordered(l store.Line) bool {
	return len(l.Commands) > 0 && s.courier.Ordered(l.Commands[0])
}

// page collects copies up to a count and a size; below 1 there is no bound.
type page struct {
	limit           int
	maxBytes, bytes int64
	copies          []store.Copy
	bodiless        []uint64
}

func (p *page) add(x *held) bool {
	if p.limit > 0 && len(p.copies) >= p.limit || p.maxBytes > 0 && len(p.copies) > 0 && p.bytes+x.size > p.maxBytes {
		return false
	}
	p.bytes += x.size
	p.copies = append(p.copies, x.copy)
	if !x.read {
		p.bodiless = append(p.bodiless, x.copy.Event.Seq)
	}
	return true
}

// read reads the copies anew whose bodies are not here. Those that do not wait any more are
// left out, and let go of: somebody else has delivered them.
func (s *Share) read(ctx context.Context, plugin string, copies []store.Copy, bodiless []uint64) ([]store.Copy, error) {
	if len(bodiless) == 0 {
		return copies, nil
	}
	slices.Sort(bodiless)
	fresh, err := s.o.Store.Copies(ctx, plugin, bodiless)
	if err != nil {
		return nil, err
	}
	bySeq := make(map[uint64]store.Copy, len(fresh))
	for _, c := range fresh {
		bySeq[c.Event.Seq] = c
	}
	var gone []uint64
	copies = slices.DeleteFunc(copies, func(c store.Copy) bool {
		_, again := slices.BinarySearch(bodiless, c.Event.Seq)
		_, waits := bySeq[c.Event.Seq]
		if again && !waits {
			gone = append(gone, c.Event.Seq)
		}
		return again && !waits
	})
	for i := range copies {
		if c, ok := bySeq[copies[i].Event.Seq]; ok {
			copies[i] = c
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, seq := range gone {
		s.letGo(s.hands[plugin], seq)
	}
	return copies, nil
}

// Doubtful reports whether somebody may have had the copy in hand before.
func (s *Share) Doubtful(plugin string, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.hands[plugin]; h != nil {
		if x := h.copies[seq]; x != nil {
			return x.claim.Doubt()
		}
	}
	return s.batons.doubtful(plugin, seq)
}
