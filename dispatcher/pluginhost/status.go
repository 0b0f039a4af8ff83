package pluginhost

import (
	"encoding/json"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// Where a plugin's claims come from.
const (
	// ClaimsLive: a process of this gateway has described itself.
	ClaimsLive = "live"
	// ClaimsStored: the plugin has not come up yet; the claims are those that it
	// made last.
	ClaimsStored = "stored"
)

// What an operator may have put in force, as Status.Brakes names it.
const (
	// BrakeDisabled: [Host.Disable].
	BrakeDisabled = "disabled"
	// BrakeRolledBack: [Host.Rollback].
	BrakeRolledBack = "rolled_back"
)

// Status is what is known of a plugin at one moment.
type Status struct {
	// Name is the plugin's name in this gateway.
	Name string
	// Path is the program; SHA256 is the hash of the last copy that ran, or
	// empty.
	Path, SHA256 string
	// State is where it is in its life, since Since: with several processes where the
	// one is that is best off.
	State State
	Since time.Time
	// PID is the process id, or 0 without a process that is ready; that of the first
	// of several.
	PID int
	// Wanted is how many processes it is to have, Ready how many of them are ready.
	Wanted, Ready int
	// MTLS is the protection of the link.
	MTLS MTLS
	// Description is what the plugin last said of itself: name, version, SDK
	// version, language, claims and more.
	Description wire.Description
	// Claims are the commands that it wants. They hold while it is down.
	Claims []sdk.Claim
	// ClaimsFrom is ClaimsLive, ClaimsStored or, without any claims known, empty.
	ClaimsFrom string
	// Restarts counts the starts after a crash, of all processes.
	Restarts int
	// Error says what went wrong last. It stays when the plugin has recovered, so
	// that a crash at night is still explained in the morning; State says
	// whether it matters now. While the plugin is unhealthy, it says that.
	Error string
	// Unhealthy says why a ready process is not well: its own words, or that it shows
	// no signs of life. It is empty when all is well, and without a ready process.
	// One that says so itself gets its callbacks all the same.
	Unhealthy string
	// Replicas are the plugin's processes, by number.
	Replicas []Replica
	// Drift says how what serves is not what the file at Path is, and why; empty
	// where it is.
	Drift string
	// Refused is true while the file is not taken up by itself: it was refused, rolled
	// back, or is not what is pinned. Drift says which.
	Refused bool
	// Config is the configuration that the plugin has, or would get, with
	// "[redacted]" for its secrets, and for whatever no schema speaks of.
	Config json.RawMessage
	// InForce names the isolation of the running processes, as short words.
	InForce []string
	// Brakes names what an operator has put in force, such as "disabled".
	Brakes []string
	// Parked are the callbacks that are not sent to the plugin any more.
	Parked []Parked
	// Gone is true for a plugin without a program, of which only the claims are left.
	Gone bool
	// Attached is true for a process that somebody else started; Debug for that
	// and for any other plugin without probes and deadlines.
	Attached, Debug bool
}

// Exclusive reports whether the plugin cannot stand another process of itself, and has
// one whatever its Replicas are configured to be.
func (s Status) Exclusive() bool { return s.Description.Instances == wire.InstancesExclusive }

// Replica is one process of a plugin.
type Replica struct {
	// Number tells it from the others, from 0.
	Number int
	State  State
	Since  time.Time
	// PID is the process id, or 0 without a process that is ready.
	PID    int
	SHA256 string
	// Ejected says why it gets no callbacks although it is ready; empty where it
	// gets them.
	Ejected string
	// Unhealthy says why it is not well, its ejection included; empty where it is.
	Unhealthy string
	// InFlight is how many callbacks it has.
	InFlight int
	// Strays is how many answers came of it to calls that it does not have.
	Strays   int
	Restarts int
	// Error is what went wrong last.
	Error string
}

// Parked is a callback that is not sent to the plugin any more.
type Parked = pool.Parked
