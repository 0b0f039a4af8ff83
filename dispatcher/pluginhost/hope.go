package pluginhost

import "sync"

// hopes says to a pool whether somebody comes soon, on behalf of several who may
// come.
type hopes struct {
	pool *pool

	mu sync.Mutex
	of map[any]struct{}
}

// expect has the pool wait for who, or not (any more).
func (h *hopes) expect(who any, soon bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, waited := h.of[who]; waited == soon {
		return
	}
	if soon {
		h.of[who] = struct{}{}
	} else {
		delete(h.of, who)
	}
	h.pool.expect(len(h.of) > 0)
}
