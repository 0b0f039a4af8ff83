//go:build !race

package twin

// Race says that the race detector watches the tests.
const Race = false
