package pool

import (
	"container/list"
	"iter"
	"time"
)

// deaths is what is held against a callback.
type deaths struct {
	suspect

	processes []uint64 // their generations
	last      time.Time
}

// shelf keeps deaths by id, in the order of the last one.
type shelf struct {
	byID  map[string]*list.Element
	order *list.List // of *deaths, the oldest first
}

func newShelf() *shelf { return &shelf{byID: make(map[string]*list.Element), order: list.New()} }

// put adds d as the newest and drops the oldest beyond limit.
func (s *shelf) put(d *deaths, limit int) {
	s.byID[d.id] = s.order.PushBack(d)
	for s.order.Len() > limit {
		s.take(s.oldest().id)
	}
}

// take removes what is held against id and returns it, or nil.
func (s *shelf) take(id string) *deaths {
	e, ok := s.byID[id]
	if !ok {
		return nil
	}
	delete(s.byID, id)
	return s.order.Remove(e).(*deaths) //nolint:forcetypeassert // The list holds nothing else.
}

// oldest returns the one whose last death is longest ago, or nil.
func (s *shelf) oldest() *deaths {
	if e := s.order.Front(); e != nil {
		return e.Value.(*deaths) //nolint:forcetypeassert // The list holds nothing else.
	}
	return nil
}

// newestFirst walks over all.
func (s *shelf) newestFirst() iter.Seq[*deaths] {
	return func(yield func(*deaths) bool) {
		for e := s.order.Back(); e != nil; e = e.Prev() {
			if !yield(e.Value.(*deaths)) { //nolint:forcetypeassert // The list holds nothing else.
				return
			}
		}
	}
}
