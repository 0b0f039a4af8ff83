package chaos_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
)

// journal is what the gateway writes to standard error.
type journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p)
}

func (j *journal) size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Len()
}

// end is what was written last; a flood need not be printed again.
func (j *journal) end() string {
	const most = 256 << 10
	j.mu.Lock()
	defer j.mu.Unlock()
	text := j.raw.Bytes()
	return string(text[max(0, len(text)-most):])
}

// record returns the last record of that message.
func (j *journal) record(message string) (found map[string]any, ok bool) {
	for line := range strings.Lines(j.end()) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record["msg"] == message {
			found, ok = record, true
		}
	}
	return found, ok
}

// states returns the states that a plugin has entered, as they were logged.
func (j *journal) states(plugin string) (all []string) {
	j.mu.Lock()
	text := j.raw.String()
	j.mu.Unlock()
	for line := range strings.Lines(text) {
		var record struct{ Msg, Plugin, State string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "plugin state changed" && record.Plugin == plugin {
			all = append(all, record.State)
		}
	}
	return all
}

// unsentSince reports whether a callback that has reached no plugin was logged after
// so many bytes.
func (j *journal) unsentSince(size int) bool {
	j.mu.Lock()
	text := string(j.raw.Bytes()[size:])
	j.mu.Unlock()
	for line := range strings.Lines(text) {
		var record struct{ Msg, Err string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "callback not handled" &&
			(strings.HasPrefix(record.Err, "wait to send to plugin") || strings.Contains(record.Err, "is not running")) {
			return true
		}
	}
	return false
}
