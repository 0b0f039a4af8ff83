package commit

import (
	"sync"
	"sync/atomic"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// waiter is an append and the caller that waits for it. Whoever is the last to look
// at it, the caller or the writer, gives it back to the pool.
type waiter struct {
	append  store.Append
	phase   atomic.Uint32
	outcome chan outcome // takes one, so that telling never blocks
}

type outcome struct {
	duplicate bool
	err       error
}

// The phases of a waiter.
const (
	queued   = iota // the caller waits, and the writer has not come to it
	taken           // the writer has it in a batch
	answered        // the writer has told the outcome, and the caller takes it
	left            // the caller has gone, and the writer gives it back
)

// waiters holds those that nobody uses; the phase of each is queued and its channel
// empty.
type waiters struct{ pool sync.Pool }

func (p *waiters) get(a store.Append) *waiter {
	w, ok := p.pool.Get().(*waiter)
	if !ok {
		w = &waiter{outcome: make(chan outcome, 1)}
	}
	w.append = a
	return w
}

func (p *waiters) put(w *waiter) {
	w.append = store.Append{} // the body must not outlive its use
	w.phase.Store(queued)
	p.pool.Put(w)
}

// take has the writer take the append over; false where the caller has gone, and the
// waiter with it.
func (p *waiters) take(w *waiter) bool {
	if w.phase.CompareAndSwap(queued, taken) {
		return true
	}
	p.put(w)
	return false
}

// answer tells the caller of a taken append what has become of it.
func (p *waiters) answer(w *waiter, o outcome) {
	if w.phase.CompareAndSwap(taken, answered) {
		w.outcome <- o
		return
	}
	p.put(w)
}

// leave lets the caller go without an outcome. It reports whether the append will
// never be written; where it may be and the outcome is there already, got is true.
func (w *waiter) leave() (dropped, got bool) {
	if w.phase.CompareAndSwap(queued, left) {
		return true, false
	}
	return false, !w.phase.CompareAndSwap(taken, left)
}
