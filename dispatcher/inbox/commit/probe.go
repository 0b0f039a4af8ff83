package commit

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// idle is how long a writer without work or worry sleeps; any work wakes it.
const idle = time.Hour

// rest is how long the writer may sleep.
func (w *writer) rest() time.Duration {
	if w.State().Kind == OK {
		if len(w.aside) > 0 {
			return max(0, time.Until(w.asideAt))
		}
		return idle
	}
	return max(0, time.Until(w.probeAt))
}

// failed takes note of a batch that could not be written. A batch with appends that
// found no room says nothing of results alone, which are tried at once.
func (w *writer) failed(err error) {
	alone := len(w.taken) == 0
	w.answerAll(err)
	if alone || kindOf(err) != Full {
		w.hold(true)
	}
	w.trouble(err)
}

// trouble enters the state of err and sets the time of the next probe.
func (w *writer) trouble(err error) {
	w.enter(err)
	w.backoff = min(w.o.MaxProbe, max(w.o.MinProbe, 2*w.backoff))
	w.probeAt = time.Now().Add(w.backoff)
}

// probe looks whether the journal takes changes again: with the results that are
// kept, or with an empty batch.
func (w *writer) probe(ctx context.Context) {
	if len(w.kept) > 0 {
		if !w.write(ctx) && !w.isolate(ctx) {
			return
		}
	} else if err := w.commit(ctx, &store.Batch{}); err != nil {
		w.failed(err)
		return
	}
	w.hold(false)
	if state := w.State(); state.Kind == Full && !w.o.Room(ctx) {
		w.trouble(state.Err)
		return
	}
	w.backoff = 0
	w.enter(nil)
}

// hold says whether results can be written, where that has changed.
func (w *writer) hold(held bool) {
	if w.writable == held {
		w.writable = !held
		w.o.OnHold(held)
	}
}
