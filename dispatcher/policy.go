package dispatcher

import (
	"fmt"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// Policy is what happens to a before-callback whose decision failed.
type Policy uint8

// The policies.
const (
	// PolicyTencent does what Tencent itself would do without an answer.
	PolicyTencent Policy = iota
	// PolicyAllow lets the operation through; the next handler is still asked.
	PolicyAllow
	// PolicyDeny refuses the operation.
	PolicyDeny
)

// ParsePolicy reads a policy as the configuration spells it: "allow", "deny", or
// nothing for Tencent's own default.
func ParsePolicy(text string) (Policy, error) {
	switch text {
	case "":
		return PolicyTencent, nil
	case "allow":
		return PolicyAllow, nil
	case "deny":
		return PolicyDeny, nil
	default:
		return PolicyTencent, fmt.Errorf("policy %q is neither allow nor deny", text)
	}
}

// decide returns the decision the policy stands for, where tencent is what
// Tencent does by itself.
func (p Policy) decide(tencent imevent.Decision) imevent.Decision {
	switch p {
	case PolicyAllow:
		return imevent.Allow
	case PolicyDeny:
		return imevent.Deny
	default:
		return tencent
	}
}

// Mode is when a callback counts as answered.
type Mode uint8

// The modes.
const (
	// ModeSync answers once the handlers have.
	ModeSync Mode = iota
	// ModeDurable answers once the callback is stored; handlers follow. It is
	// for after-commands whose reply Tencent does not read.
	ModeDurable
)

// String returns the mode's name in the configuration.
func (m Mode) String() string {
	if m == ModeDurable {
		return "durable"
	}
	return "sync"
}
