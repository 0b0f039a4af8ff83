package admin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Action is what may be done to a plugin of a running gateway.
type Action string

// The actions.
const (
	// ActionReload exchanges the processes for new ones, of the program as its file
	// is now or of another.
	ActionReload Action = "reload"
	// ActionRestart exchanges the processes for new ones of the same program.
	ActionRestart Action = "restart"
	// ActionDisable drains and stops the plugin until it is enabled again.
	ActionDisable Action = "disable"
	// ActionEnable ends a disable.
	ActionEnable Action = "enable"
	// ActionRollback is a reload with the program that served before.
	ActionRollback Action = "rollback"
)

// Actions returns every action.
func Actions() []Action {
	return []Action{ActionReload, ActionRestart, ActionDisable, ActionEnable, ActionRollback}
}

// PluginOrder asks for a change of a plugin.
type PluginOrder struct {
	Action Action `json:"-"`
	Name   string `json:"-"`
	// Path is the program that a reload brings: absolute, and in the plugin
	// directory. Empty means the one that the plugin has.
	Path string `json:"path,omitempty"`
	// DropClaims allows a reload to a program that claims less.
	DropClaims bool `json:"drop_claims,omitempty"`
}

// check returns what is wrong with the order, whatever plugin it is about.
func (o PluginOrder) check() error {
	switch {
	case !slices.Contains(Actions(), o.Action):
		return fmt.Errorf("a plugin cannot be told to %s", o.Action)
	case o.Action != ActionReload && (o.Path != "" || o.DropClaims):
		return fmt.Errorf("path and drop_claims are for reload, not for %s", o.Action)
	case o.Path != "" && !strings.HasPrefix(o.Path, "/"):
		return fmt.Errorf("path %q is not absolute: the gateway has a working directory of its own", o.Path)
	default:
		return nil
	}
}

// args are the order's details, for the audit.
func (o PluginOrder) args() map[string]string {
	args := make(map[string]string)
	if o.Path != "" {
		args["path"] = o.Path
	}
	if o.DropClaims {
		args["drop_claims"] = "true"
	}
	return args
}

// Swap is what a change of a plugin came to.
type Swap struct {
	Action Action `json:"action"`
	Name   string `json:"name"`
	// State is the plugin's afterwards.
	State string `json:"state"`
	// Path, SHA256 and Version are of the program that serves now; Before is the hash
	// of the one that did, or empty where none did.
	Path    string `json:"path,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Before  string `json:"before,omitempty"`
	Version string `json:"version,omitempty"`
	// Replicas is the number of processes that serve.
	Replicas int `json:"replicas"`
	// Added and Dropped are the patterns that are claimed now and were not before, and
	// the other way round.
	Added   []string `json:"added"`
	Dropped []string `json:"dropped"`
	// TookMS is how long the change took, in milliseconds, the end of the old processes
	// included.
	TookMS int64 `json:"took_ms"`
	// Warning is what did not go well although the order is carried out; mostly empty.
	Warning string `json:"warning,omitempty"`
}

// MaxBypass is the longest bypass. What is to last belongs into the configuration,
// where the next person finds it.
const MaxBypass = 24 * time.Hour

// BypassOrder asks that a before-command is answered without its plugin for a
// while, or that this ends.
type BypassOrder struct {
	// Command is a command or a family, such as "Group.*".
	Command string `json:"command"`
	// App is the app that it is for; empty means all.
	App string `json:"app,omitempty"`
	// Decision is allow or deny, and For how long it lasts.
	Decision string   `json:"decision,omitempty"`
	For      Duration `json:"for,omitzero"`
	// Off ends what is in force instead: for the app, or, without one, altogether.
	Off bool `json:"off,omitempty"`
}

// Check returns what is wrong with the order, whatever gateway it is for.
func (o BypassOrder) Check() error {
	wait := time.Duration(o.For)
	switch {
	case o.Command == "":
		return errors.New("the command is missing")
	case o.Off && (o.Decision != "" || wait != 0):
		return errors.New("an end takes neither a decision nor a time")
	case o.Off:
		return nil
	case o.Decision == "":
		return errors.New("the decision is missing: it is allow or deny")
	case o.Decision != "allow" && o.Decision != "deny":
		return fmt.Errorf("decision %q is neither allow nor deny", o.Decision)
	case wait <= 0:
		return fmt.Errorf("%s is no time to last: say for how long, such as 30m", wait)
	case wait > MaxBypass:
		return fmt.Errorf("%s is too long: a bypass lasts %s at most; what is to last belongs into the configuration, as plugins.NAME.enabled or routes", wait, MaxBypass)
	default:
		return nil
	}
}

func (o BypassOrder) args() map[string]string {
	args := map[string]string{"app": o.App, "decision": o.Decision}
	if o.For != 0 {
		args["for"] = o.For.String()
	}
	if o.Off {
		args["off"] = "true"
	}
	for key, value := range args {
		if value == "" {
			delete(args, key)
		}
	}
	return args
}

// Bypass answers a before-command in its plugins' place, for a while.
type Bypass struct {
	// Command is a command or a family, and App the app; empty means all.
	Command string `json:"command"`
	App     string `json:"app,omitempty"`
	// Decision is allow or deny.
	Decision string    `json:"decision"`
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until"`
	// By is who wanted it; told on the unix socket alone.
	By string `json:"by,omitempty"`
}

// BypassReport says what a [BypassOrder] came to.
type BypassReport struct {
	// Set is what is in force now; nil for an end.
	Set *Bypass `json:"set,omitempty"`
	// Ended are those that are over by this, before their time.
	Ended []Bypass `json:"ended"`
	// Warning is what did not go well although the order is carried out; mostly empty.
	Warning string `json:"warning,omitempty"`
}
