package wire

import (
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire/wirepb"
)

// The capabilities of plugins, beyond answering one callback a call.
const (
	CapabilityStream = "stream"  // HandleStream
	CapabilityDrain  = "drain"   // Drain
	CapabilityDryRun = "dry_run" // callbacks with Purpose DryRun
	CapabilityReplay = "replay"  // callbacks with Purpose Replay

	CapabilityMetrics = "metrics" // CollectMetrics
)

// Instances says how many processes of a plugin may run at once.
type Instances string

// The values of [Instances]; the zero value counts as InstancesShared.
const (
	// InstancesShared allows any number side by side.
	InstancesShared Instances = "shared"
	// InstancesExclusive allows one: the old process ends before a new one starts.
	InstancesExclusive Instances = "exclusive"
)

// State says where a plugin keeps what it must not lose.
type State string

// The values of [State]; the zero value counts as StateNone.
const (
	// StateNone: the plugin keeps nothing.
	StateNone State = "none"
	// StateLocal: in its data directory on this machine.
	StateLocal State = "local"
	// StateShared: in a place that all its processes reach, such as a database server.
	StateShared State = "shared"
)

// Description is what a plugin says of itself. Its JSON form is stable: the
// gateway keeps the last one of each plugin on disk, so that a plugin's claims
// outlive its crashes.
type Description struct {
	// Name is what the author calls the plugin; the operator may call it otherwise.
	Name string `json:"name"`
	// Version is in the author's own scheme.
	Version string `json:"version,omitempty"`
	// SDKVersion is the version of the SDK inside; empty without one.
	SDKVersion string `json:"sdk_version,omitempty"`
	// Language is the programming language in lower case: "go".
	Language string `json:"language,omitempty"`
	// Claims are the commands that the plugin wants.
	Claims []sdk.Claim `json:"claims,omitempty"`
	// Instances says whether several processes may run at once.
	Instances Instances `json:"instances,omitempty"`
	// State says where the plugin keeps what it must not lose.
	State State `json:"state,omitempty"`
	// Capabilities are those of the Capability constants, and unknown ones.
	Capabilities []string `json:"capabilities,omitempty"`
	// ConfigSchema is the JSON Schema of the plugin's settings, or empty.
	ConfigSchema json.RawMessage `json:"config_schema,omitempty"`
	// Help is a text for the operator, in Markdown.
	Help string `json:"help,omitempty"`
}

// Has reports whether the plugin has that capability.
func (d Description) Has(capability string) bool { return slices.Contains(d.Capabilities, capability) }

func (d Description) message() *wirepb.DescribeResponse {
	m := &wirepb.DescribeResponse{
		Name:         text(d.Name),
		Version:      text(d.Version),
		SdkVersion:   text(d.SDKVersion),
		Language:     text(d.Language),
		Instances:    wirepb.Instances_INSTANCES_SHARED,
		State:        wirepb.State_STATE_NONE,
		Capabilities: d.Capabilities,
		ConfigSchema: d.ConfigSchema,
		Help:         text(d.Help),
	}
	if d.Instances == InstancesExclusive {
		m.Instances = wirepb.Instances_INSTANCES_EXCLUSIVE
	}
	switch d.State {
	case StateLocal:
		m.State = wirepb.State_STATE_LOCAL
	case StateShared:
		m.State = wirepb.State_STATE_SHARED
	case StateNone:
	}
	for _, c := range d.Claims {
		m.Claims = append(m.Claims, &wirepb.Claim{
			Pattern: text(c.Pattern), Idempotent: c.Idempotent, Rewrites: c.Rewrites, Decides: c.Decides, TimeoutNanos: int64(c.Timeout),
		})
	}
	return m
}

func description(m *wirepb.DescribeResponse) (Description, error) {
	d := Description{
		Name:         m.GetName(),
		Version:      m.GetVersion(),
		SDKVersion:   m.GetSdkVersion(),
		Language:     m.GetLanguage(),
		Instances:    InstancesShared,
		State:        StateNone,
		Capabilities: m.GetCapabilities(),
		ConfigSchema: m.GetConfigSchema(),
		Help:         m.GetHelp(),
	}
	if len(d.ConfigSchema) > 0 && !json.Valid(d.ConfigSchema) {
		return Description{}, errors.New("its config schema is not JSON")
	}
	if m.GetInstances() == wirepb.Instances_INSTANCES_EXCLUSIVE {
		d.Instances = InstancesExclusive
	}
	switch m.GetState() {
	case wirepb.State_STATE_LOCAL:
		d.State = StateLocal
	case wirepb.State_STATE_SHARED:
		d.State = StateShared
	case wirepb.State_STATE_UNSPECIFIED, wirepb.State_STATE_NONE:
	}
	for _, c := range m.GetClaims() {
		d.Claims = append(d.Claims, sdk.Claim{
			Pattern: c.GetPattern(), Idempotent: c.GetIdempotent(), Rewrites: c.GetRewrites(), Decides: c.GetDecides(),
			Timeout: max(0, time.Duration(c.GetTimeoutNanos())),
		})
	}
	return d, nil
}
