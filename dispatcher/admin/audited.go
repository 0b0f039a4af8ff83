package admin

import (
	"context"
	"time"
)

// Audited is a change that somebody asked for through the unix socket, whether it
// was carried out or refused.
type Audited struct {
	// At is when it was asked for.
	At time.Time
	// Peer is who asked.
	Peer Peer
	// What is the change as the command line calls it, such as "plugin reload", and
	// Target the plugin or the command that it is about; empty for the whole gateway.
	What, Target string
	// Args are its details.
	Args map[string]string
	// Result is the answer, a value that can be encoded as JSON; nil for a refusal.
	Result any
	// Err is why it was refused; nil where it was not.
	Err error
	// Took is how long it took.
	Took time.Duration
}

// AuditFunc takes note of a change before it is answered.
type AuditFunc func(ctx context.Context, change Audited)
