package wire

import (
	"context"
	"sync/atomic"
)

// tally counts the calls under way and can be closed. The zero tally is open.
type tally struct {
	count  atomic.Int64
	closed atomic.Bool
	zero   atomic.Pointer[chan struct{}] // who waits for the last call
}

// enter counts a call and reports whether the tally is open. The call has to
// leave in either case: a refusal is to be written too.
func (t *tally) enter() bool {
	t.count.Add(1)
	return !t.closed.Load()
}

// leave uncounts n calls.
func (t *tally) leave(n int) {
	if t.count.Add(int64(-n)) > 0 || !t.closed.Load() {
		return
	}
	if zero := t.zero.Load(); zero != nil {
		select {
		case *zero <- struct{}{}:
		default:
		}
	}
}

// finish closes the tally and waits for the calls under way. It returns how
// many are left when ctx ends.
func (t *tally) finish(ctx context.Context) int {
	fresh := make(chan struct{}, 1)
	t.zero.CompareAndSwap(nil, &fresh)
	zero := *t.zero.Load()
	t.closed.Store(true)
	for {
		left := t.count.Load()
		if left == 0 {
			// Another may be waiting too.
			select {
			case zero <- struct{}{}:
			default:
			}
			return 0
		}
		select {
		case <-zero:
		case <-ctx.Done():
			return int(left)
		}
	}
}
