//go:build race

package chaos_test

// raceEnabled says that the race detector watches the tests, so that it should
// watch the gateway too.
const raceEnabled = true
