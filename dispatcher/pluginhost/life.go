package pluginhost

import "time"

// State is where a plugin is in its life. The same words stand in the API, in
// the command line's tables and in the logs.
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
	// StateFailed: the program cannot be started as it is; another attempt is
	// made when the configuration is reloaded.
	StateFailed State = "failed"
	// StateDisabled: the configuration says that it is not to run.
	StateDisabled State = "disabled"
	// StateStopped: the process was stopped and will not be started again.
	StateStopped State = "stopped"
)

// life is all that the restart policy remembers of a plugin.
type life struct {
	state State
	// failures counts the starts and runs in a row that went wrong.
	failures int
}

// eventKind is something that happens to a plugin.
type eventKind uint8

const (
	eventBegin  eventKind = iota // the supervisor begins its work
	eventReady                   // the start came through
	eventFailed                  // the start did not
	eventExited                  // the ready process is gone
	eventDue                     // the wait is over
	eventKick                    // somebody wants it tried again now
	eventStop                    // it is to end
	eventGone                    // it has ended, as asked
)

// event is an eventKind with what the policy has to know about it.
type event struct {
	kind eventKind
	// permanent is said of a failed start that no repetition can cure.
	permanent bool
	// uptime is how long an exited process was ready.
	uptime time.Duration
}

// action is what the supervisor has to do after a step.
type action uint8

const (
	actNothing action = iota
	actLaunch         // start a process
	actWait           // send eventDue after the wait
	actStop           // end the process, if any, then send eventGone
)

// policy decides when a plugin is started again. It is pure: what it decides
// follows from its arguments alone.
type policy struct {
	// base and max bound the backoff; settle is the uptime after which earlier
	// failures are forgotten.
	base, max, settle time.Duration
}

// step returns the life after e, what to do about it, and how long to wait where
// that is to wait. random is a number in [0, 1) that the jitter is taken from. An
// event that means nothing in a state changes nothing.
func (p policy) step(l life, e event, random float64) (life, action, time.Duration) {
	switch e.kind {
	case eventBegin, eventDue, eventKick:
		if startable(l.state, e.kind) {
			l.state = StateStarting
			return l, actLaunch, 0
		}
	case eventReady:
		if l.state == StateStarting {
			l.state = StateReady
		}
	case eventFailed, eventExited:
		return p.fail(l, e, random)
	case eventStop:
		if l.state != StateDraining && l.state != StateStopped {
			l.state = StateDraining
			return l, actStop, 0
		}
	case eventGone:
		if l.state == StateDraining {
			l.state = StateStopped
		}
	}
	return l, actNothing, 0
}

// fail is the step of a start that failed and of a process that died.
func (p policy) fail(l life, e event, random float64) (life, action, time.Duration) {
	expected := StateStarting
	if e.kind == eventExited {
		expected = StateReady
	}
	if l.state != expected {
		return l, actNothing, 0
	}
	if e.kind == eventExited && e.uptime >= p.settle {
		l.failures = 0
	}
	l.failures++
	if e.permanent {
		l.state = StateFailed
		return l, actNothing, 0
	}
	l.state = StateBackoff
	return l, actWait, p.wait(l.failures, random)
}

// startable reports whether k makes a plugin in state s start.
func startable(s State, k eventKind) bool {
	switch k {
	case eventBegin:
		return s == ""
	case eventDue:
		return s == StateBackoff
	case eventKick:
		return s == StateBackoff || s == StateFailed
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
