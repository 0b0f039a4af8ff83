package pluginhost

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
)

// Limits on the fields of one line.
const (
	maxLogFields = 32
	maxLogField  = 2 << 10
)

// logEntry is a line as far as it could be understood.
type logEntry struct {
	level   slog.Level
	message string
	fields  []slog.Attr
	object  bool // it was a JSON object
}

// parseLogLine reads a line that a plugin printed. A JSON object gives its level
// and message under slog's keys, hclog's or the usual others, with values of any
// type; everything else is a raw line. No line is an error.
func parseLogLine(text string) logEntry {
	raw := logEntry{level: rawLevel(text), message: text}
	if !strings.HasPrefix(text, "{") {
		return raw
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return raw
	}
	entry := logEntry{level: slog.LevelInfo, object: true}
	if v, ok := take(object, "level", "@level", "severity", "lvl"); ok {
		entry.level = levelOf(v)
	}
	if v, ok := take(object, "msg", "@message", "message"); ok {
		entry.message = plain(v)
	}
	take(object, "time", "@timestamp", "timestamp", "ts") // our own clock will do
	if entry.message == "" {
		entry.message = text // nothing was said, so the line says it
		return entry
	}
	entry.fields = fieldsOf(object)
	return entry
}

// take removes all keys from object and returns the first that was there.
func take(object map[string]json.RawMessage, keys ...string) (json.RawMessage, bool) {
	var first json.RawMessage
	found := false
	for _, k := range keys {
		v, ok := object[k]
		if ok && !found {
			first, found = v, true
		}
		delete(object, k)
	}
	return first, found
}

// fieldsOf returns what is left of a line, in the order of its keys.
func fieldsOf(object map[string]json.RawMessage) []slog.Attr {
	keys := make([]string, 0, len(object))
	for k := range object {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	keys = keys[:min(len(keys), maxLogFields)]
	fields := make([]slog.Attr, 0, len(keys))
	for _, k := range keys {
		fields = append(fields, slog.String(clip(k, 64), clip(plain(object[k]), maxLogField)))
	}
	return fields
}

// plain returns a JSON string's content and any other value as it is written.
func plain(v json.RawMessage) string {
	var text string
	if json.Unmarshal(v, &text) == nil {
		return text
	}
	return string(v)
}

// levelOf reads a level: a name, or a number as Bunyan and Pino write it
// (20 debug, 30 info, 40 warn, 50 error).
func levelOf(v json.RawMessage) slog.Level {
	var number float64
	if json.Unmarshal(v, &number) == nil {
		switch {
		case number >= 50:
			return slog.LevelError
		case number >= 40:
			return slog.LevelWarn
		case number >= 10 && number < 30:
			return slog.LevelDebug
		default:
			return slog.LevelInfo
		}
	}
	return namedLevel(plain(v), slog.LevelInfo)
}

// rawLevel takes the level of a raw line from the prefixes that log packages
// commonly print.
func rawLevel(text string) slog.Level {
	if word, _, ok := strings.Cut(strings.TrimPrefix(text, "["), "]"); ok && strings.HasPrefix(text, "[") {
		return namedLevel(word, slog.LevelInfo)
	}
	if word, _, ok := strings.Cut(text, ":"); ok {
		return namedLevel(word, slog.LevelInfo)
	}
	return slog.LevelInfo
}

// namedLevel returns the level called name, or unknown. slog's "WARN+2" counts
// as WARN.
func namedLevel(name string, unknown slog.Level) slog.Level {
	name, _, _ = strings.Cut(name, "+")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "trace", "debug":
		return slog.LevelDebug
	case "info", "notice", "information":
		return slog.LevelInfo
	case "warn", "warning":
		return slog.LevelWarn
	case "error", "err", "fatal", "panic", "critical", "crit", "alert", "emerg":
		return slog.LevelError
	default:
		return unknown
	}
}

// redact takes the secrets out of a line that was understood, whose escapes are
// resolved by now.
func (e *logEntry) redact(hide *settings.Redactor) {
	if hide == nil {
		return
	}
	e.message = hide.Text(e.message)
	for i, f := range e.fields {
		e.fields[i] = slog.String(hide.Text(f.Key), hide.Text(f.Value.String()))
	}
}
