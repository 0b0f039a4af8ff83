package sdk

import (
	"context"
	"fmt"
	"strings"
)

// Mux routes callbacks to the functions bound with [On] and [Mux.HandleAny] and
// knows what a plugin claims. The zero Mux is ready for use. Bind everything
// before the first callback; afterwards Handle is safe for concurrent use.
type Mux struct {
	exact    map[string]Handler
	families map[string]Handler
	any      Handler
	claims   []*Claim
}

// On binds fn to command c: a callback's body is decoded, fn decides, and its
// answer becomes the reply. It returns the claim, whose Idempotent, Rewrites and
// Timeout may be set before the plugin runs.
//
// On panics when c is already bound, since that is a mistake in the program.
func On[E any, A Answer](m *Mux, c Command[E, A], fn func(ctx context.Context, cb Callback, ev E) (A, error)) *Claim {
	return m.HandleAny(c.Name(), HandlerFunc(func(ctx context.Context, cb Callback) (Reply, error) {
		ev, err := c.Decode(cb.Body)
		if err != nil {
			return Reply{}, err
		}
		answer, err := fn(ctx, cb, ev)
		if err != nil {
			return Reply{}, err
		}
		reply, err := answer.Reply()
		if err != nil {
			return Reply{}, &Fault{Kind: KindBadReply, Err: fmt.Errorf("answer %s: %w", c.Name(), err)}
		}
		return reply, nil
	}))
}

// HandleAny binds h to a pattern: a command, a family ("Group.*") or everything
// ("*"). The most specific binding gets a callback. It returns the claim, as
// [On] does, and panics on an empty or already bound pattern.
func (m *Mux) HandleAny(pattern string, h Handler) *Claim {
	claim := &Claim{Pattern: pattern}
	switch {
	case pattern == "":
		panic("sdk: a handler is bound to no command: the pattern is empty")
	case m.bound(claim):
		panic(fmt.Sprintf("sdk: %s is bound twice", pattern))
	}
	switch claim.Specificity() {
	case SpecificityAny:
		m.any = h
	case SpecificityFamily:
		if m.families == nil {
			m.families = make(map[string]Handler)
		}
		m.families[strings.TrimSuffix(pattern, ".*")] = h
	default:
		if m.exact == nil {
			m.exact = make(map[string]Handler)
		}
		m.exact[pattern] = h
	}
	m.claims = append(m.claims, claim)
	return claim
}

// Handle passes cb to the most specific binding of its command. A command that
// nothing is bound to is an unsupported [Fault].
func (m *Mux) Handle(ctx context.Context, cb Callback) (Reply, error) {
	if h, ok := m.exact[cb.Command]; ok {
		return h.Handle(ctx, cb)
	}
	if family, _, ok := strings.Cut(cb.Command, "."); ok {
		if h, ok := m.families[family]; ok {
			return h.Handle(ctx, cb)
		}
	}
	if m.any != nil {
		return m.any.Handle(ctx, cb)
	}
	return Reply{}, &Fault{Kind: KindUnsupported, Err: fmt.Errorf("no handler for %s", cb.Command)}
}

// Claims returns what the plugin claims, in the order of binding.
func (m *Mux) Claims() []Claim {
	claims := make([]Claim, len(m.claims))
	for i, c := range m.claims {
		claims[i] = *c
	}
	return claims
}

func (m *Mux) bound(claim *Claim) bool {
	for _, c := range m.claims {
		if c.Pattern == claim.Pattern {
			return true
		}
	}
	return false
}
