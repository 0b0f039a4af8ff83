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
	mu sync.Mutex
	of map[string]chan outcome
}

// add begins to wait for an entry. The channel takes one outcome.
func (w *waiters) add(id string) <-chan outcome {
	c := make(chan outcome, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]chan outcome{}
	}
	w.of[id] = c
	return c
}

// remove ends the waiting for an entry.
func (w *waiters) remove(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.of, id)
}

// tell tells whoever waits for an entry that it was applied.
func (w *waiters) tell(id string, e *sqlite.Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c, ok := w.of[id]; ok {
		delete(w.of, id)
		c <- outcome{entry: e}
	}
}

// fail tells all of them that nobody can say any more what has become of their entries.
func (w *waiters) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.of {
		c <- outcome{err: err}
	}
	clear(w.of)
}
