package pluginhost

import (
	"encoding/json"
	"log/slog"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/pluginhost/settings"
)

// logEntry is a line as far as it could be understood.
type logEntry struct {
	level   slog.Level
	message string
	time    time.Time // zero where the line tells none that is of use
	fields  []slog.Attr
	object  bool // it was a JSON object
}

// The keys of what every line has: slog's first, then hclog's and the usual others.
var (
	levelKeys   = []string{slog.LevelKey, "@level", "severity", "lvl"}    //nolint:gochecknoglobals // never written
	messageKeys = []string{slog.MessageKey, "@message", "message"}        //nolint:gochecknoglobals // never written
	timeKeys    = []string{slog.TimeKey, "@timestamp", "timestamp", "ts"} //nolint:gochecknoglobals // never written
)

// parseLogLine reads a line that a plugin printed. A JSON object gives its level,
// its message and its time, with values of any type; what else it has are fields, as
// they were. Everything else is a raw line. No line is an error.
func parseLogLine(text string) logEntry {
	raw := logEntry{level: rawLevel(text), message: text}
	if !strings.HasPrefix(text, "{") {
		return raw
	}
	fields, ok := readFields(text)
	if !ok {
		return raw
	}
	entry := logEntry{level: slog.LevelInfo, object: true}
	fields, level := take(fields, levelKeys)
	if level != nil {
		entry.level = levelOf(*level)
	}
	fields, message := take(fields, messageKeys)
	if message != nil {
		entry.message = written(*message)
	}
	fields, at := take(fields, timeKeys)
	if at != nil && at.Kind() == slog.KindString {
		entry.time, _ = time.Parse(time.RFC3339Nano, at.String()) // where it cannot be read, our own clock will do
	}
	if entry.message == "" {
		entry.message = text // nothing was said, so the line says it
		return entry
	}
	entry.fields = fields[:min(len(fields), maxLogFields)]
	return entry
}

// take returns the fields without those keys, and the value of the key that stands
// first among them; nil where there is none.
func take(fields []slog.Attr, keys []string) (rest []slog.Attr, value *slog.Value) {
	rest = fields[:0:0]
	rank := len(keys)
	for _, f := range fields {
		at := index(keys, f.Key)
		if at < 0 {
			rest = append(rest, f)
		} else if at < rank {
			rank, value = at, &f.Value
		}
	}
	return rest, value
}

func index(keys []string, key string) int {
	for i, k := range keys {
		if k == key {
			return i
		}
	}
	return -1
}

// written is a string's content, and any other value as JSON has it.
func written(v slog.Value) string {
	if v.Kind() == slog.KindString {
		return v.String()
	}
	text, err := json.Marshal(plain(v))
	if err != nil {
		return ""
	}
	return string(text)
}

// levelOf reads a level: a name, slog's in between such as "WARN+2" among them, or a
// number as Bunyan and Pino write it (20 debug, 30 info, 40 warn, 50 error).
func levelOf(v slog.Value) slog.Level {
	var number float64
	switch v.Kind() {
	case slog.KindInt64:
		number = float64(v.Int64())
	case slog.KindFloat64:
		number = v.Float64()
	case slog.KindString:
		return namedLevel(v.String(), slog.LevelInfo)
	default:
		return slog.LevelInfo
	}
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

// namedLevel returns the level called name, or unknown.
func namedLevel(name string, unknown slog.Level) slog.Level {
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "trace":
		return slog.LevelDebug
	case "notice", "information":
		return slog.LevelInfo
	case "warning":
		return slog.LevelWarn
	case "err", "fatal", "panic", "critical", "crit", "alert", "emerg":
		return slog.LevelError
	}
	var level slog.Level
	if level.UnmarshalText([]byte(name)) != nil {
		return unknown
	}
	return level
}

// redact takes the secrets out of a line that was understood, whose escapes are
// resolved by now.
func (e *logEntry) redact(hide *settings.Redactor) {
	if hide == nil {
		return
	}
	e.message = hide.Text(e.message)
	for i, f := range e.fields {
		e.fields[i] = redactField(f, hide)
	}
}
