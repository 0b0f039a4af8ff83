package pluginhost

import (
	"errors"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/pool"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/wire"
)

// ErrQuarantined is in the fault of a parked callback.
var ErrQuarantined = pool.ErrQuarantined

// Lost reports whether err, of a plugin's [Host.Handler], says that the plugin may
// have had the callback when its process died or the link to it broke: the callback
// may be what ended it. Of a plugin that was not running it is false.
func Lost(err error) bool { return pool.Lost(err) }

// Poison reports whether err, of a plugin's [Host.Handler], says that the callback has
// ended so many of the plugin's processes that it is not sent to it any more.
func Poison(err error) bool { return errors.Is(err, ErrQuarantined) }

// Knows reports whether the plugin said, when it last described itself, that it takes
// callbacks of the purpose. Every plugin takes live ones.
func (s Status) Knows(p sdk.Purpose) bool {
	switch p {
	case sdk.Replay:
		return s.Description.Has(wire.CapabilityReplay)
	case sdk.DryRun:
		return s.Description.Has(wire.CapabilityDryRun)
	default:
		return true
	}
}
