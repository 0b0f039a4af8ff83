package pluginhost

import (
	"encoding/json"
	"time"
)

// MTLS says whether the link to a plugin is encrypted and authenticated by
// go-plugin's one-time certificates.
type MTLS string

// The values of the configuration key `mtls`. The zero value means MTLSAuto.
const (
	// MTLSAuto makes a certificate for each start, on both sides.
	MTLSAuto MTLS = "auto"
	// MTLSOff leaves the link in plaintext on its private socket, for plugins
	// in languages whose gRPC cannot present such certificates.
	MTLSOff MTLS = "off"
)

// PluginConfig is one plugin as the configuration names it.
type PluginConfig struct {
	// Name is the plugin's name: a directory and a metric label, so letters,
	// digits, dot, dash and underscore only, at most 64, the first a letter or
	// a digit.
	Name string
	// Path is the program; empty means the file called Name in Options.Dir.
	Path string
	// SHA256 pins the program: 64 hexadecimal digits, or empty for no pin.
	SHA256 string
	// MTLS is the link's protection; empty means MTLSAuto.
	MTLS MTLS
	// Config is the plugin's own configuration, one JSON value. It travels by
	// the Configure call and never in an environment or an argument.
	Config json.RawMessage
	// Secrets are texts within Config that came from the environment or from a file
	// of secrets, and are hidden wherever the plugin prints them. What the plugin's
	// schema marks as writeOnly is hidden without standing here.
	Secrets []string
	// Debug is for a plugin that somebody steps through: no health checks, no
	// limit to its start, and nobody waits for it where a host or a reload is
	// started. It is never for production.
	Debug bool
	// Reattach is the reattach file (see wire.Reattach) of a process that somebody
	// else starts and ends. The host comes to it, comes back when it was started
	// anew, and never ends it; Path and SHA256 mean nothing then. It implies Debug.
	Reattach string
	// Disabled keeps the plugin from being started; its claims hold.
	Disabled bool
	// Replicas is the number of processes; zero means 1. An exclusive plugin has one
	// whatever stands here.
	Replicas int
	// OnError says what a failed first start means for the host; empty means
	// OnErrorDegrade.
	OnError OnError
	// Restarts is how many restarts Window allows before the plugin counts as crash
	// looping; zero means 5 in 10 min.
	Restarts int
	Window   time.Duration
	// MaxInFlight bounds the callbacks of one command that the plugin has at once,
	// over all replicas; zero means 256. MaxWait is how long a further one waits for
	// a place; zero means 50 ms.
	MaxInFlight int
	MaxWait     time.Duration
	// InPlace runs the program where it lies instead of a private copy: for an
	// interpreted plugin, which needs what lies beside it. Files pins such files, by
	// their path below the program's directory, with the hash that each must have.
	InPlace bool
	Files   map[string]string
	// AllowLocalState starts it whatever Options.NoLocalState says.
	AllowLocalState bool
	// LogLevel is the least level, by slog's name, of the lines that the plugin makes and
	// the host passes on; empty for what Options.Logger takes.
	LogLevel string
	// Env is added to the environment of the plugin, for what is no secret.
	Env map[string]string
	// Isolation is what the process may not do; the zero value is the usual.
	Isolation Isolation
}

// OnError is what a failed first start of a plugin means for the host.
type OnError string

// The values of the configuration key `on_error`.
const (
	// OnErrorDegrade lets the others be served, and goes on trying.
	OnErrorDegrade OnError = "degrade"
	// OnErrorAbort makes [Host.Start] fail.
	OnErrorAbort OnError = "abort"
)
