package sdktest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
)

const (
	// kept is how many lines are shown of a process that has ended badly.
	kept = 10
	// maxLine is the length, in bytes, at which a line is logged though it goes on.
	maxLine = 64 << 10
)

// lines passes what a process prints on to a logger, a line a record, and keeps
// the last ones.
type lines struct {
	logger *slog.Logger

	mu   sync.Mutex
	part []byte
	tail []string
}

// Write takes a piece of the process's standard error.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		line, rest, whole := bytes.Cut(l.part, []byte("\n"))
		switch {
		case len(line) > maxLine:
			line, rest = l.part[:maxLine], l.part[maxLine:]
		case !whole:
			return len(p), nil
		}
		l.line(string(line))
		l.part = rest
	}
}

// flush logs the line that the process has not finished. It is called when the
// process has ended.
func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.part) > 0 {
		l.line(string(l.part))
		l.part = nil
	}
}

// line logs one line: as the record that it is, or as text.
func (l *lines) line(text string) {
	l.tail = append(l.tail, text)
	l.tail = l.tail[max(0, len(l.tail)-kept):]
	level, message, attrs := parse(text)
	l.logger.Log(context.Background(), level, message, attrs...) //nolint:sloglint // the message is the plugin's
}

// last is the end of a sentence: what the process printed last.
func (l *lines) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.tail) == 0 {
		return ""
	}
	return "; it said last:\n" + strings.Join(l.tail, "\n")
}

// parse reads a line in the form that package serve documents.
func parse(text string) (level slog.Level, message string, attrs []any) {
	var record map[string]any
	if json.Unmarshal([]byte(text), &record) != nil {
		return slog.LevelInfo, text, nil
	}
	name, _ := record[slog.LevelKey].(string)
	message, known := record[slog.MessageKey].(string)
	if !known || level.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo, text, nil
	}
	for _, key := range slices.Sorted(maps.Keys(record)) {
		if key != slog.TimeKey && key != slog.LevelKey && key != slog.MessageKey {
			attrs = append(attrs, slog.Any(key, record[key]))
		}
	}
	return level, message, attrs
}
