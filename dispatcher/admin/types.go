package admin

import (
	"encoding/json"
	"fmt"
	"time"
)

// The states of the gateway as a whole.
const (
	// StateStarting: plugins are being started, the listener is not open yet.
	StateStarting = "starting"
	// StateReady: callbacks are answered.
	StateReady = "ready"
	// StateDraining: the gateway is about to stop; a load balancer should look
	// elsewhere.
	StateDraining = "draining"
)

// Status is the gateway as a whole: the answer of /api/v1/status.
type Status struct {
	Version string `json:"version"`
	// State is [StateStarting], [StateReady] or [StateDraining].
	State string `json:"state"`
	// Degraded says what is wrong while callbacks are answered all the same; empty
	// where all is well. It is filled in from DegradedReasons.
	Degraded []string `json:"degraded"`
	// DegradedReasons are the same reasons in the same order, each with its kind.
	DegradedReasons []Reason `json:"degraded_reasons"`
	// Listen is the base URL that callbacks may be posted to from this machine,
	// such as http://127.0.0.1:8080.
	Listen       string    `json:"listen"`
	CallbackPath string    `json:"callback_path"`
	Apps         []AppInfo `json:"apps"`
	StartedAt    time.Time `json:"started_at,omitzero"`
	// PID, ConfigFile and DataDir are told on the unix socket alone.
	PID        int    `json:"pid,omitempty"`
	ConfigFile string `json:"config_file,omitempty"`
	DataDir    string `json:"data_dir,omitempty"`
}

// AppInfo is an app as an operator may see it: how many tokens, never which.
type AppInfo struct {
	ID       string `json:"id"`
	Name     string `json:"name,omitempty"`
	Insecure bool   `json:"insecure"`
	Tokens   int    `json:"tokens"`
}

// Plugin is one plugin and its process.
type Plugin struct {
	Name string `json:"name"`
	// Path is told on the unix socket alone.
	Path string `json:"path,omitempty"`
	// SHA256 is the hash of the file that was started, in hex.
	SHA256 string `json:"sha256,omitempty"`
	// State is starting, ready, draining, backoff, crash_looping, wedged, failed,
	// disabled or stopped.
	State string `json:"state"`
	// Detail is "attached" for a process that somebody else started, "debug" for
	// another plugin without health checks and deadlines, and empty for all others.
	Detail string `json:"detail,omitempty"`
	// PID is told on the unix socket alone; zero while there is no process.
	PID        int     `json:"pid,omitempty"`
	Version    string  `json:"version,omitempty"`
	SDKVersion string  `json:"sdk_version,omitempty"`
	Language   string  `json:"language,omitempty"`
	Claims     []Claim `json:"claims"`
	// ClaimsFrom is "live" for a running plugin's own word, "stored" for the last
	// good word of one that has not come up, and empty while no claims are known.
	ClaimsFrom string `json:"claims_from,omitempty"`
	// Restarts counts the starts after the first one.
	Restarts int `json:"restarts"`
	// Replicas are the plugin's processes, by number.
	Replicas []Replica `json:"replicas,omitempty"`
	// Drift says how what serves is not what the file is; empty where it is. Over TCP
	// it says only that there is something to read.
	Drift string `json:"drift,omitempty"`
	// Brakes are what an operator has put in force, such as "disabled".
	Brakes []string `json:"brakes,omitempty"`
	// Isolation is what is in force against the running processes, as words such as
	// "no_new_privs" and "memory=512MiB".
	Isolation []string `json:"isolation,omitempty"`
	// Parked are the callbacks that are not sent to the plugin any more; told on the
	// unix socket alone.
	Parked []Parked `json:"parked,omitempty"`
	// Since is when the plugin entered its state.
	Since time.Time `json:"since,omitzero"`
	// Error is the last thing that went wrong; empty where nothing did. It may
	// quote what the plugin printed, and so the TCP listener says only that there
	// is something to read on the gateway's machine.
	Error string `json:"error,omitempty"`
	// Config is the configuration in force with "[redacted]" for its secrets. It is
	// told on the unix socket alone.
	Config json.RawMessage `json:"config,omitempty"`
}

