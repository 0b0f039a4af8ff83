package pluginhost

import (
	"log/slog"
	"time"
)

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
	case StateBackoff:
		level = slog.LevelError
		attrs = append(attrs, "err", cause, "retry_in", wait.Round(time.Millisecond).String(), "failures", s.life.failures)
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
	s.host.changed()
}

// decided marks the first start as over, whichever way.
func (s *supervisor) decided() {
	select {
	case <-s.first:
	default:
		close(s.first)
	}
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
