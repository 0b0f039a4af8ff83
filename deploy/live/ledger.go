package live

import (
	"slices"
	"sync"
	"time"
)

// Ledger is what was sent to the gateway, by what must have become of it.
type Ledger struct {
	mu     sync.Mutex
	counts map[Entry]int
	took   []time.Duration
}

// Entry is what a Ledger counts.
type Entry struct {
	// Of is what the entry is about: callbacks, auth (failures), rejected
	// (requests), forged, duplicates, probes, mismatches, kills or dead (letters).
	Of string
	// Command and Outcome are of callbacks; a reason or a plugin of the others
	// stands in Outcome.
	Command, Outcome string
}

func newLedger() *Ledger { return &Ledger{counts: map[Entry]int{}} }

func (l *Ledger) add(e Entry, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[e]++
	if took > 0 {
		l.took = append(l.took, took)
	}
}

// Count returns how much was sent of what fits an entry; an empty field fits all.
func (l *Ledger) Count(like Entry) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e, count := range l.counts {
		if e.Of == like.Of && (like.Command == "" || e.Command == like.Command) && (like.Outcome == "" || e.Outcome == like.Outcome) {
			n += count
		}
	}
	return n
}

// Outcomes returns the callbacks of a command, or of all where it is empty, by
// outcome.
func (l *Ledger) Outcomes(command string) map[string]int {
	return l.group(command, func(e Entry) string { return e.Outcome })
}

// Commands returns the callbacks by command.
func (l *Ledger) Commands() map[string]int {
	return l.group("", func(e Entry) string { return e.Command })
}

func (l *Ledger) group(command string, by func(Entry) string) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]int{}
	for e, count := range l.counts {
		if e.Of == "callbacks" && (command == "" || e.Command == command) {
			all[by(e)] += count
		}
	}
	return all
}

// Quantile returns the time that so many of the callbacks took at most, as
// whoever sent them saw it.
func (l *Ledger) Quantile(q float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.took)
	return l.took[int(q*float64(len(l.took)-1))]
}

// Reasons returns what was sent of a kind other than callbacks, by reason.
func (l *Ledger) Reasons(of string) map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]int{}
	for e, count := range l.counts {
		if e.Of == of {
			all[e.Outcome] += count
		}
	}
	return all
}
