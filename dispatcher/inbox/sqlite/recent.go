package sqlite

import "sync"

// recent remembers of which command the latest events are, so that the result of an
// attempt finds its copy without asking for it.
type recent struct {
	mu      sync.Mutex
	entries []recentEvent // by seq modulo recentEvents
}

type recentEvent struct {
	seq     int64
	command string
}

const recentEvents = 1 << 16

func (r *recent) add(seq int64, command string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries == nil {
		r.entries = make([]recentEvent, recentEvents)
	}
	r.entries[uint64(seq)%recentEvents] = recentEvent{seq, command} //nolint:gosec // never below 0
}

func (r *recent) command(seq int64) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entries == nil {
		return ""
	}
	if e := r.entries[uint64(seq)%recentEvents]; e.seq == seq { //nolint:gosec // any number has its place
		return e.command
	}
	return ""
}
