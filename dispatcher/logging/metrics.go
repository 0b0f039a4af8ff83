package logging

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the counts of one log.
type metrics struct {
	debug, info, warn, err prometheus.Counter
	suppressed             prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "switchhook_log_messages_total",
		Help: "Lines that the gateway logged, those that plugins printed among them.",
	}, []string{"level"})
	m := &metrics{
		debug: lines.WithLabelValues("debug"), info: lines.WithLabelValues("info"),
		warn: lines.WithLabelValues("warn"), err: lines.WithLabelValues("error"),
		suppressed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "switchhook_log_suppressed_total",
			Help: "Lines left out of the log because too many alike came at once.",
		}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{lines, m.suppressed} {
		if err := reg.Register(c); err != nil {
			return nil, err //nolint:wrapcheck // New names what was being done
		}
	}
	return m, nil
}

// line counts a line that was written.
func (m *metrics) line(level slog.Level) {
	switch grade(level) {
	case slog.LevelDebug:
		m.debug.Inc()
	case slog.LevelInfo:
		m.info.Inc()
	case slog.LevelWarn:
		m.warn.Inc()
	default:
		m.err.Inc()
	}
}

// grade is the one of the four levels that a level counts as: of those it reaches the
// highest, and debug below them all.
func grade(level slog.Level) slog.Level {
	for _, l := range []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo} {
		if level >= l {
			return l
		}
	}
	return slog.LevelDebug
}
