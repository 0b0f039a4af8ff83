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
	done     chan *wirepb.HandleResponse
	given    atomic.Bool // the caller gave up
	holders  atomic.Int32
}

const callHolders = 3

var calls = sync.Pool{New: func() any { //nolint:gochecknoglobals // a pool of empty calls is no state
	return &call{done: make(chan *wirepb.HandleResponse, 1)}
}}

func newCall() *call {
	c := calls.Get().(*call) // the pool holds nothing else
	c.holders.Store(callHolders)
	c.given.Store(false)
	return c
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
	calls.Put(c)
}

// register holds the calls of a lane that the plugin still has to answer. Its
// room is the number of calls a plugin may have at once.
type register struct {
	room int

	mu     sync.Mutex
	calls  map[uint64]*call
	last   uint64
	broken error
}

func newRegister(room int) *register {
	return &register{room: room, calls: make(map[uint64]*call)}
}

// add names the call and holds it. It says whether there was room, and after
// the stream has broken, why.
func (r *register) add(c *call) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return false, r.broken
	}
	if len(r.calls) >= r.room {
		return false, nil
	}
	r.last++
	c.request.Sequence = r.last
	r.calls[r.last] = c
	return true, nil
}

// remove takes a call out, or returns nil when it is not there (any more).
func (r *register) remove(sequence uint64) *call {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[sequence]
	delete(r.calls, sequence)
	return c
}

// fail refuses later calls with err and answers those that are there with nil.
// Only the first failure counts.
func (r *register) fail(err error) {
	r.mu.Lock()
	if r.broken != nil {
		r.mu.Unlock()
		return
	}
	r.broken = err
	left := r.calls
	r.calls = nil
	r.mu.Unlock()
	for _, c := range left {
		c.done <- nil
		c.release(1)
	}
}

// failure returns why the stream broke, or nil.
func (r *register) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}

func (r *register) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}