// Replica is one process of a plugin.
type Replica struct {
	Number int       `json:"number"`
	State  string    `json:"state"`
	Since  time.Time `json:"since,omitzero"`
	// PID is told on the unix socket alone; zero while there is no process.
	PID    int    `json:"pid,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Ejected says why it gets no callbacks although it is ready.
	Ejected  string `json:"ejected,omitempty"`
	InFlight int    `json:"in_flight"`
	// Strays is how many answers it sent to calls that it does not have.
	Strays   int `json:"stray_answers,omitempty"`
	Restarts int `json:"restarts"`
	// Error is the last thing that went wrong.
	Error string `json:"error,omitempty"`
}

// Parked is a callback that ended a plugin's processes so often that it is not sent
// again.
type Parked struct {
	ID      string `json:"id"`
	App     string `json:"app"`
	Command string `json:"command"`
	// Deaths is how many processes ended with it in hand, and Since the last of them.
	Deaths int       `json:"deaths"`
	Since  time.Time `json:"since,omitzero"`
}

// Claim is a command pattern that a plugin wants, and what it says of itself.
type Claim struct {
	Pattern    string   `json:"pattern"`
	Idempotent bool     `json:"idempotent,omitempty"`
	Rewrites   bool     `json:"rewrites,omitempty"`
	Decides    bool     `json:"decides,omitempty"`
	Timeout    Duration `json:"timeout,omitzero"`
}

// Route says what becomes of one command of one app.
type Route struct {
	App     string `json:"app"`
	Command string `json:"command"`
	// Handlers are the plugins in the order they are asked.
	Handlers []string `json:"handlers"`
	Mode     string   `json:"mode"`
	// Before is true for a command whose verdict Tencent waits for.
	Before  bool     `json:"before"`
	Timeout Duration `json:"timeout"`
	// Policy is allow or deny: what a failure of a before-command becomes. It is
	// empty for a command that waits for no verdict.
	Policy      string  `json:"policy,omitempty"`
	MaxInFlight int     `json:"max_in_flight"`
	Sources     Sources `json:"sources"`
	// Bypass answers in the handlers' place; nil where none is in force.
	Bypass *Bypass `json:"bypass,omitempty"`
	// Problem says why the command is not served as configured; empty where it is.
	Problem string `json:"problem,omitempty"`
}

// Sources says where the parts of a route come from: "claim", "routes", "app",
// "default", "tencent", or "debug" for the timeout of a plugin in debug.
type Sources struct {
	Handlers    string `json:"handlers,omitempty"`
	Mode        string `json:"mode,omitempty"`
	Timeout     string `json:"timeout,omitempty"`
	Policy      string `json:"policy,omitempty"`
	MaxInFlight string `json:"max_in_flight,omitempty"`
}

// ReloadReport says what a reload took over.
type ReloadReport struct {
	// Changed names what is different now, such as "apps.1400000001" or
	// "plugins.blacklist"; empty where the file says what it said before.
	Changed []string `json:"changed"`
	// Restart names the keys that differ and need a restart to take effect.
	Restart []string `json:"restart"`
	// Warnings are remarks on the file that did not keep it from being taken over.
	Warnings []string `json:"warnings"`
}

// Readiness is the answer of /-/ready.
type Readiness struct {
	// State is the gateway's, see [Status].
	State string `json:"state"`
	// Reasons says why the answer is 503; empty when it is 200.
	Reasons []string `json:"reasons"`
	// Degraded says what is wrong while callbacks are answered all the same; over
	// TCP without the words of plugins.
	Degraded []string `json:"degraded"`
	// DegradedReasons are the same reasons in the same order, each with its kind.
	DegradedReasons []Reason `json:"degraded_reasons"`
}

// PluginList is the answer of /api/v1/plugins.
type PluginList struct {
	Plugins []Plugin `json:"plugins"`
}

// RouteList is the answer of /api/v1/routes.
type RouteList struct {
	Routes []Route `json:"routes"`
}

// ErrorBody is the answer to whatever is refused.
type ErrorBody struct {
	Error string `json:"error"`
}

// Duration is a span of time that reads as Go writes it, such as "1.8s".
type Duration time.Duration

// String returns the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes the duration as [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [Duration.MarshalText] wrote.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
