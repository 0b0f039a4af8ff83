package commit

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// retryAsideEvery is how often what was set aside is tried again.
const retryAsideEvery = time.Minute

// isolate finds out, after results could not be written, whether that is due to the
// journal or to some of them: a damaged page must not keep all others, and every new
// callback, from being written. It tries each alone and sets those aside that fail. It
// reports whether the journal is well.
func (w *writer) isolate(ctx context.Context) bool {
	if kindOf(w.State().Err) != Failing || w.commit(ctx, &store.Batch{}) != nil {
		return false
	}
	suspects := w.kept[:min(len(w.kept), w.o.MaxItems)]
	var refused []store.Result
	for i := range suspects {
		err := w.commit(ctx, &store.Batch{Results: suspects[i : i+1]})
		if err == nil {
			continue
		}
		if ctx.Err() != nil || w.commit(ctx, &store.Batch{}) != nil { // it is the journal after all
			w.kept = append(refused, w.kept[i:]...)
			return false
		}
		r := suspects[i]
		refused = append(refused, r)
		w.o.Logger.ErrorContext(ctx, "a delivery's result cannot be written, and is tried again: see `switchhook inbox check`",
			"plugin", r.Plugin, "seq", r.Seq, "state", r.State.String(), "err", err)
	}
	w.kept = w.kept[:copy(w.kept, w.kept[len(suspects):])]
	w.aside = append(w.aside, refused...)
	w.asideAt = time.Now().Add(retryAsideEvery)
	return true
}

// retryAside tries again what was set aside, when it is time.
func (w *writer) retryAside(ctx context.Context) {
	if len(w.aside) == 0 || w.State().Kind != OK || time.Now().Before(w.asideAt) {
		return
	}
	w.asideAt = time.Now().Add(retryAsideEvery)
	left := w.aside[:0]
	for _, r := range w.aside {
		if w.commit(ctx, &store.Batch{Results: []store.Result{r}}) != nil {
			left = append(left, r)
		}
	}
	w.aside = left
}
