package pluginhost

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/switchhook/switchhook/sdk"
)

// slot is a plugin's place in the routing table: the handler that stays the
// same while processes behind it come and go.
type slot struct {
	live atomic.Pointer[intake]
	down error
}

func newSlot(name string) *slot {
	return &slot{down: &sdk.Fault{
		Kind: sdk.KindUnavailable,
		Err:  fmt.Errorf("plugin %s is not running", name),
	}}
}

// Handle passes cb to the process that is live at this moment, and answers with
// an unavailable fault when there is none. It takes no lock and never waits for
// a start.
func (s *slot) Handle(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	for {
		in := s.live.Load()
		if in == nil {
			return sdk.Reply{}, s.down
		}
		if in.enter() {
			return in.handle(ctx, cb)
		}
		// Retired between the load and the entry; its successor is in place.
	}
}

// publish makes in the intake of the callbacks that come from now on. The one
// before is retired by whoever published it.
func (s *slot) publish(in *intake) { s.live.Store(in) }

// withdraw takes in out of use and reports whether it was in use; a successor
// may have taken its place already.
func (s *slot) withdraw(in *intake) bool { return s.live.CompareAndSwap(in, nil) }

// retired is the bit of intake.state that says that the door is closed; the
// rest of it counts who is inside.
const retired = 1 << 62

// intake is one process's door: it counts who is inside and can be closed, so
// that a drain knows when the last callback has left. Both facts stand in one
// word, because whoever leaves must know them as of one moment.
type intake struct {
	handler sdk.Handler

	state atomic.Int64
	once  sync.Once
	idle  chan struct{}
}

func newIntake(h sdk.Handler) *intake { return &intake{handler: h, idle: make(chan struct{})} }

// enter lets a callback in, or reports that the door is closed.
func (in *intake) enter() bool {
	if in.state.Add(1)&retired == 0 {
		return true
	}
	in.leave()
	return false
}

// handle has the process answer; the callback must have entered.
func (in *intake) handle(ctx context.Context, cb sdk.Callback) (sdk.Reply, error) {
	defer in.leave()
	return in.handler.Handle(ctx, cb)
}

func (in *intake) leave() {
	if in.state.Add(-1) == retired {
		in.once.Do(func() { close(in.idle) })
	}
}

// retire closes the door and returns a channel that is closed when the last
// callback has left. The intake must be out of its slot already, or those who
// come will wait at the door for its successor.
func (in *intake) retire() <-chan struct{} {
	if in.state.Or(retired)&^retired == 0 {
		in.once.Do(func() { close(in.idle) })
	}
	return in.idle
}

// inFlight returns how many callbacks are inside.
func (in *intake) inFlight() int64 { return in.state.Load() &^ retired }
