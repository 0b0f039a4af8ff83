package apptest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"
)

// Ledger is what the client was told: the number that it put into a callback's body, and
// the id that a gateway accepted it under. It may be used from many goroutines, but its
// fields only once nothing is under way.
type Ledger struct {
	Accepted   map[int64]string // the id of each number
	Refused    int              // answered, and not accepted
	Unanswered int              // nobody knows what became of them

	mu   sync.Mutex
	next int64
}

// NewLedger returns an empty one.
func NewLedger() *Ledger { return &Ledger{Accepted: make(map[int64]string)} }

// Number returns the number of the next callback.
func (l *Ledger) Number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

// Enter notes an answer. Of an accepted callback there is an id.
func (l *Ledger) Enter(number int64, id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.Unanswered++
	case id == "":
		l.Refused++
	default:
		l.Accepted[number] = id
	}
}

// Count is how many were accepted so far.
func (l *Ledger) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.Accepted)
}

// Await waits until so many more are accepted.
func (l *Ledger) Await(t *testing.T, more int) {
	t.Helper()
	until := l.Count() + more
	Eventually(t, "callbacks are accepted", func() bool { return l.Count() >= until })
}

// Event is a line of a Recorder about a callback that it has handled.
type Event struct {
	Number      int64  `json:"number"`
	ID          string `json:"id"`
	Key         string `json:"key"`
	Received    int64  `json:"received"`
	Attempt     int    `json:"attempt"`
	Redelivered bool   `json:"redelivered"`
}

// Handled reads what Recorders have handled that wrote to these files, of which some may
// be missing: their plugin has handled nothing. A line that a process did not come to the
// end of is none.
func Handled(t *testing.T, paths ...string) (all []Event) {
	t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path) //nolint:gosec // of the test
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			var e Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Fatalf("%s: %q: %v", path, lines.Text(), err)
			}
			all = append(all, e)
		}
	}
	return all
}

// Verdict is what the two lists together say.
type Verdict struct {
	Accepted, Delivered, Dead, Duplicates, Lost int
	// Strange are deliveries that differ from what the client or an earlier delivery of
	// the same callback says.
	Strange int
}

// Judge compares what was accepted with what a plugin has handled, be it under several
// gateways, and what lies with the dead letters. Nothing may wait any more.
func (l *Ledger) Judge(handled []Event, dead map[string]bool) Verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := Verdict{Accepted: len(l.Accepted), Dead: len(dead)}
	first := make(map[int64]Event)
	for _, e := range handled {
		before, again := first[e.Number]
		if !again {
			first[e.Number], before = e, e
			v.Delivered++
		} else {
			v.Duplicates++
		}
		id, known := l.Accepted[e.Number]
		if known && id != e.ID || before.ID != e.ID || before.Key != e.Key || before.Received != e.Received {
			v.Strange++
		}
	}
	for number, id := range l.Accepted {
		if _, there := first[number]; !there && !dead[id] {
			v.Lost++
		}
	}
	return v
}

func (v Verdict) String() string {
	return fmt.Sprintf("accepted=%d delivered=%d dead=%d duplicates=%d strange=%d lost=%d", v.Accepted, v.Delivered, v.Dead, v.Duplicates, v.Strange, v.Lost)
}

// Holds says whether nothing is lost and no callback has changed.
func (v Verdict) Holds() bool { return v.Accepted > 0 && v.Lost == 0 && v.Strange == 0 }
