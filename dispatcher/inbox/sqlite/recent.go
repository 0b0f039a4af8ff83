package sqlite

import (
	"sync"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

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

// addAll adds what a batch has appended. That it is undone later does no harm: a command
// is no more than where to look first.
func (r *recent) addAll(b *store.Batch) {
	for i := range b.Appends {
		if a := &b.Appends[i]; !a.Duplicate {
			r.add(int64(a.Event.Seq), a.Event.Command) //nolint:gosec // it came from an int64
		}
	}
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
