package wire

import "sync"

// register holds the calls of a lane that the plugin still has to answer. Its
// room is the number of calls a plugin may have at once.
type register struct {
	room int

	mu     sync.Mutex
	calls  map[uint64]*call
	last   uint64
	broken error
	had    []string // ids of the calls that the plugin had when the stream broke
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

// answered takes out the call that an answer is for. It returns nil when the
// plugin has no such call: it never got it, or has answered before.
func (r *register) answered(sequence uint64) *call {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.calls[sequence]
	if c == nil || !c.sent() {
		return nil
	}
	delete(r.calls, sequence)
	return c
}

// drop takes out a call that was withdrawn, unless fail has done so.
func (r *register) drop(c *call) {
	r.mu.Lock()
	_, held := r.calls[c.request.GetSequence()]
	delete(r.calls, c.request.GetSequence())
	r.mu.Unlock()
	if held {
		c.finish(false)
		c.release(1)
	}
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
	for _, c := range left {
		if !c.withdraw() {
			r.had = append(r.had, c.request.GetId())
		}
	}
	r.mu.Unlock()
	for _, c := range left {
		c.finish(false)
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

// unanswered appends the ids of the calls that the plugin has, or had when the
// stream broke.
func (r *register) unanswered(ids []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids = append(ids, r.had...)
	for _, c := range r.calls {
		if c.sent() {
			ids = append(ids, c.request.GetId())
		}
	}
	return ids
}

func (r *register) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}
