package dispatcher

import (
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Table maps (app, command) to a [Route]. It never changes once built, so any
// number of callbacks read it at once; a change is a new table, see
// [Dispatcher.Swap].
type Table struct {
	apps     map[string]*appRoutes
	plugins  map[string]sdk.Handler
	debugged map[string]bool // plugins in debug
	routes   []RouteInfo
	problems []string
	commands map[string]struct{} // the commands that are labels of their own
	pairs    map[delivery]struct{}
	serving  []serving
}

// appRoutes are the routes of one app.
type appRoutes struct {
	limit    limit
	exact    map[string]*Route
	unlisted map[unlistedKey]*Route
	outcomes *outcomeCounters
}

// unlistedKey finds the route of a command that nothing names exactly: by the
// pattern that covers it, and by whether its name says that Tencent waits.
type unlistedKey struct {
	pattern string
	phase   imevent.Phase
}

// delivery is a label pair of the deliveries' counter.
type delivery struct{ command, plugin string }

// Routes explains every route, sorted by app and command.
func (t *Table) Routes() []RouteInfo { return t.routes }

// Problems says what keeps commands from being served as configured, each with
// what to write to cure it. While there are any, the gateway is degraded.
func (t *Table) Problems() []string { return t.problems }

// lookup returns the app's routes and the route of command; either is nil where
// there is none.
func (t *Table) lookup(appID, command string) (*appRoutes, *Route) {
	app := t.apps[appID]
	if app == nil {
		return nil, nil
	}
	if r, ok := app.exact[command]; ok {
		return app, r
	}
	if len(app.unlisted) == 0 {
		return app, nil
	}
	if _, listed := imevent.Spec(command); listed {
		return app, nil // built exactly, or claimed by nobody
	}
	phase := imevent.PhaseOf(command)
	if r, ok := app.unlisted[unlistedKey{family(command), phase}]; ok {
		return app, r
	}
	return app, app.unlisted[unlistedKey{"*", phase}]
}
