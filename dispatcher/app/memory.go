package app

import "runtime/debug"

const (
	goGCPercent = 100 // the runtime's own
	ourPercent  = 400
)

// tuneMemory lets the heap grow to five times what is live before it is
// collected, where nobody has chosen otherwise (GOGC). The gateway keeps little
// and allocates for every callback, so that the runtime's own 100 has it collect
// all the time; docs/benchmarks.md says what that is worth. GOMEMLIMIT holds all
// the same.
func tuneMemory() {
	if was := debug.SetGCPercent(ourPercent); was != goGCPercent {
		debug.SetGCPercent(was)
	}
}
