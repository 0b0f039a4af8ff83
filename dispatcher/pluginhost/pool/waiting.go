package pool

import (
	"context"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

const (
	// patience is the part of the time left that a call spends on waiting for a
	// process, or for an answer before a second process is asked: most of it stays
	// for the attempt that follows.
	patiencePercent = 40
	// waitWithoutDeadline bounds the wait of a call that has no deadline.
	waitWithoutDeadline = time.Second
)

// waiting is one call's wait for a process. All its waits together are bounded.
type waiting struct {
	pool   *Pool
	gate   *gate
	limit  time.Duration
	until  time.Time // zero: it has not waited yet
	served bool
}

// wait returns when it is worth looking for a process again, or with an error when
// the call is to give up.
func (w *waiting) wait(ctx context.Context, except *Intake) error {
	p := w.pool
	l := p.lineup.Load()
	if l.pick(&p.turn, except) != nil {
		return nil
	}
	if !l.expected {
		return p.down
	}
	if w.until.IsZero() && !w.begin(ctx) {
		return p.down
	}
	timer := time.NewTimer(time.Until(w.until))
	defer timer.Stop()
	select {
	case <-l.changed:
		return nil
	case <-timer.C:
	case <-ctx.Done():
	}
	return &sdk.Fault{
		Kind: sdk.KindUnavailable,
		Err:  unsentError{fmt.Errorf("plugin %s is not running, and was not back within %s", p.name, w.limit)},
	}
}

// begin reports whether there is room for one more that waits: as many calls of a
// command may wait as may be under way, and those of another command, which may have
// more time, take nothing from them.
func (w *waiting) begin(ctx context.Context) bool {
	if w.gate.waiters.Add(1) > w.gate.room.places.Load() {
		w.gate.waiters.Add(-1)
		w.pool.metrics.waited(w.pool.name, waitNoRoom)
		return false
	}
	limit, ok := slow(ctx)
	if !ok {
		limit = waitWithoutDeadline
	}
	w.limit, w.until = limit, time.Now().Add(limit)
	return true
}

// end counts a wait that is over.
func (w *waiting) end() {
	if w.until.IsZero() {
		return
	}
	w.gate.waiters.Add(-1)
	outcome := waitGivenUp
	if w.served {
		outcome = waitServed
	}
	w.pool.metrics.waited(w.pool.name, outcome)
}

// slow returns how long a call may wait before something else is tried. Without a
// deadline nothing is slow.
func slow(ctx context.Context) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return 0, false
	}
	return time.Until(deadline) * patiencePercent / 100, true
}
