package proof_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
)

// ledger is what the client was told: the number that it put into a callback's body,
// and the id that the gateway accepted it under.
type ledger struct {
	mu         sync.Mutex
	next       int64
	accepted   map[int64]string
	refused    int // answered, and not accepted
	unanswered int // nobody knows what became of them
}

func newLedger() *ledger { return &ledger{accepted: make(map[int64]string)} }

// number returns the number of the next callback.
func (l *ledger) number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	return l.next
}

// enter notes an answer. Of an accepted callback there is an id.
func (l *ledger) enter(number int64, id string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.unanswered++
	case id == "":
		l.refused++
	default:
		l.accepted[number] = id
	}
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted)
}

// record is a line of the plugin about a callback that it has handled.
type record struct {
	Number      int64
	ID, Key     string
	Received    int64
	Attempt     int
	Redelivered bool
}

// records reads what the plugin has handled. A line that the process did not come to
// the end of is none.
func records(t *testing.T, path string) (all []record) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %q: %v", path, lines.Text(), err)
		}
		all = append(all, r)
	}
	return all
}

// verdict is what the two lists together say.
type verdict struct {
	accepted, delivered, dead, duplicates, lost int
	// strange are deliveries that differ from what the client or an earlier delivery
	// of the same callback says.
	strange int
}

// judge compares what was accepted with what a plugin has handled and what lies with
// the dead letters. Nothing may wait any more.
func (l *ledger) judge(handled []record, dead map[string]bool) verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := verdict{accepted: len(l.accepted), dead: len(dead)}
	first := make(map[int64]record)
	for _, r := range handled {
		before, again := first[r.Number]
		if !again {
			first[r.Number], before = r, r
			v.delivered++
		} else {
			v.duplicates++
		}
		id, known := l.accepted[r.Number]
		if known && id != r.ID || before.ID != r.ID || before.Key != r.Key || before.Received != r.Received {
			v.strange++
		}
	}
	for number, id := range l.accepted {
		if _, there := first[number]; !there && !dead[id] {
			v.lost++
		}
	}
	return v
}

func (v verdict) String() string {
	return fmt.Sprintf("accepted=%d delivered=%d dead=%d duplicates=%d strange=%d lost=%d", v.accepted, v.delivered, v.dead, v.duplicates, v.strange, v.lost)
}

// holds says whether nothing is lost and no callback has changed.
func (v verdict) holds() bool { return v.accepted > 0 && v.lost == 0 && v.strange == 0 }

func TestTheVerdictNamesWhatIsLostDoubledAndStrange(t *testing.T) {
	t.Parallel()
	l := newLedger()
	for number, id := range map[int64]string{1: "a", 2: "b", 3: "c", 4: "d"} {
		l.enter(number, id, nil)
	}
	l.enter(5, "", nil)
	l.enter(6, "", os.ErrDeadlineExceeded)
	got := l.judge([]record{
		{Number: 1, ID: "a"}, {Number: 1, ID: "a", Attempt: 2}, // twice
		{Number: 2, ID: "x"},                       // under another name
		{Number: 6, ID: "f"}, {Number: 6, ID: "g"}, // one that nobody has promised, under two names
	}, map[string]bool{"c": true})
	if want := (verdict{accepted: 4, delivered: 3, dead: 1, duplicates: 2, strange: 2, lost: 1}); got != want || got.holds() {
		t.Errorf("the verdict is %s, want %s", got, want)
	}
	if l.refused != 1 || l.unanswered != 1 {
		t.Errorf("%d refused, %d unanswered", l.refused, l.unanswered)
	}
}
