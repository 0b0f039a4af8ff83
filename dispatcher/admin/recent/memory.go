package recent

import (
	"strings"
	"unicode/utf8"

	"github.com/switchhook/switchhook/sdk/imevent"
)

const (
	// MaxSize is the largest size of a [Memory].
	MaxSize = 100_000
	// stepsEach is how many steps are kept for each callback, on average.
	stepsEach = 2
	// longestText bounds a text, in bytes.
	longestText = 256
)

// Memory remembers the latest callbacks. It is safe for concurrent use. A nil Memory
// remembers nothing.
type Memory struct {
	callbacks ring[Callback]
	steps     ring[Step]
}

// New returns a memory of size callbacks, at most [MaxSize]; nil where size is below 1.
func New(size int) *Memory {
	if size < 1 {
		return nil
	}
	size = min(size, MaxSize)
	m := &Memory{}
	m.callbacks.slots = make([]slot[Callback], size)
	m.steps.slots = make([]slot[Step], stepsEach*size)
	return m
}

// Answered remembers a callback. Its Command may be a part of a longer text, which is not
// held on to; its other strings are kept as they are.
func (m *Memory) Answered(c Callback) {
	if m == nil {
		return
	}
	c.Command = detached(c.Command)
	m.callbacks.put(&c)
}

// Happened remembers a step. Of a long error the beginning is kept.
func (m *Memory) Happened(s Step) {
	if m == nil {
		return
	}
	s.Error = shortened(s.Error)
	m.steps.put(&s)
}

// ByID returns the callback with that id.
func (m *Memory) ByID(id string) (found Callback, ok bool) {
	m.each(func(_ uint64, c *Callback) bool {
		if ok = c.ID == id; ok {
			found = *c
		}
		return !ok
	})
	return found, ok
}

// Match is a callback and its place in the memory: a later one has a higher Turn.
type Match struct {
	Turn     uint64
	Callback Callback
}

// Where returns the callbacks with that key, the latest first, at most limit of them, and
// only those before the turn; 0 for all.
func (m *Memory) Where(key string, before uint64, limit int) (matches []Match) {
	m.each(func(turn uint64, c *Callback) bool {
		if c.Key == key && (before == 0 || turn < before) {
			matches = append(matches, Match{turn, *c})
		}
		return len(matches) < limit
	})
	return matches
}

// Steps returns what happened to the callbacks with these ids, the earliest first.
func (m *Memory) Steps(ids []string) map[string][]Step {
	steps := make(map[string][]Step, len(ids))
	if m == nil {
		return steps
	}
	for _, id := range ids {
		steps[id] = nil
	}
	m.steps.newest(func(_ uint64, s *Step) bool {
		if list, wanted := steps[s.ID]; wanted {
			steps[s.ID] = append(list, *s)
		}
		return true
	})
	for id, list := range steps {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
		steps[id] = list
	}
	return steps
}

// Reach says how far back the memory goes.
func (m *Memory) Reach() (r Reach) {
	if m == nil {
		return r
	}
	r.Size = len(m.callbacks.slots)
	m.each(func(_ uint64, c *Callback) bool {
		r.Callbacks++
		if r.Since.IsZero() || c.ReceivedAt.Before(r.Since) {
			r.Since = c.ReceivedAt
		}
		return true
	})
	return r
}

func (m *Memory) each(look func(uint64, *Callback) bool) {
	if m != nil {
		m.callbacks.newest(look)
	}
}

// detached returns a command without the query it may be a part of, whose Sign would be
// remembered with it.
func detached(command string) string {
	if row, listed := imevent.Spec(command); listed {
		return row.Command
	}
	return strings.Clone(command)
}

// shortened returns as much of a text as is kept, in memory of its own.
func shortened(text string) string {
	if len(text) > longestText {
		cut := longestText
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		return text[:cut] + "…"
	}
	return strings.Clone(text)
}
