package pluginhost

import (
	"context"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Life lets the tests drive the restart policy.
type Life = life

// NewPolicy returns a restart policy.
func NewPolicy(base, limit, settle time.Duration) policy {
	return policy{base: base, max: limit, settle: settle}
}

// Events and actions of the policy, by name.
var (
	Begin   = event{kind: eventBegin}
	Ready   = event{kind: eventReady}
	Failed  = event{kind: eventFailed}
	Refused = event{kind: eventFailed, permanent: true}
	Due     = event{kind: eventDue}
	Kick    = event{kind: eventKick}
	Stop    = event{kind: eventStop}
	Gone    = event{kind: eventGone}

	Nothing, Launch, Wait, End = actNothing, actLaunch, actWait, actStop
)

// Exited is the death of a process that was ready for that long.
func Exited(uptime time.Duration) event {
	return event{kind: eventExited, uptime: uptime}
}

// Step is the policy's step.
func (p policy) Step(l Life, e event, random float64) (Life, action, time.Duration) {
	return p.step(l, e, random)
}

// State returns where a life is.
func (l life) State() State { return l.state }

// ParseLogLine reads a plugin's line.
func ParseLogLine(text string) (level, message string, fields int) {
	e := parseLogLine(text)
	return e.level.String(), e.message, len(e.fields)
}

// Silence says whether a plugin was not heard for too long.
func Silence(streams bool, heard, now time.Time) error { return silence(streams, heard, now) }

// ActFor has the host attach to plugins of another user. It is called before
// Start.
func (h *Host) ActFor(user int) { h.user = user }

// DialAttached connects as to a waiting plugin, and leaves.
func DialAttached(ctx context.Context, where wire.Reattach, user int) error {
	a, err := dialAttached(ctx, where, user)
	if err == nil {
		a.release()
	}
	return err
}
