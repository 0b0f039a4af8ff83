package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Plugin is all that a plugin process needs to be told.
type Plugin struct {
	// Name is what the plugin is called; the operator may run it under another
	// name. Required.
	Name string
	// Version is in a scheme of your own; empty means the module's version.
	Version string
	// Help tells the operator what the plugin does and needs, in Markdown.
	Help string
	// Mux answers the callbacks; what is bound to it is what the plugin claims.
	// Required, with at least one binding.
	Mux *sdk.Mux
	// Config points to a struct that holds the defaults. The plugin's part of the
	// gateway's file is read into it before Start, by the rules of encoding/json;
	// a key that the struct lacks is refused. The struct may have a method
	// Validate() error. A field's tag `jsonschema:"…"` describes it, and the tag
	// `secret:"true"` keeps its value from being shown. nil: no settings.
	Config any
	// Instances says whether several processes may run at once; the zero value
	// means Shared.
	Instances Instances
	// State says where the plugin keeps what it must not lose; the zero value
	// means StateNone.
	State State
	// Accepts names the purposes besides sdk.Live that the handlers know:
	// sdk.Replay, sdk.DryRun. Callbacks of others never reach them.
	Accepts []sdk.Purpose
	// MaxInFlight is how many callbacks the plugin takes at once of each kind
	// (decisions, reports); 0 means 4096. Further ones are overloaded.
	MaxInFlight int

	// Start runs once, after Config is read and before the first callback. Its
	// context ends when the last callback is answered, or at once when the
	// gateway gives up on the start. An error ends the start; the operator reads
	// its text.
	Start func(ctx context.Context, env Env) error
	// Close runs once, after the last callback, when Start has succeeded.
	Close func(ctx context.Context) error
	// Health says why the plugin cannot do its work, or nil. It is asked once
	// before the first callback, where an error fails the start, and then every
	// 5 s, from any goroutine but never twice at once; one that takes longer than
	// 1 s counts as an error. While it is an error, the gateway shows the plugin as unhealthy, with
	// this text, and itself as degraded; the plugin goes on to get its callbacks
	// and is not restarted for it.
	Health func(ctx context.Context) error
	// Metrics returns what the plugin measures of itself, as messages
	// io.prometheus.client.MetricFamily, each behind its length, 1 MiB at most; nil:
	// nothing. Package sdkmetrics has it ready: Metrics: metrics.Snapshot. Names
	// never begin with switchhook_ or __, and the labels plugin and replica are
	// the gateway's. It is called from any goroutine, after Start.
	Metrics func(ctx context.Context) ([]byte, error)
}

// Env is what Start learns of the plugin's place.
type Env struct {
	// DataDir is the absolute path of a directory that is the plugin's alone and
	// outlives the process. Replicas share it.
	DataDir string
	// Logger writes to the gateway's log.
	Logger *slog.Logger
	// PluginName is the name that the operator runs the plugin under.
	PluginName string
	// Replica numbers this process among those of the plugin, from 0.
	Replica int
}

// Instances says how many processes of a plugin may run at once.
type Instances = wire.Instances

// State says where a plugin keeps what it must not lose.
type State = wire.State

// The values of [Instances] and [State].
const (
	// Shared allows any number of processes side by side.
	Shared = wire.InstancesShared
	// Exclusive allows one: the old process ends before a new one starts.
	Exclusive = wire.InstancesExclusive
	// StateNone: the plugin keeps nothing.
	StateNone = wire.StateNone
	// StateLocal: it keeps files in its data directory.
	StateLocal = wire.StateLocal
	// StateShared: it keeps things where all its processes reach them.
	StateShared = wire.StateShared
)

// check finds the mistakes that make the plugin unusable, so that the author
// meets them at the first start.
func (p *Plugin) check() error {
	if p.Name == "" {
		return errors.New("serve.Plugin: Name is empty")
	}
	if p.Mux == nil || len(p.Mux.Claims()) == 0 {
		return errors.New("serve.Plugin: Mux has no handler: bind one with sdk.On")
	}
	if t := reflect.TypeOf(p.Config); t != nil && (t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct) {
		return fmt.Errorf("serve.Plugin: Config is a %s: it has to point to a struct", t)
	}
	return nil
}

func (p *Plugin) description() (wire.Description, error) {
	schema, err := configSchema(p.Config)
	if err != nil {
		return wire.Description{}, err
	}
	d := wire.Description{
		Name:         p.Name,
		Version:      p.Version,
		Language:     "go",
		Claims:       p.Mux.Claims(),
		Instances:    p.Instances,
		State:        p.State,
		ConfigSchema: schema,
		Help:         p.Help,
	}
	for _, purpose := range p.Accepts {
		switch purpose {
		case sdk.Live: // always
		case sdk.Replay:
			d.Capabilities = append(d.Capabilities, wire.CapabilityReplay)
		case sdk.DryRun:
			d.Capabilities = append(d.Capabilities, wire.CapabilityDryRun)
		}
	}
	build(&d)
	return d, nil
}

const sdkModule = "github.com/switchhook/switchhook"

// build adds what the Go toolchain has noted in the program.
func build(d *wire.Description) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	if d.Version == "" {
		d.Version = info.Main.Version
	}
	if info.Main.Path == sdkModule {
		d.SDKVersion = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == sdkModule {
			d.SDKVersion = dep.Version
		}
	}
}
