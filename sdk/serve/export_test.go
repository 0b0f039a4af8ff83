package serve

import (
	"log/slog"
	"os"

	"github.com/switchhook/switchhook/sdk/wire"
)

// WaitFor waits for gateways of another user than this process's own, and returns
// why it does not any more.
func (p Plugin) WaitFor(user int) error {
	return p.waitForGateway(os.Getenv(wire.AttachKey), user, os.Stderr, slog.New(slog.NewTextHandler(os.Stderr, nil)))
}

// KeepDefaults keeps what config points to and returns what restores it.
func KeepDefaults(config any) (restore func()) { return keepDefaults(config).restore }
