package pluginhost

import (
	"context"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// libraryLog passes go-plugin's own messages to slog, all as debug: what they
// tell the operator, the supervisor tells better and once.
//
// A logger named after a program is where go-plugin would write the program's
// lines, after parsing them in a way that panics on some. That logger says it is
// off, which keeps the parser from running.
type libraryLog struct {
	hclog.Logger
	log *slog.Logger
}

func newLibraryLog(log *slog.Logger) libraryLog {
	return libraryLog{Logger: hclog.NewNullLogger(), log: log}
}

func (l libraryLog) write(msg string, args []any) {
	l.log.Debug("go-plugin", "text", msg, "args", args)
}

func (l libraryLog) Log(_ hclog.Level, msg string, args ...any) { l.write(msg, args) }
func (l libraryLog) Trace(msg string, args ...any)              { l.write(msg, args) }
func (l libraryLog) Debug(msg string, args ...any)              { l.write(msg, args) }
func (l libraryLog) Info(msg string, args ...any)               { l.write(msg, args) }
func (l libraryLog) Warn(msg string, args ...any)               { l.write(msg, args) }
func (l libraryLog) Error(msg string, args ...any)              { l.write(msg, args) }

// IsTrace spares go-plugin the making of messages about every byte it carries.
func (l libraryLog) IsTrace() bool { return false }

// IsDebug tells whether anybody listens.
func (l libraryLog) IsDebug() bool { return l.log.Enabled(context.Background(), slog.LevelDebug) }

// Named returns the logger that is off.
func (l libraryLog) Named(string) hclog.Logger { //nolint:ireturn // hclog.Logger asks for it.
	return silent{Logger: l.Logger}
}

// silent is a logger that says it is off.
type silent struct{ hclog.Logger }

func (silent) GetLevel() hclog.Level { return hclog.Off }
