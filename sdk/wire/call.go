package wire

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// call is one callback on its way through a lane. Three parties hold it: the
// caller who waits, the writer until the frame is sent, and the lane's register
// until the plugin has answered. The last to let go returns it to the pool.
type call struct {
	request  wirepb.HandleRequest
	deadline time.Time // zero: none
	place    Place     // nil: none
	done     chan *wirepb.HandleResponse
	stage    atomic.Int32
	answered bool // for whoever leaves the place
	holders  atomic.Int32
}

const callHolders = 3

// The stages of a call. The writer and those who give up agree by them whether
// the plugin gets it; the caller who gives up and the register agree who leaves
// its place, so that nobody abandons a place that was left.
const (
	stageQueued     int32 = iota // waits for the writer
	stageWithdrawn               // the plugin never gets it: final
	stageSent                    // the writer has taken it
	stageAbandoning              // its caller is telling the place
	stageAbandoned               // its caller has told the place
	stageThrough                 // the register has let go of it: final
)

var calls = sync.Pool{New: func() any { //nolint:gochecknoglobals // a pool of empty calls is no state
	return &call{done: make(chan *wirepb.HandleResponse, 1)}
}}

func newCall(place Place) *call {
	c := calls.Get().(*call) // the pool holds nothing else
	c.holders.Store(callHolders)
	c.stage.Store(stageQueued)
	c.place = place
	return c
}

// claim is the writer's question whether to send the call.
func (c *call) claim() bool { return c.stage.CompareAndSwap(stageQueued, stageSent) }

// withdraw keeps a call that is still queued from being sent. It reports whether
// the plugin cannot have got the call.
func (c *call) withdraw() bool {
	return c.stage.CompareAndSwap(stageQueued, stageWithdrawn) || c.stage.Load() == stageWithdrawn
}

// sent reports whether the plugin may have got the call.
func (c *call) sent() bool { return c.stage.Load() >= stageSent }

// abandon tells the place that the caller has given up, unless the plugin is
// through with the call.
func (c *call) abandon() {
	if !c.stage.CompareAndSwap(stageSent, stageAbandoning) {
		return
	}
	if c.place != nil {
		c.place.Abandon()
	}
	if !c.stage.CompareAndSwap(stageAbandoning, stageAbandoned) {
		leave(c.place, c.answered) // finish came meanwhile and left this to us
	}
}

// finish leaves the place of a call that was sent or withdrawn. Whoever takes the
// call out of the register calls it, and nobody else.
func (c *call) finish(answered bool) {
	c.answered = answered
	if c.sent() && c.stage.Swap(stageThrough) == stageAbandoning {
		return
	}
	leave(c.place, answered)
}

func leave(place Place, answered bool) {
	if place != nil {
		place.Leave(answered)
	}
}

// release lets go of the call on behalf of n holders.
func (c *call) release(n int32) {
	if c.holders.Add(-n) > 0 {
		return
	}
	select {
	case <-c.done: // an answer that nobody waited for
	default:
	}
	c.request.Body = nil
	c.place = nil
	calls.Put(c)
}
