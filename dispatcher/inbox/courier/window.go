package courier

import (
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Of a line that cannot reach its plugin: the first span of its pauses, the longest,
// and the least pause.
const (
	firstPause = time.Second
	longPause  = 30 * time.Second
	leastPause = 20 * time.Millisecond
)

// firstWindow is how many deliveries a new line begins with.
const firstWindow = 4

// window says how many deliveries of a line may be under way. It grows by one with
// each success, which doubles it from round to round, up to the limit; beyond what
// was too much for the plugin before, by one a round.
type window struct {
	size, limit int
	ceiling     int // beyond which it grows slowly
	credit      int // successes towards the next slow step
	// epoch counts the setbacks. An attempt that began before the latest one has
	// nothing new to say.
	epoch  uint32
	failed int // pauses in a row
}

func newWindow(limit int) window {
	return window{size: min(firstWindow, limit), limit: limit, ceiling: limit}
}

// resize takes a new limit over.
func (w *window) resize(limit int) {
	w.limit, w.ceiling, w.size = limit, limit, min(w.size, limit)
}

// success is told of an attempt that the plugin took on.
func (w *window) success(epoch uint32) {
	if epoch != w.epoch {
		return
	}
	w.failed = 0
	switch {
	case w.size >= w.limit:
	case w.size < w.ceiling:
		w.size++
	default:
		if w.credit++; w.credit >= w.size {
			w.size, w.ceiling, w.credit = w.size+1, w.size+1, 0
		}
	}
}

// reached is told of an attempt that failed in the plugin's hands.
func (w *window) reached(epoch uint32) {
	if epoch == w.epoch {
		w.failed = 0
	}
}

// down is told of an attempt that found no plugin, and reports whether the line has
// to pause, and within what span.
func (w *window) down(epoch uint32, longest time.Duration) (span time.Duration, pause bool) {
	if epoch != w.epoch {
		return 0, false
	}
	w.epoch++
	w.size, w.ceiling, w.credit = 1, w.limit, 0
	w.failed++
	return doubled(firstPause, w.failed, min(longPause, longest)), true
}

// overloaded is told of an attempt that the plugin had no room for. Half of what was
// too much is tried next; where one was too much already, the line has to pause.
func (w *window) overloaded(epoch uint32, longest time.Duration) (span time.Duration, pause bool) {
	if epoch != w.epoch {
		return 0, false
	}
	if w.size == 1 {
		return w.down(epoch, longest)
	}
	w.epoch++
	w.size, w.credit = w.size/2, 0
	w.ceiling = w.size
	return 0, false
}

// failure has the window follow a failure, and says whether the line has to pause.
func (w *window) failure(epoch uint32, v *verdict, longest time.Duration) (span time.Duration, pause bool) {
	switch {
	case v.again || v.lost || v.kind == sdk.KindUnavailable:
		return w.down(epoch, longest)
	case v.kind == sdk.KindOverloaded:
		span, pause = w.overloaded(epoch, longest)
		return span, pause || v.hint > 0
	case v.result.State == store.Dead && v.result.Reason != store.Expired:
		w.success(epoch)
	default:
		w.reached(epoch)
	}
	return 0, false
}

// doubled is first, doubled with each of n tries after the first one, up to longest.
func doubled(first time.Duration, n int, longest time.Duration) time.Duration {
	span := first
	for ; n > 1 && span < longest; n-- {
		span *= 2
	}
	return min(span, longest)
}
