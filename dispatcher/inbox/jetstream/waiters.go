package jetstream

import (
	"sync"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
)

// outcome is what has become of an entry of our own.
type outcome struct {
	entry *sqlite.Entry // as it was applied
	err   error
}

// waiters are those whose entry is on its way through the log, by its id.
type waiters struct {
	mu   sync.Mutex
	of   map[string]*waiter
	base uint64 // the entry to which the view had come when it was made
}

// waiter waits for an entry.
type waiter struct {
	outcome chan outcome // takes one
	mark    uint64       // the entry's place; 0 while it is not known
}

// add begins to wait for an entry.
func (w *waiters) add(id string) <-chan outcome {
	one := &waiter{outcome: make(chan outcome, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]*waiter{}
	}
	w.of[id] = one
	return one.outcome
}

// remove ends the waiting for an entry.
func (w *waiters) remove(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.of, id)
}

// placed says where in the log an entry is.
func (w *waiters) placed(id string, mark uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.of[id]; one != nil {
		one.mark = mark
		w.passOver(id, one)
	}
}

// anew says that the view was made anew, as it was after an entry. What has become of those
// before, it cannot tell; those that come behind it will be applied.
func (w *waiters) anew(base uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.base = base
	for id, one := range w.of {
		w.passOver(id, one)
	}
}

func (w *waiters) passOver(id string, one *waiter) {
	if one.mark > 0 && one.mark <= w.base {
		delete(w.of, id)
		one.outcome <- outcome{err: errAnew}
	}
}

// tell tells whoever waits for an entry that it was applied.
func (w *waiters) tell(id string, e *sqlite.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.of[id]; one != nil {
		delete(w.of, id)
		one.outcome <- outcome{entry: e}
	}
}
