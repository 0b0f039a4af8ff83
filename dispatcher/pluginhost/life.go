package pluginhost

import (
	"slices"
	"time"
)

// State is where a plugin, or one of its processes, is in its life. The same words
// stand in the API, in the command line's tables, in the metrics and in the logs.
type State string

// The states of a plugin.
const (
	// StateStarting: a process is being brought up.
	StateStarting State = "starting"
	// StateReady: a process answers callbacks.
	StateReady State = "ready"
	// StateDraining: the process finishes what it has and is then stopped.
	StateDraining State = "draining"
	// StateBackoff: the process died or did not come up; the next start waits.
	StateBackoff State = "backoff"
	// StateCrashLooping: that has happened so often of late that starts are only
	// tried now and then.
	StateCrashLooping State = "crash_looping"
	// StateWedged: the process lives and does not answer; it is being killed.
	StateWedged State = "wedged"
	// StateFailed: the program cannot be started as it is; another attempt is
	// made when somebody asks for it.
	StateFailed State = "failed"
	// StateDisabled: the configuration or an operator says that it is not to run.
	StateDisabled State = "disabled"
	// StateStopped: the process was stopped and will not be started again.
	StateStopped State = "stopped"
)

// States returns every state, in the order of a life.
func States() []State {
	return []State{
		StateStarting, StateReady, StateDraining, StateBackoff, StateCrashLooping, StateWedged,
		StateFailed, StateDisabled, StateStopped,
	}
}

// life is all that the policy remembers of one process's place.
type life struct {
	state State
	// failures counts the starts and runs in a row that went wrong.
	failures int
	// recent holds when those of the last window did, the oldest first.
	recent []time.Time
	// readyAt is when the process came up.
	readyAt time.Time
	// ejected is true while a ready process gets no callbacks.
	ejected bool
}

// eventKind is something that happens to a process.
type eventKind uint8

const (
	eventBegin  eventKind = iota // the supervisor begins its work
	eventReady                   // the start came through
	eventFailed                  // the start did not
	eventExited                  // the process is gone, unasked
	eventSilent                  // it has missed its heartbeats
	eventHeard                   // it is heard again
	eventMute                    // it does not answer what it must: it is wedged
	eventDue                     // the wait is over
	eventKick                    // somebody wants it tried again now
	eventRenew                   // the next start is of another program
	eventStop                    // it is to end
	eventGone                    // it has ended, as asked
)

// event is an eventKind with what the policy has to know about it.
type event struct {
	kind eventKind
	// permanent is said of a failed start that no repetition can cure.
	permanent bool
	// jitter is a number in [0, 1) that a wait is taken from.
	jitter float64
}

// actionKind is something that the supervisor has to do.
type actionKind uint8

const (
	actLaunch  actionKind = iota // start a process
	actWait                      // send eventDue after the wait
	actEject                     // keep callbacks away from the process
	actReadmit                   // let them in again
	actKill                      // take a dump of the process and kill it; eventExited follows
	actStop                      // end the process, if any, then send eventGone
)

// action is an actionKind with its wait.
type action struct {
	kind actionKind
	wait time.Duration
}

// policy decides what becomes of a process. It is pure: what it decides follows
// from its arguments alone.
type policy struct {
	// base and max bound the backoff; settle is the uptime after which failures in
	// a row are forgotten.
	base, max, settle time.Duration
	// budget is how many failures a window forgives; those beyond are answered by
	// starts that are probe apart. A budget of 0 forgives all.
	budget        int
	window, probe time.Duration
}

// step returns the life after e, and what to do about it, in order. An event that
// means nothing in a state changes nothing.
func (p policy) step(l life, e event, now time.Time) (life, []action) {
	switch e.kind {
	case eventBegin, eventDue, eventKick:
		if startable(l.state, e.kind) {
			l.state = StateStarting
			return l, []action{{kind: actLaunch}}
		}
	case eventReady:
		if l.state == StateStarting {
			l.state, l.readyAt, l.ejected = StateReady, now, false
		}
	case eventRenew:
		if startable(l.state, eventKick) {
			l.failures, l.recent = 0, nil // what another program did is no fault of this one
		}
	case eventSilent, eventHeard, eventMute:
		return p.sign(l, e.kind)
	case eventFailed, eventExited:
		return p.fail(l, e, now)
	case eventStop, eventGone:
		return ending(l, e.kind)
	}
	return l, nil
}

// sign is the step of what a ready process does or does not show of itself. Silence
// alone costs it nothing but its callbacks, for as long as it lasts.
func (p policy) sign(l life, k eventKind) (life, []action) {
	switch {
	case l.state != StateReady:
		return l, nil
	case k == eventMute:
		l.state = StateWedged
		if l.ejected {
			return l, []action{{kind: actKill}}
		}
		l.ejected = true
		return l, []action{{kind: actEject}, {kind: actKill}}
	case k == eventSilent && !l.ejected:
		l.ejected = true
		return l, []action{{kind: actEject}}
	case k == eventHeard && l.ejected:
		l.ejected = false
		return l, []action{{kind: actReadmit}}
	default:
		return l, nil
	}
}

// fail is the step of a start that failed and of a process that died.
func (p policy) fail(l life, e event, now time.Time) (life, []action) {
	ran := l.state == StateReady || l.state == StateWedged
	if e.kind == eventFailed && l.state != StateStarting || e.kind == eventExited && !ran {
		return l, nil
	}
	if ran && now.Sub(l.readyAt) >= p.settle {
		l.failures = 0
	}
	l.failures++
	l.recent = append(p.within(l.recent, now), now)
	l.ejected = false
	switch {
	case e.permanent:
		l.state = StateFailed
		return l, nil
	case p.budget > 0 && len(l.recent) > p.budget:
		l.state = StateCrashLooping
		return l, []action{{actWait, p.probe/2 + time.Duration(e.jitter*float64(p.probe/2))}} //nolint:mnd // Half of it is jitter.
	default:
		l.state = StateBackoff
		return l, []action{{actWait, p.wait(l.failures, e.jitter)}}
	}
}

// ending is the step of a process that is to end, and of one that has.
func ending(l life, k eventKind) (life, []action) {
	switch {
	case k == eventStop && l.state != StateDraining && l.state != StateStopped:
		l.state, l.ejected = StateDraining, false
		return l, []action{{kind: actStop}}
	case k == eventGone && l.state == StateDraining:
		l.state = StateStopped
	}
	return l, nil
}

// within returns a copy of those of times that still count, and no more of them than
// can make a difference.
func (p policy) within(times []time.Time, now time.Time) []time.Time {
	first := 0
	for first < len(times) && now.Sub(times[first]) >= p.window {
		first++
	}
	first = max(first, len(times)-p.budget)
	return slices.Clone(times[first:])
}

// startable reports whether k makes a plugin in state s start.
func startable(s State, k eventKind) bool {
	waiting := s == StateBackoff || s == StateCrashLooping
	switch k {
	case eventBegin:
		return s == ""
	case eventDue:
		return waiting
	case eventKick:
		return waiting || s == StateFailed
	default:
		return false
	}
}

// wait is the exponential backoff with full jitter: anything between nothing
// and base doubled for every failure before the last, capped. Full jitter keeps
// plugins that died together from coming back together.
func (p policy) wait(failures int, random float64) time.Duration {
	ceiling := p.base
	for range failures - 1 {
		if ceiling >= p.max/2 {
			ceiling = p.max
			break
		}
		ceiling *= 2
	}
	return time.Duration(random * float64(min(ceiling, p.max)))
}
