package dispatcher

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Route says how the callbacks of one command of one app are answered. It is
// made with its [Table] and does not change.
type Route struct {
	contract  *imevent.Contract
	targets   []target
	mode      Mode
	timeout   time.Duration
	onFailure imevent.Decision
	limit     limit
	metrics   *routeMetrics
	info      RouteInfo
}

// target is one handler of a route.
type target struct {
	plugin  string
	handler sdk.Handler
	metrics *targetMetrics
}

// RouteInfo explains a route to a person: what happens, and who said so.
type RouteInfo struct {
	App      string
	Command  string
	Handlers []string
	// Mode is ModeSync or ModeDurable.
	Mode Mode
	// Timeout is the budget of what is answered in mode sync.
	Timeout time.Duration
	// OnFailure is empty for a command that Tencent waits for no verdict of.
	OnFailure   string
	MaxInFlight int
	Before      bool
	// Sources names the origin of handlers, mode, timeout, policy and limit.
	Sources RouteSources
	// Bypass answers in the handlers' place; nil where none does.
	Bypass *Bypass
	// Problem says why the command cannot be served as configured, and what to
	// write; empty where all is well.
	Problem string
}

// RouteSources says where the parts of a route come from: "claim", "routes",
// "app", "default", "tencent", or "debug" for the timeout of a plugin in debug.
type RouteSources struct {
	Handlers, Mode, Timeout, OnFailure, MaxInFlight string
}

// limit bounds how many callbacks are under way at once. It belongs to one
// table: after a swap, callbacks under way count against the old table alone.
type limit struct {
	max int64
	now atomic.Int64
}

// enter takes a place if more than kept are free.
func (l *limit) enter(kept int64) bool {
	if l.now.Add(1) > l.max-kept {
		l.now.Add(-1)
		return false
	}
	return true
}

func (l *limit) leave() { l.now.Add(-1) }

// family returns the pattern that covers the family of command, or "".
func family(command string) string {
	name, _, ok := strings.Cut(command, ".")
	if !ok {
		return ""
	}
	return name + ".*"
}
