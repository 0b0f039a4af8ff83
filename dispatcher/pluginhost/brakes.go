package pluginhost

import (
	"context"
	"errors"
)

var errNotYet = errors.New("not built yet")

// ReloadOptions say how a plugin is reloaded.
type ReloadOptions struct {
	// Path is the new program, which must lie in the plugin directory; empty means
	// the one that the plugin has.
	Path string
	// DropClaims allows the new program to claim less than the old one.
	DropClaims bool
}

// Swap is what a change of a plugin's program came to.
type Swap struct {
	// Name is the plugin's; Path and SHA256 are the program that serves now, and
	// Version is its own word.
	Name, Path, SHA256, Version string
	// Before is the hash of the program that served before; empty where none did.
	Before string
	// Replicas is the number of processes that serve.
	Replicas int
	// Added and Dropped are the patterns that are claimed now and were not before,
	// and the other way round.
	Added, Dropped []string
}

// Reload exchanges the processes of a plugin for new ones, of its program as the
// file is now or of another, without a lost callback. The error names the plugin
// and says what was wrong with the new program; the old one serves then.
func (h *Host) Reload(ctx context.Context, name string, o ReloadOptions) (Swap, error) {
	return Swap{}, errNotYet
}

// Rollback is [Host.Reload] with the program that served before. The file that is
// passed over is not taken up again until it changes.
func (h *Host) Rollback(ctx context.Context, name string) (Swap, error) {
	return Swap{}, errNotYet
}

// Restart exchanges the processes of a plugin for new ones of the same program, one
// after the other; one that waits or has failed is tried again at once.
func (h *Host) Restart(ctx context.Context, name string) (Swap, error) {
	return Swap{}, errNotYet
}

// Disable drains and stops a plugin, over restarts of the gateway too, until
// [Host.Enable]. Its claims hold.
func (h *Host) Disable(ctx context.Context, name string) error { return errNotYet }

// Enable ends [Host.Disable]. The error says why the plugin did not come up; it is
// tried again then.
func (h *Host) Enable(ctx context.Context, name string) (Swap, error) { return Swap{}, errNotYet }
