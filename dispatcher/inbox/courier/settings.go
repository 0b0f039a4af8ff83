package courier

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// Settings are what an operator says of the deliveries. A zero field has the default
// in brackets.
type Settings struct {
	// Memory bounds the bodies that wait in memory for their delivery or are being
	// delivered, with an allowance for what else an event takes [64 MiB]; more than
	// that waits in the store alone. One event always has room.
	Memory int64
	// Retry says how failed deliveries are tried again.
	Retry Retry
	// Deliveries are the words on deliveries, by pattern: a command, the beginning
	// of one with "*" at its end, or "*". The closest counts, field by field.
	Deliveries map[string]Delivery
}

// Retry says how failed deliveries are tried again: at random within a span that
// doubles with each attempt, from a second on.
type Retry struct {
	// MaxAge is how long after its first failed attempt a copy is given up [72 h].
	MaxAge time.Duration
	// MaxBackoff is the longest span [10 min].
	MaxBackoff time.Duration
}

// Delivery says how the copies of a command are delivered to one plugin.
type Delivery struct {
	// MaxInFlight bounds the deliveries under way, of each plugin and command [64].
	MaxInFlight int
	// Timeout bounds one attempt [30 s].
	Timeout time.Duration
	// Order has the events that are about one user or group delivered one after the
	// other [Unordered]. The commands of one pattern that says so form one order. A
	// copy in retry holds up its own user or group alone, unless 10 000 are held up.
	Order Order
}

// Order is what deliveries are told apart by where their order matters.
type Order string

// The orders. The zero Order is not stated.
const (
	Unordered Order = "none"
	ByUser    Order = "user"
	ByGroup   Order = "group"
)

// The defaults of a [Delivery], a [Retry] and of [Settings.Memory].
const (
	DefaultMaxInFlight = 64
	DefaultTimeout     = 30 * time.Second
	DefaultMaxAge      = 72 * time.Hour
	DefaultMaxBackoff  = 10 * time.Minute
	DefaultMemory      = 64 << 20
)

// rule is what the settings say of one command.
type rule struct {
	// line names the line, order says what is told apart in it.
	line    string
	order   Order
	limit   int
	timeout time.Duration
}

// rules are settings, ready to be asked. They are never changed.
type rules struct {
	memory int64
	retry  Retry
	words  map[string]Delivery
	known  sync.Map // command → rule
}

func newRules(s Settings) *rules {
	r := &rules{memory: s.Memory, retry: s.Retry, words: make(map[string]Delivery, len(s.Deliveries))}
	if r.memory <= 0 {
		r.memory = DefaultMemory
	}
	if r.retry.MaxAge <= 0 {
		r.retry.MaxAge = DefaultMaxAge
	}
	if r.retry.MaxBackoff <= 0 {
		r.retry.MaxBackoff = DefaultMaxBackoff
	}
	maps.Copy(r.words, s.Deliveries)
	return r
}

// of returns the rule for a command.
func (r *rules) of(command string) rule {
	if known, ok := r.known.Load(command); ok {
		return known.(rule) //nolint:forcetypeassert // nothing else is put there
	}
	found := r.find(command)
	r.known.Store(command, found)
	return found
}

func (r *rules) find(command string) rule {
	found := rule{line: command, order: Unordered, limit: DefaultMaxInFlight, timeout: DefaultTimeout}
	if pattern, ok := r.closest(command, func(d Delivery) bool { return d.Order != "" }); ok {
		if order := r.words[pattern].Order; order != Unordered {
			found.line, found.order = pattern, order
		}
	}
	// The limit is the line's, so that all commands of an order agree on it.
	if pattern, ok := r.closest(found.line, func(d Delivery) bool { return d.MaxInFlight > 0 }); ok {
		found.limit = r.words[pattern].MaxInFlight
	}
	if pattern, ok := r.closest(command, func(d Delivery) bool { return d.Timeout > 0 }); ok {
		found.timeout = r.words[pattern].Timeout
	}
	return found
}

// closest returns the closest pattern that covers name, a command or a pattern
// itself, among those whose words say something.
func (r *rules) closest(name string, says func(Delivery) bool) (pattern string, ok bool) {
	for p, d := range r.words {
		if says(d) && covers(p, name) && (!ok || closer(p, pattern)) {
			pattern, ok = p, true
		}
	}
	return pattern, ok
}

func covers(pattern, name string) bool {
	head, open := strings.CutSuffix(pattern, "*")
	return pattern == name || open && strings.HasPrefix(name, head)
}

// closer reports whether a names its commands more closely than b; both cover the
// same command.
func closer(a, b string) bool {
	if open := strings.HasSuffix(a, "*"); open != strings.HasSuffix(b, "*") {
		return !open
	}
	return len(a) > len(b)
}
