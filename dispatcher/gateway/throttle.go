package gateway

import (
	"sync"
	"time"
)

// throttleEvery is how often one kind of line may be logged.
const throttleEvery = 10 * time.Second

// throttle lets one line through in throttleEvery, for kinds of which each says the
// same. All other floods are the log's to bound, see dispatcher/logging. The zero
// throttle is ready for use, by many goroutines.
type throttle struct {
	mu      sync.Mutex
	next    time.Time
	skipped int
}

// allow reports whether a line may be logged now, and how many were not since
// the last one.
func (t *throttle) allow(now time.Time) (skipped int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		t.skipped++
		return 0, false
	}
	skipped = t.skipped
	t.skipped = 0
	t.next = now.Add(throttleEvery)
	return skipped, true
}
