package jetstream

import (
	"context"
	"sync"
	"time"
)

// position is how far the view has come in the log.
type position struct {
	mu    sync.Mutex
	mark  uint64        // what the view has applied
	moved chan struct{} // closed when mark changes; nil while nobody waits
	last  uint64        // the latest end of the log that was seen

	// goal is an end of the log that the view has not reached yet, and when it was seen.
	goal   uint64
	goalAt time.Time
}

// applied says how far the view is now. It goes back where a view has been made anew.
func (p *position) applied(mark uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mark, p.last = mark, max(p.last, mark)
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

// saw says where the log ends, or has an entry at least.
func (p *position) saw(last uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = max(p.last, last)
	if last > p.mark && p.goal <= p.mark {
		p.goal, p.goalAt = last, time.Now()
	}
}

// lag is for how long the view has not reached an end of the log that was seen.
func (p *position) lag() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.goal <= p.mark {
		return 0
	}
	return time.Since(p.goalAt)
}

// now is how far the view is, and where the log was seen to end.
func (p *position) now() (mark, last uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.mark, p.last
}

// wait returns whether the view has come as far as mark, and else what is closed when it
// comes further.
func (p *position) wait(mark uint64) (there bool, moved <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mark >= mark {
		return true, nil
	}
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return false, p.moved
}

// reach waits until the view has come as far as mark; false where ctx ends before.
func (p *position) reach(ctx context.Context, mark uint64) bool {
	for {
		there, moved := p.wait(mark)
		if there {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}
