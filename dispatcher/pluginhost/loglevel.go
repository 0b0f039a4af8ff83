package pluginhost

import (
	"context"
	"fmt"
	"log/slog"
)

// leastLevel is the least level of the lines that are wanted of the plugin: its own, or
// usual where it has none.
func (p plan) leastLevel(usual slog.Level) (slog.Level, error) {
	if p.logLevel == "" {
		return usual, nil
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(p.logLevel)); err != nil {
		return usual, fmt.Errorf("log_level %q is none of debug, info, warn and error", p.logLevel)
	}
	return level, nil
}

// levelOfLog is the least of the four levels that log takes; error where it takes none.
func levelOfLog(ctx context.Context, log *slog.Logger) slog.Level {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn} {
		if log.Enabled(ctx, level) {
			return level
		}
	}
	return slog.LevelError
}
