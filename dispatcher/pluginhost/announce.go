package pluginhost

import (
	"log/slog"
	"time"
)

// waitOf returns how long the next start waits.
func waitOf(acts []action) time.Duration {
	for _, a := range acts {
		if a.kind == actWait {
			return a.wait
		}
	}
	return 0
}

// entered logs a change of state, once, and lets the world know.
func (s *supervisor) entered(state State, cause error, wait time.Duration) {
	attrs := []any{"state", string(state)}
	level := slog.LevelInfo
	switch state {
	case StateStarting:
		attrs = append(attrs, "path", s.plan.path, "reason", string(s.reason))
	case StateReady:
		s.said = ""
		attrs = append(attrs, "pid", s.live.pid, "version", s.live.description.Version, "sha256", short(s.live.sha256))
	case StateBackoff, StateCrashLooping:
		level = slog.LevelError
		attrs = append(attrs, "err", cause, "retry_in", wait.Round(time.Millisecond).String(), "failures", s.life.failures)
	case StateWedged:
		level = slog.LevelError
		attrs = append(attrs, "err", cause, "pid", s.live.pid)
	case StateFailed:
		level = slog.LevelError
		attrs = append(attrs, "err", cause, "path", s.plan.path)
	case StateDraining, StateStopped, StateDisabled:
	}
	if s.plan.reattach != "" {
		level = s.attachedLevel(state, cause)
	}
	s.log.Log(s.hurry, level, "plugin state changed", attrs...)
	s.report.enter(state, cause, s.reason == startCrash && state == StateStarting && s.plan.reattach == "")
	if state != StateStarting && state != StateDraining {
		s.decided()
	}
	s.tally()
	s.host.changed()
}

// attachedLevel keeps the looking for an attached plugin, which goes on for as long
// as it is not there, from filling the log: why it is not there is said once.
func (s *supervisor) attachedLevel(state State, cause error) slog.Level {
	switch {
	case state == StateBackoff && cause.Error() != s.said:
		s.said = cause.Error()
		return slog.LevelWarn
	case state == StateBackoff, state == StateStarting && s.said != "":
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// eject keeps callbacks from a process that is silent or about to be killed.
func (s *supervisor) eject(cause error) {
	s.pool.Eject(s.live.intake)
	s.report.eject(cause.Error())
	s.host.metrics.ejected(s.plan.name)
	s.log.WarnContext(s.hurry, "plugin process gets no callbacks for now", "pid", s.live.pid, "err", cause)
	s.tally()
	s.host.changed()
}

// readmit lets callbacks in again.
func (s *supervisor) readmit() {
	s.pool.Readmit(s.live.intake)
	s.report.eject("")
	s.log.InfoContext(s.hurry, "plugin process gets callbacks again", "pid", s.live.pid)
	s.tally()
	s.host.changed()
}
