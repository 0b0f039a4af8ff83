package config

import (
	"encoding/json"
	"time"
)

// Plugin is what the file says of one plugin.
type Plugin struct {
	// Path is the executable; empty means the file of the plugin's name in
	// [File.PluginDir].
	Path string `yaml:"path,path"`
	// SHA256 is the hash that the executable must have, in 64 lower-case hex
	// digits; empty for any.
	SHA256 string `yaml:"sha256"`
	// InPlace runs the executable where it lies, for one that needs what lies beside
	// it. Files are hashes of such files, by their path from the executable's folder.
	InPlace bool              `yaml:"in_place"`
	Files   map[string]string `yaml:"files"`
	// MTLS is "auto" or "off".
	MTLS string `yaml:"mtls"`
	// Replicas is the number of processes.
	Replicas int `yaml:"replicas"`
	// Enabled is false for a plugin that is not to be started.
	Enabled bool `yaml:"enabled"`
	// OnError is "degrade" or "abort": what a failed first start means.
	OnError string `yaml:"on_error"`
	// Restart bounds the restarts after crashes.
	Restart Restart `yaml:"restart"`
	// MaxInFlight bounds the callbacks of one command that the plugin has at once.
	MaxInFlight int `yaml:"max_in_flight"`
	// MaxWait is how long a further one waits for its turn.
	MaxWait time.Duration `yaml:"max_wait"`
	// Since is how far back its first subscription to events reaches.
	Since time.Duration `yaml:"since"`
	// LocalState is "refuse" or "allow": whether the plugin is started beside an inbox that
	// several gateways share, though it says that it keeps its state on this machine.
	LocalState string `yaml:"local_state"`
	// LogLevel is the least level of the lines that it logs: debug, info, warn or
	// error; empty for the gateway's own.
	LogLevel string `yaml:"log_level"`
	// Env is added to the plugin's environment; it holds no secrets.
	Env map[string]string `yaml:"env"`
	// Isolation is what the plugin's processes may not do.
	Isolation Isolation `yaml:"isolation"`
	// Debug is for a plugin that somebody steps through: no health checks, and no
	// deadline short of ten minutes for its start and its callbacks.
	Debug bool `yaml:"debug"`
	// Reattach is the file of a process that somebody else starts, which the
	// plugin is then; a flag of serve sets it, see [File.Reattach].
	Reattach string `yaml:"-"`
	// Config is the plugin's own settings, for it alone to read: JSON, with the
	// secrets expanded. It is never empty.
	Config json.RawMessage `yaml:"config"`
	// Secrets are the texts that ${NAME} and ${file:/path} stand for in Config.
	Secrets []Secret `yaml:"-"`
}

// Restart is how often a plugin may crash before it counts as one that does
// nothing else.
type Restart struct {
	// Budget is the number of restarts within Window.
	Budget int           `yaml:"budget"`
	Window time.Duration `yaml:"window"`
}

// Isolation is what a plugin's processes may not do; what is nought is not bounded,
// but for Core, of which nought means none.
type Isolation struct {
	// User is a name, a user id or "uid:gid"; empty for the gateway's own.
	User string `yaml:"user"`
	// Memory bounds the private memory of a process.
	Memory Size `yaml:"memory"`
	// Files bounds the files that a process has open.
	Files int `yaml:"files"`
	// CPU bounds the processor time of a process in all its life.
	CPU time.Duration `yaml:"cpu"`
	// Core bounds core files.
	Core Size `yaml:"core"`
	// NoNewPrivs keeps it from gaining rights by a program that it runs.
	NoNewPrivs bool `yaml:"no_new_privs"`
	// Landlock shuts it out of what is not listed; nil for a plugin that is not.
	Landlock *Landlock `yaml:"landlock"`
}

// Landlock lists what is left of the machine.
type Landlock struct {
	// Read may be read and run; Write may be changed as well.
	Read  []string `yaml:"read,path"`
	Write []string `yaml:"write,path"`
	// Network leaves TCP.
	Network bool `yaml:"network"`
	// BestEffort takes what the kernel has, which may be nothing.
	BestEffort bool `yaml:"best_effort"`
}

// What a key of a plugin is worth that the file does not state.
const (
	defaultMTLS        = "auto"
	defaultReplicas    = 1
	defaultOnError     = "degrade"
	defaultBudget      = 5
	defaultWindow      = 10 * time.Minute
	defaultMaxInFlight = 256
	defaultMaxWait     = 50 * time.Millisecond
	defaultFiles       = 65536
	defaultLocalState  = "refuse"
	localStateAllow    = "allow"
)

func (p *Plugin) setDefaults() {
	p.MTLS, p.Replicas, p.Enabled, p.OnError = defaultMTLS, defaultReplicas, true, defaultOnError
	p.Restart = Restart{Budget: defaultBudget, Window: defaultWindow}
	p.MaxInFlight, p.MaxWait, p.LocalState = defaultMaxInFlight, defaultMaxWait, defaultLocalState
	p.Isolation = Isolation{Files: defaultFiles, NoNewPrivs: true}
	p.Config = json.RawMessage("{}")
}

// AllowsLocalState reports whether the file lets the plugin keep its state on this
// machine while other machines have the same plugin and share the inbox.
func (p Plugin) AllowsLocalState() bool { return p.LocalState == localStateAllow }

func (l *Landlock) setDefaults() { l.Network = true }
