package serve

import "runtime/debug"

const (
	goGCPercent = 100 // the runtime's own
	ourPercent  = 400
)

// tuneMemory lets the heap grow to five times what is live before it is
// collected, where the author has not chosen otherwise (debug.SetGCPercent before
// Run). A plugin keeps little and allocates for every callback. GOMEMLIMIT holds
// all the same.
func tuneMemory() {
	if was := debug.SetGCPercent(ourPercent); was != goGCPercent {
		debug.SetGCPercent(was)
	}
}
