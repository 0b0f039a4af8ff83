// Package stdout keeps stray prints out of a plugin's handshake.
//
// The first line that a plugin process writes to its stdout is the handshake,
// and anything before it ("connecting to database…") makes the start fail. So
// when the gateway started the process, this package moves stdout to stderr
// while it is initialised: prints then reach the gateway's log, and the true
// stdout is left to the handshake alone. It imports next to nothing, so that it
// is initialised before nearly all packages that might print.
package stdout

import "os"

// The environment variable of package wire, repeated here because importing wire
// would put off the initialisation; a test holds them together.
const (
	CookieKey   = "SWITCHHOOK_PLUGIN"
	CookieValue = "7c9a4c1e-callbacks-by-switchhook"
)

// Real is the process's true stdout. In a process that the gateway did not start
// nothing has been moved, and Real is os.Stdout.
var Real = guard() //nolint:gochecknoglobals // has to happen before any other package can print

func guard() *os.File {
	if os.Getenv(CookieKey) != CookieValue {
		return os.Stdout
	}
	return move()
}
