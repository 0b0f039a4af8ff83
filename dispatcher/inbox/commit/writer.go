package commit

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// writer is what belongs to the goroutine that writes.
type writer struct {
	*Committer
	taken   []*waiter      // the appends of the batch
	kept    []store.Result // results to write, the oldest first
	changed []*change
	batch   store.Batch

	// aside are results that the journal refuses though it takes others, to be tried
	// again at asideAt.
	aside   []store.Result
	asideAt time.Time

	// writable is false while results cannot be written, which is said with OnHold.
	writable bool
	backoff  time.Duration
	probeAt  time.Time // when the next probe is due, unless the state is OK
	doubt    bool      // a commit that failed may have been made all the same
}

// run writes until the committer is closed and everything is written, or ctx ends.
func (w *writer) run(ctx context.Context) {
	defer close(w.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		// Whoever was answered by the last commit, or has a callback in hand, goes first:
		// the fewer commits, the less each callback pays for one. On idle processors
		// that takes no time.
		runtime.Gosched()
		closed, more := w.take()
		w.step(ctx)
		if more || w.writable && len(w.kept) > 0 {
			continue
		}
		if closed && len(w.kept) == 0 {
			w.left = len(w.aside)
			return
		}
		timer.Reset(w.rest())
		select {
		case <-w.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	w.abandon()
}

// take fetches what is queued, as much as one batch takes, and reports whether the
// committer is closed and whether more appends wait.
func (w *writer) take() (closed, more bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = append(w.kept, w.results...)
	w.results = w.results[:0]
	w.changed = append(w.changed, w.changes...)
	clear(w.changes)
	w.changes = w.changes[:0]
	n, held := 0, int64(0)
	for n < len(w.appends) && len(w.taken) < w.o.MaxItems {
		next := w.appends[n]
		size := int64(len(next.append.Event.Body))
		if len(w.taken) > 0 && held+size > w.o.MaxBytes {
			break
		}
		n++
		w.bytes -= size
		if w.waiters.take(next) {
			held += size
			w.taken = append(w.taken, next)
		}
	}
	rest := copy(w.appends, w.appends[n:])
	clear(w.appends[rest:])
	w.appends = w.appends[:rest]
	return w.closed, rest > 0
}

// step writes what was taken, as far as the state lets it.
func (w *writer) step(ctx context.Context) {
	if state := w.State(); state.Kind != OK {
		w.answerAll(refusal(state))
		if w.probeNow.Swap(false) || !time.Now().Before(w.probeAt) {
			w.probe(ctx)
		} else if w.writable && len(w.kept) > 0 {
			w.write(ctx)
		}
	} else if len(w.taken)+len(w.kept) > 0 {
		w.write(ctx)
	}
	w.retryAside(ctx)
	for i, ch := range w.changed {
		w.changed[i] = nil
		w.change(ctx, ch)
	}
	w.changed = w.changed[:0]
}

// write commits the appends taken and the results kept. Where it fails the appends
// are refused; the results stay, and go alone the next time.
func (w *writer) write(ctx context.Context) bool {
	results := min(len(w.kept), w.o.MaxItems)
	for _, t := range w.taken {
		w.batch.Appends = append(w.batch.Appends, t.append)
	}
	w.batch.Results = w.kept[:results]
	err := w.commit(ctx, &w.batch)
	w.batch.Results = nil
	if err != nil {
		w.failed(err)
	} else {
		w.kept = w.kept[:copy(w.kept, w.kept[results:])]
		for i, t := range w.taken {
			w.waiters.answer(t, outcome{duplicate: w.batch.Appends[i].Duplicate})
		}
		w.taken = w.taken[:0]
	}
	clear(w.batch.Appends)
	w.batch.Appends = w.batch.Appends[:0]
	return err == nil
}

func (w *writer) commit(ctx context.Context, b *store.Batch) error {
	start := time.Now()
	err := w.o.Journal.Commit(ctx, b)
	w.o.Observe(time.Since(start), b, err)
	if err != nil {
		w.doubt = w.doubt || kindOf(err) == Failing && len(b.Appends)+len(b.Requeues) > 0
		return fmt.Errorf("write to the inbox: %w", err)
	}
	w.o.OnCommit(b)
	if w.doubt {
		w.doubt = false
		w.o.OnDoubt()
	}
	return nil
}

// answerAll tells everyone whose append was taken that it failed.
func (w *writer) answerAll(err error) {
	for i, t := range w.taken {
		w.taken[i] = nil
		w.waiters.answer(t, outcome{err: err})
	}
	w.taken = w.taken[:0]
}

// abandon ends a writer whose time is over: nobody waits any longer.
func (w *writer) abandon() {
	for more := true; more; {
		_, more = w.take()
		w.answerAll(sdk.Overloaded(time.Second, errClosed))
	}
	for _, ch := range w.changed {
		ch.done <- fmt.Errorf("change the inbox: %w", errClosed)
	}
	w.left = len(w.kept) + len(w.aside)
}
