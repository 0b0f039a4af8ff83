package recent

import (
	"sync"
	"sync/atomic"
)

// stripes is how many locks a ring has. Writers that come at one moment have places that
// follow each other, and so each its own lock.
const stripes = 64

// ring keeps the latest values. It is safe for concurrent use.
type ring[T any] struct {
	turns atomic.Uint64 // how many have been written
	locks [stripes]paddedLock
	slots []slot[T]
}

// paddedLock has a line of the processor's cache for itself.
type paddedLock struct {
	sync.Mutex

	_ [56]byte
}

// slot is a place and the turn of what stands there, from 1; 0 for an empty one.
type slot[T any] struct {
	turn  uint64
	value T
}

// put writes a value in the place of the oldest.
func (r *ring[T]) put(value *T) {
	turn := r.turns.Add(1)
	at := turn % uint64(len(r.slots))
	lock := &r.locks[at%stripes]
	lock.Lock()
	defer lock.Unlock()
	if s := &r.slots[at]; s.turn < turn { // else this writer was held up for a whole round
		s.turn, s.value = turn, *value
	}
}

// newest hands what is there to look, the latest first, until that returns false. What is
// written meanwhile may be left out. look is called under a lock, and must not write.
func (r *ring[T]) newest(look func(turn uint64, value *T) bool) {
	last := r.turns.Load()
	for back := range uint64(len(r.slots)) {
		if back >= last {
			return
		}
		if turn := last - back; !r.look(turn, look) {
			return
		}
	}
}

func (r *ring[T]) look(turn uint64, look func(uint64, *T) bool) bool {
	at := turn % uint64(len(r.slots))
	lock := &r.locks[at%stripes]
	lock.Lock()
	defer lock.Unlock()
	if s := &r.slots[at]; s.turn == turn {
		return look(turn, &s.value)
	}
	return true // written over, or not written yet
}
