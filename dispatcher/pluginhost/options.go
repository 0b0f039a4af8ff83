package pluginhost

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk"
)

// What an Options field means when it is left at zero.
const (
	defaultStartTimeout   = 10 * time.Second
	defaultDrainTimeout   = 5 * time.Second
	defaultStopGrace      = 5 * time.Second
	defaultBackoffBase    = 500 * time.Millisecond
	defaultBackoffMax     = 30 * time.Second
	defaultHealthInterval = 5 * time.Second
	defaultHealthTimeout  = 2 * time.Second
)

// Options says what a [Host] runs and how. DataDir and Exec are needed; every
// other zero field means the usual.
type Options struct {
	// Dir is searched for plugins: every executable regular file in it is one.
	// Empty means that only those in Plugins are run.
	Dir string
	// DataDir is the gateway's data directory; the package doc says what is
	// kept there.
	DataDir string
	// RuntimeDir holds the socket directories. Empty means DataDir/run, or,
	// where no socket can be bound there (a path beyond the system's limit, a
	// file system without sockets), a directory of the same purpose below
	// XDG_RUNTIME_DIR, else below the system's temporary directory.
	RuntimeDir string
	// Plugins are the plugins that the configuration names.
	Plugins []PluginConfig
	// Exec is the argument list that runs [ExecPlugin], such as
	// {"/proc/self/exe", "exec-plugin"}; the plugin's own arguments follow it.
	Exec []string
	// Logger receives the state changes and what plugins print; nil means
	// slog.Default.
	Logger *slog.Logger
	// Registerer receives the metrics; nil means none are exported.
	Registerer prometheus.Registerer
	// NoLocalState says why a plugin is not to keep its state on this machine: one that
	// says that it does (wire.StateLocal) is refused, unless its AllowLocalState is true.
	// Empty refuses none.
	NoLocalState string
	// OnChange is called after a plugin's state or claims changed, never twice
	// at once and never while the host holds a lock; changes that come close
	// together share a call. It may call Status and Handler, but not Close.
	OnChange func()
	// OnSwitch is called by Apply when all that is new is ready, is seen by
	// Status, and answers callbacks, and before anything is stopped: the moment
	// to send the callbacks of plugins that go another way, so that none is
	// lost. It may call Status and Handler, and nothing else.
	OnSwitch func()
	// Admit is asked by [Host.Refresh] before a program that was only found takes its
	// first callbacks: whether what it claims would take other plugins' callbacks from
	// them. The error says why it must not. It may call Status and Handler. Nil admits
	// all.
	Admit func(plugin string, claims []sdk.Claim) error
	// StartTimeout bounds a start, from the copy of the program to ready; zero
	// means 10 s.
	StartTimeout time.Duration
	// DrainTimeout bounds the wait for the callbacks in flight, and for the
	// plugin's Drain, before a process is told to end; zero means 5 s.
	DrainTimeout time.Duration
	// StopGrace is the time between SIGTERM and SIGKILL; zero means 5 s.
	StopGrace time.Duration
	// BackoffBase is the longest wait before the first restart in a row. It
	// doubles with every further one; zero means 500 ms.
	BackoffBase time.Duration
	// BackoffMax caps that wait; zero means 30 s.
	BackoffMax time.Duration
	// HealthInterval is the time between two health checks of a ready process;
	// zero means 5 s.
	HealthInterval time.Duration
	// HealthTimeout bounds one health check; zero means 2 s.
	HealthTimeout time.Duration
}

// normalize returns o with its defaults filled in and its paths absolute, or an
// error that names the field at fault.
func (o Options) normalize() (Options, error) {
	if o.DataDir == "" {
		return o, errors.New("pluginhost options: DataDir is empty")
	}
	if len(o.Exec) == 0 {
		return o, errors.New("pluginhost options: Exec is empty")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.OnChange == nil {
		o.OnChange = func() {}
	}
	if o.OnSwitch == nil {
		o.OnSwitch = func() {}
	}
	if o.Admit == nil {
		o.Admit = func(string, []sdk.Claim) error { return nil }
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		usual time.Duration
	}{
		{"StartTimeout", &o.StartTimeout, defaultStartTimeout},
		{"DrainTimeout", &o.DrainTimeout, defaultDrainTimeout},
		{"StopGrace", &o.StopGrace, defaultStopGrace},
		{"BackoffBase", &o.BackoffBase, defaultBackoffBase},
		{"BackoffMax", &o.BackoffMax, defaultBackoffMax},
		{"HealthInterval", &o.HealthInterval, defaultHealthInterval},
		{"HealthTimeout", &o.HealthTimeout, defaultHealthTimeout},
	} {
		if *d.value < 0 {
			return o, fmt.Errorf("pluginhost options: %s is negative", d.name)
		}
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	return o.absolute()
}

// absolute makes the paths independent of a working directory, because plugins
// run in their own.
func (o Options) absolute() (Options, error) {
	o.Exec = append([]string(nil), o.Exec...)
	paths := []*string{&o.DataDir, &o.Dir, &o.RuntimeDir}
	if strings.ContainsRune(o.Exec[0], filepath.Separator) {
		paths = append(paths, &o.Exec[0])
	}
	for _, p := range paths {
		if *p == "" {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return o, fmt.Errorf("resolve %s: %w", *p, err)
		}
		*p = abs
	}
	return o, nil
}
