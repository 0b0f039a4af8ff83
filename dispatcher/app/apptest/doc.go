// Package apptest runs gateways for tests: the real program with real plugins, each
// gateway in a process and a directory of its own, as many at once as a test wants.
//
// A Gateway is started, stopped, killed, frozen and asked; its Journal is what it has
// logged. A Load sends events to one gateway or several, and its Ledger knows what they
// have accepted, and what became of it. Programs are built once for all tests of a
// package. Whatever is started ends with its test, and leaves nothing behind.
//
// Only tests import it. What fails fails the test, so that nothing returns an error that
// a test would only hand on; of what may be called beside the test's own goroutine it is
// said.
package apptest
