package clusterproof_test

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
	"time"
)

// ledger is what the clients were told of each event, fault by fault. It may be used from
// many goroutines.
type ledger struct {
	mu     sync.Mutex
	next   int64
	events map[int64]*event
	phases []*phase
}

// event is one that a client has sent, under a number of its own.
type event struct {
	phase    *phase
	accepted bool
}

// phase is a time in which something fails.
type phase struct {
	fault string
	began time.Time // when it was done

	accepted, refused, unanswered, decided int

	doubt      bool          // an event was refused, and none accepted since
	recovered  time.Duration // from began until none was refused any more
	accept     time.Time     // when an event was accepted last
	gap        time.Duration // the longest time without
	byGateways map[int]int   // how many each has accepted
}

func newLedger() *ledger { return &ledger{events: make(map[int64]*event)} }

// begin begins a phase: what is sent from now on belongs to it.
func (l *ledger) begin(fault string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phases = append(l.phases, &phase{fault: fault, byGateways: make(map[int]int)})
}

// strike says that the fault is done now. What each gateway has accepted is counted anew.
func (l *ledger) strike() { l.now(func(p *phase) { p.began, p.accept = time.Now(), time.Now() }) }

// recount counts anew what each gateway accepts.
func (l *ledger) recount() { l.now(func(p *phase) { clear(p.byGateways) }) }

// now does something to the phase that is on.
func (l *ledger) now(do func(*phase)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	do(l.phases[len(l.phases)-1])
}

// number returns the number of the next event.
func (l *ledger) number() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next++
	l.events[l.next] = &event{phase: l.phases[len(l.phases)-1]}
	return l.next
}

func (l *ledger) accepted(number int64, gateway int) {
	l.mu.Lock()
	l.events[number].accepted = true
	l.events[number].phase.accepted++
	l.mu.Unlock()
	l.now(func(p *phase) {
		p.byGateways[gateway]++
		if p.began.IsZero() {
			return
		}
		now := time.Now()
		p.gap, p.accept = max(p.gap, now.Sub(p.accept)), now
		if p.doubt {
			p.doubt, p.recovered = false, now.Sub(p.began)
		}
	})
}

func (l *ledger) refused()    { l.now(func(p *phase) { p.refused++; p.doubt = !p.began.IsZero() }) }
func (l *ledger) unanswered() { l.now(func(p *phase) { p.unanswered++ }) }
func (l *ledger) decided()    { l.now(func(p *phase) { p.decided++ }) }

// least is how many events that gateway has accepted which has accepted fewest of n.
func (l *ledger) least(n int) (least int) {
	l.now(func(p *phase) {
		least = p.byGateways[0]
		for i := range n {
			least = min(least, p.byGateways[i])
		}
	})
	return least
}

func (l *ledger) count() (n int) {
	l.now(func(p *phase) {
		for _, of := range p.byGateways {
			n += of
		}
	})
	return n
}

// sighting is a line of a witness about an event that it was given.
type sighting struct {
	Number   int64  `json:"number"`
	ID       string `json:"id"`
	Received int64  `json:"received"`
	At       int64  `json:"at"`
}

// sightings reads what witnesses have written to these files, some of which may be
// missing. A line that a process did not come to the end of is none.
func sightings(t *testing.T, paths ...string) (all []sighting) {
	t.Helper()
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			var s sighting
			if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
				t.Fatalf("%s: %q: %v", path, lines.Text(), err)
			}
			all = append(all, s)
		}
	}
	return all
}

// verdict is what the two lists together say of a phase.
type verdict struct {
	*phase
	delivered, duplicates, lost int
	// strange are deliveries under one id that differ, or of what nobody has sent.
	strange int
	drained time.Duration
}

// judge compares what was accepted with what the witnesses have seen. Nothing may wait any
// more. An event that was sent again since the answer was no may have been kept all the
// same, and be delivered under two ids: that is a duplicate, and no more.
func (l *ledger) judge(all []sighting) (verdicts []*verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := make(map[*phase]*verdict)
	for _, p := range l.phases {
		v := &verdict{phase: p}
		of[p], verdicts = v, append(verdicts, v)
	}
	seen, ids := make(map[int64]bool), make(map[string]sighting)
	for _, s := range all {
		e, known := l.events[s.Number]
		if !known {
			verdicts[0].strange++
			continue
		}
		v := of[e.phase]
		if before, again := ids[s.ID]; again && (before.Number != s.Number || before.Received != s.Received) {
			v.strange++
		}
		ids[s.ID] = s
		if seen[s.Number] {
			v.duplicates++
		} else {
			seen[s.Number] = true
			v.delivered++
			v.drained = max(v.drained, time.Unix(0, s.At).Sub(e.phase.began))
		}
	}
	for number, e := range l.events {
		if e.accepted && !seen[number] {
			of[e.phase].lost++
		}
	}
	return verdicts
}

func (v *verdict) String() string {
	return fmt.Sprintf("PROOF cluster fault=%s accepted=%d delivered=%d lost=%d strange=%d duplicates=%d refused=%d unanswered=%d recovered_ms=%d gap_ms=%d drained_ms=%d decided=%d",
		v.fault, v.accepted, v.delivered, v.lost, v.strange, v.duplicates, v.refused, v.unanswered,
		v.recovered.Milliseconds(), v.gap.Milliseconds(), v.drained.Milliseconds(), v.decided)
}

func (v *verdict) holds() bool {
	return v.accepted > 0 && v.decided > 0 && v.lost == 0 && v.strange == 0
}

func TestTheVerdictNamesWhatIsLostDoubledAndStrange(t *testing.T) {
	t.Parallel()
	l := newLedger()
	l.begin("first")
	for range 4 {
		l.accepted(l.number(), 0)
	}
	l.begin("second")
	refused := l.number()
	l.refused()
	l.strike()
	l.refused()
	l.accepted(refused, 1)
	verdicts := l.judge([]sighting{
		{Number: 1, ID: "a"}, {Number: 1, ID: "a"}, // twice
		{Number: 2, ID: "b"}, {Number: 3, ID: "b"}, // two that are one
		{Number: 5, ID: "c"}, {Number: 5, ID: "d"}, // refused, and kept all the same
		{Number: 6, ID: "e"}, // never sent
	})
	first, second := verdicts[0], verdicts[1]
	if first.accepted != 4 || first.delivered != 3 || first.lost != 1 || first.duplicates != 1 || first.strange != 2 || first.holds() {
		t.Errorf("the first is judged %s", first)
	}
	if second.accepted != 1 || second.delivered != 1 || second.lost != 0 || second.duplicates != 1 || second.strange != 0 || second.refused != 2 || second.recovered == 0 {
		t.Errorf("the second is judged %s", second)
	}
}
