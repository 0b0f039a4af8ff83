//go:build race

package apptest

// Race says that the race detector watches the tests, so that it should watch the
// gateways too.
const Race = true
