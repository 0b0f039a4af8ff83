package dispatcher

import (
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// What a route gets when nobody says otherwise.
const (
	// DefaultTimeout is the budget of a callback, from the moment the gateway
	// begins to read it. Tencent waits 2 s; the rest is for the network.
	DefaultTimeout = 1800 * time.Millisecond
	// AcceptTimeout bounds the storing of an event, from the moment the gateway begins
	// to read it, whatever the route's timeout. It is longer than Tencent waits: a
	// store without room may want to hold the request past that, since Tencent's
	// optional retry fires on a timeout only.
	AcceptTimeout = 3 * time.Second
	// DefaultDeliveryTimeout bounds one [Dispatcher.Deliver], which no Tencent
	// waits for, where the caller does not.
	DefaultDeliveryTimeout = 30 * time.Second
	// DebugTimeout is the budget of every callback that a plugin in debug has a
	// part in, whatever anybody says: somebody is looking at a breakpoint. Tencent
	// does not wait for that, and does without the answer what it always does.
	DebugTimeout = 10 * time.Minute
	// DefaultRouteInFlight bounds the callbacks of one route under way.
	DefaultRouteInFlight = 256
	// DefaultAppInFlight bounds the callbacks of one app under way.
	DefaultAppInFlight = 512
)

// Blueprint is what a [Table] is built from. It is plain data; the Dispatcher
// keeps nothing of it but the handlers.
type Blueprint struct {
	// Apps are the apps whose callbacks are answered.
	Apps []App
	// Routes are the operator's words on commands, for all apps. A key is a
	// command, a family ("Group.*") or everything ("*"); the closest one counts.
	Routes map[string]RouteConfig
	// Plugins are the known plugins, those that are down included.
	Plugins []Plugin
	// Bypasses are the brakes that are in force.
	Bypasses []Bypass
}

// App is one app of Tencent's, by its SDKAppID.
type App struct {
	ID   string
	Name string
	// MaxInFlight bounds the app's callbacks under way, so that one tenant
	// cannot starve the others; zero means [DefaultAppInFlight]. Events leave a
	// quarter of it to callbacks whose answer Tencent waits for.
	MaxInFlight int
	// Routes overrule the routes for all apps, field by field.
	Routes map[string]RouteConfig
}

// RouteConfig is what an operator may say of a command. A zero field follows
// from the claims, or from Tencent's own ways.
type RouteConfig struct {
	// Handlers names the plugins in the order they are asked; it is final.
	Handlers []string
	// Mode is when the callback counts as answered.
	Mode Mode
	// Timeout is the callback's budget; zero means [DefaultTimeout], or less
	// where every handler wants less.
	Timeout time.Duration
	// OnFailure is the policy of a before-command.
	OnFailure Policy
	// MaxInFlight bounds the route's callbacks under way; zero means
	// [DefaultRouteInFlight].
	MaxInFlight int
}

// Plugin is a plugin as the core sees it: a name, a handler and what it claims.
type Plugin struct {
	Name string
	// Handler must always be usable; while the plugin is down it returns an
	// unavailable fault at once.
	Handler sdk.Handler
	// Debug gives the plugin's callbacks [DebugTimeout].
	Debug bool
	// Gone is said of a plugin of which only the claims are left: where it claims a
	// decision as closely as one that is there, that one is asked.
	Gone bool
	// Claims hold even while the plugin is down.
	Claims []sdk.Claim
}
