package pluginhost

import (
	"context"
	"log/slog"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// What the tests drive the policy with.
type (
	Life   = life
	Policy = policy
	Event  = event
	Action = action
)

// NewPolicy returns a policy that forgives any number of failures.
func NewPolicy(base, limit, settle time.Duration) Policy {
	return policy{base: base, max: limit, settle: settle}
}

// WithBudget bounds the failures that are forgiven.
func (p policy) WithBudget(budget int, window, probe time.Duration) Policy {
	p.budget, p.window, p.probe = budget, window, probe
	return p
}

// Events and actions of the policy, by name.
var (
	Begin   = event{kind: eventBegin}
	Ready   = event{kind: eventReady}
	Failed  = event{kind: eventFailed}
	Refused = event{kind: eventFailed, permanent: true}
	Exited  = event{kind: eventExited}
	Silent  = event{kind: eventSilent}
	Heard   = event{kind: eventHeard}
	Mute    = event{kind: eventMute}
	Due     = event{kind: eventDue}
	Kick    = event{kind: eventKick}
	Renew   = event{kind: eventRenew}
	Stop    = event{kind: eventStop}
	Gone    = event{kind: eventGone}
)

// The kinds of actions.
const (
	Launch, Wait, Eject, Readmit, Doom, End = actLaunch, actWait, actEject, actReadmit, actKill, actStop
)

// WithJitter sets what waits are taken from.
func (e event) WithJitter(j float64) Event { e.jitter = j; return e }

// Kind and Wait say what to do.
func (a action) Kind() actionKind    { return a.kind }
func (a action) Wait() time.Duration { return a.wait }

// Step is the policy's step.
func (p policy) Step(l Life, e Event, now time.Time) (Life, []Action) { return p.step(l, e, now) }

// State returns where a life is.
func (l life) State() State { return l.state }

// Watched is what a monitor looks at.
type Watched struct {
	Heard             func() time.Time
	Health            func(context.Context) error
	Stuck             func(time.Time) error
	Interval, Timeout time.Duration
	Unwell            func(error)
}

// Monitor looks until ctx ends or the process is found wedged, and tells what it
// sees: "silent", "heard" or "mute", and why.
func Monitor(ctx context.Context, w Watched, tell func(kind string, cause error)) {
	signs := make(chan sign)
	m := &monitor{
		heard: w.Heard, health: w.Health, stuck: w.Stuck, interval: w.Interval, timeout: w.Timeout,
		unwell: w.Unwell, signs: signs,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.run(ctx)
	}()
	for {
		select {
		case s := <-signs:
			tell(map[eventKind]string{eventSilent: "silent", eventHeard: "heard", eventMute: "mute"}[s.kind], s.cause)
		case <-done:
			return
		}
	}
}

// ParseLogLine reads a plugin's line.
func ParseLogLine(text string) (level, message string, fields int) {
	e := parseLogLine(text)
	return e.level.String(), e.message, len(e.fields)
}

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

// CheckStored is the check of a configuration before any process is started.
func (h *Host) CheckStored(c PluginConfig) error {
	p, err := planOf(h.options.Dir, c)
	if err != nil {
		return err
	}
	return checkStored(p, h.remembered(c.Name, h.options.Logger))
}

// LogLines passes lines through the sink of a process with these secrets.
func LogLines(log *slog.Logger, secrets []string, lines ...string) {
	sink := newLogSink(log, levelOfLog(context.Background(), log), func(slog.Level) {}, time.Now)
	sink.curtain = newCurtain(plan{secrets: secrets})
	for _, line := range lines {
		sink.line("stderr", []byte(line), false)
	}
}
