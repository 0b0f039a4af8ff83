package workshop

import (
	"context"
	"log/slog"
	"strings"
)

// logger is the gateway's: of all that it logs the screen shows what the plugin
// prints, what happens to it, and what is seriously wrong.
func (s *Screen) logger() *slog.Logger { return slog.New(screenLog{screen: s}) }

// screenLog is the [slog.Handler] behind it.
type screenLog struct {
	screen *Screen
	plugin string // whose own the logger is; empty for the gateway's
}

// Enabled leaves out what is for the gateway's developers.
func (screenLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

// Handle shows one record, or none of it.
func (l screenLog) Handle(_ context.Context, record slog.Record) error {
	switch {
	case l.plugin != "" && record.Message == stateChanged:
		l.lives(record)
		return nil
	case l.plugin != "" && record.Message == streamBroke: // what was on it fails, and says so
		return nil
	}
	line := logWords{words: []string{flat(record.Message)}}
	record.Attrs(line.add)
	who := "gateway"
	switch {
	case l.plugin != "" && line.printed:
		who = "log"
	case l.plugin != "" && record.Level >= slog.LevelWarn:
	case record.Level >= slog.LevelError && !line.callback: // the line of a callback says the same
	default:
		return nil
	}
	l.screen.Say("  %s %s %s%s", who, record.Level, strings.Join(line.words, " "), line.stack)
	return nil
}

// What the plugin host logs of a plugin's life, and of the way to it.
const (
	stateChanged = "plugin state changed"
	streamBroke  = "plugin stream broke"
)

// lives says of a plugin that its process is gone, and that it is back. What comes
// of a replacement is said by who asked for it.
func (l screenLog) lives(record slog.Record) {
	of := make(map[string]string)
	record.Attrs(func(a slog.Attr) bool {
		of[a.Key] = flat(a.Value.String())
		return true
	})
	s := l.screen
	switch state := of["state"]; {
	case state == "backoff" && !s.replacing.Load():
		s.gone.Store(true)
		s.Say("%s is gone: %s; it is started again in %s", l.plugin, of["err"], of["retry_in"])
	case state == "failed" && !s.replacing.Load():
		s.gone.Store(true)
		s.Say("%s is gone: %s", l.plugin, of["err"])
	case state == ready && s.gone.Swap(false) && !s.replacing.Load():
		s.Say("%s is back", l.plugin)
	}
}

// WithAttrs notes whether the logger is about a plugin.
func (l screenLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "plugin" {
			l.plugin = a.Value.String()
		}
	}
	return l
}

// WithGroup returns l: the gateway opens none.
func (l screenLog) WithGroup(string) slog.Handler { return l }

// logWords is a record on its way to a line.
type logWords struct {
	words    []string
	stack    string // to stand below the line
	printed  bool   // by the plugin, on one of its streams
	callback bool   // the record is about a callback
}

// add takes one attribute; what a plugin printed comes as a group.
func (l *logWords) add(a slog.Attr) bool {
	if a.Value.Kind() == slog.KindGroup {
		for _, field := range a.Value.Group() {
			l.add(field)
		}
		return true
	}
	switch a.Key {
	case "stream":
		l.printed = true
		return true
	case "raw": // a person sees that
		return true
	case "stack":
		l.stack = "\n" + strings.TrimSpace(a.Value.String())
		return true
	case "command":
		l.callback = true
	}
	l.words = append(l.words, a.Key+"="+flat(a.Value.String()))
	return true
}
