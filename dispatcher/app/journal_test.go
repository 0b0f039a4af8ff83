package app_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
)

// journal is what a process writes to standard error, while it is written.
type journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.String()
}

// records returns the records of that message, after the first skip bytes. A
// line that is being written is left for the next look.
func (j *journal) records(message string, skip int) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(j.String()[skip:]) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}

// await waits for a record of that message in which every part stands somewhere.
func (j *journal) await(t *testing.T, message string, parts ...string) {
	t.Helper()
	j.awaitAfter(t, 0, message, parts...)
}

// awaitAfter is await for what comes after the first skip bytes.
func (j *journal) awaitAfter(t *testing.T, skip int, message string, parts ...string) {
	t.Helper()
	eventually(t, "the log says "+message+" with "+strings.Join(parts, ", "), func() bool {
		return slices.ContainsFunc(j.records(message, skip), func(record map[string]any) bool { return containsAll(record, parts) })
	})
}

// containsAll reports whether every part stands in a value of the record.
func containsAll(record map[string]any, parts []string) bool {
	var values strings.Builder
	for _, value := range record {
		if text, ok := value.(string); ok {
			values.WriteString(text + "\n")
			continue
		}
		text, err := json.Marshal(value)
		if err == nil {
			values.Write(append(text, '\n'))
		}
	}
	for _, part := range parts {
		if !strings.Contains(values.String(), part) {
			return false
		}
	}
	return true
}

// size is how much was written so far.
func (j *journal) size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Len()
}
