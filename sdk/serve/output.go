package serve

import (
	"os"

	"github.com/switchhook/switchhook/sdk/serve/internal/stdout"
)

// terminal is the true stderr, kept before go-plugin replaces os.Stderr.
var terminal = os.Stderr //nolint:gochecknoglobals // a name for a file descriptor

// restoreOutput sends prints to the true stderr again, stdout's too. go-plugin
// has replaced both by pipes that travel through gRPC; what is in them when the
// process crashes is lost, and that is when it is needed.
//
// It runs in Configure: go-plugin has done its replacing before it accepts a
// connection, and callbacks come later.
func restoreOutput() {
	if stdout.Real == terminal || os.Getenv(stdout.CookieKey) != stdout.CookieValue {
		return
	}
	os.Stdout, os.Stderr = terminal, terminal
}
