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
	// ModeUnset leaves it to the weaker words, and in the end to the gateway: durable
	// where there is somewhere to store the callback and Tencent does not read the
	// reply, else sync. A route is never unset.
	ModeUnset Mode = iota
	// ModeSync answers once the handlers have.
	ModeSync
	// ModeDurable answers once the callback is stored; handlers follow. It is
	// for after-commands whose reply Tencent does not read.
	ModeDurable
)

// ParseMode reads a mode as the configuration spells it: "sync", "durable", or
// nothing for ModeUnset.
func ParseMode(text string) (Mode, error) {
	for _, m := range []Mode{ModeUnset, ModeSync, ModeDurable} {
		if text == m.String() {
			return m, nil
		}
	}
	return ModeUnset, fmt.Errorf("mode %q is neither sync nor durable", text)
}

// String returns the mode's name in the configuration; it is empty for ModeUnset.
func (m Mode) String() string {
	names := [...]string{"", "sync", "durable"}
	if int(m) >= len(names) {
		return "unknown"
	}
	return names[m]
}
