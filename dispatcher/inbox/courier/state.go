package courier

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// LineState is what a line is at.
type LineState struct {
	// Line is the plugin and its commands, sorted.
	store.Line
	// Name is the command or the pattern that the line is called by.
	Name string
	// InFlight counts the deliveries under way, Limit says how many may be at the
	// moment, and Max how many at most.
	InFlight, Limit, Max int
	// Memory is how many bytes it takes of [Settings.Memory].
	Memory int64
	// Behind says that it reads from the store.
	Behind bool
	// Why says what keeps it from delivering, and Until when it tries again by
	// itself; empty and zero where nothing does.
	Why   string
	Until time.Time
	// RetryAt is when the earliest failed copy is tried again, and in an ordered line
	// what it holds up goes on; zero where none is known of.
	RetryAt time.Time
	// LastError is the text of the latest failure.
	LastError string
}

// Lines returns the state of every line, sorted by plugin and name.
func (c *Courier) Lines() []LineState {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []LineState
	for l := range c.lines() {
		all = append(all, c.state(l))
	}
	slices.SortFunc(all, func(a, b LineState) int {
		return cmp.Or(cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (c *Courier) state(l *line) LineState {
	s := LineState{
		Line: store.Line{Plugin: l.plugin.name, Commands: slices.Sorted(maps.Keys(l.commands))},
		Name: l.name, InFlight: l.inFlight, Limit: l.window.size, Max: l.window.limit,
		Memory: l.used, Behind: l.feed.behind, LastError: l.lastError,
	}
	_, s.RetryAt = l.wakeAt()
	switch unserved := l.unserved(); {
	case unserved != "":
		s.Why = unserved
	case c.held:
		s.Why = "what deliveries lead to cannot be written down"
	case time.Now().Before(l.until):
		s.Why, s.Until = l.why, l.until
	case l.feed.lastProblem != "":
		s.Why, s.Until = l.feed.lastProblem, l.feed.again
	case !l.first():
		s.Why = "deliveries that began before the settings changed are not over"
	case l.full():
		s.Why = fmt.Sprintf("copies in retry hold up %d users or groups, and others wait until one of these is free", l.keys.held)
	}
	return s
}

// unserved says why one of the line's commands cannot be delivered, the first by name.
func (l *line) unserved() string {
	for _, name := range slices.Sorted(maps.Keys(l.commands)) {
		if why := l.commands[name].why; why != "" {
			return why
		}
	}
	return ""
}
