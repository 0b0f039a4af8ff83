package apptest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Journal is what a process writes to standard error. It may be read while it is
// written, from many goroutines.
type Journal struct {
	mu  sync.Mutex
	raw bytes.Buffer
}

// Write implements io.Writer.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Write(p) //nolint:wrapcheck // a buffer has no errors
}

// Size is how many bytes were written so far.
func (j *Journal) Size() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.raw.Len()
}

// String is all that was written.
func (j *Journal) String() string { return j.Since(0) }

// Since is what was written after the first skip bytes.
func (j *Journal) Since(skip int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.raw.Bytes()[skip:])
}

// End is what was written last; a flood need not be printed again.
func (j *Journal) End() string {
	const most = 256 << 10
	return j.Since(max(0, j.Size()-most))
}

// Records returns the records of that message, after the first skip bytes. A line that
// is being written is left for the next look.
func (j *Journal) Records(message string, skip int) (found []map[string]any) {
	for line := range strings.Lines(j.Since(skip)) {
		var record map[string]any
		if strings.Contains(line, message) && json.Unmarshal([]byte(line), &record) == nil && record["msg"] == message {
			found = append(found, record)
		}
	}
	return found
}

// Await waits for a record of that message in which every part stands somewhere.
func (j *Journal) Await(t *testing.T, message string, parts ...string) {
	t.Helper()
	j.AwaitAfter(t, 0, message, parts...)
}

// AwaitAfter is Await for what comes after the first skip bytes.
func (j *Journal) AwaitAfter(t *testing.T, skip int, message string, parts ...string) {
	t.Helper()
	Eventually(t, "the log says "+message+" with "+strings.Join(parts, ", "), func() bool {
		return slices.ContainsFunc(j.Records(message, skip), func(record map[string]any) bool { return containsAll(record, parts) })
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
