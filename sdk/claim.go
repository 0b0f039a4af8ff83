package sdk

import (
	"strings"
	"time"
)

// Claim is a plugin's wish to receive a command, with what the gateway may
// assume of the handler behind it.
type Claim struct {
	// Pattern is a command ("Sns.CallbackBlackListAdd"), a family ("Sns.*") or
	// everything ("*"). The most specific claim on a command wins a decision.
	Pattern string `json:"pattern"`
	// Idempotent says that a second delivery of one callback does no harm. The
	// gateway may then try another process while the deadline lasts.
	Idempotent bool `json:"idempotent,omitempty"`
	// Rewrites says that the answers may change the operation (a new MsgBody).
	// At most one handler of a command may.
	Rewrites bool `json:"rewrites,omitempty"`
	// Decides says that Tencent waits for a verdict. It counts only for an exact
	// claim on a command that the catalogue does not list yet; of the others the
	// gateway knows better.
	Decides bool `json:"decides,omitempty"`
	// Timeout is how long the handler wants at most; zero leaves it to the
	// gateway, which never grants more than Tencent waits for. In JSON it is in
	// nanoseconds.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// Specificity of a claim, from the weakest to the strongest.
const (
	SpecificityAny = iota
	SpecificityFamily
	SpecificityExact
)

// Specificity returns how closely the claim names its commands.
func (c Claim) Specificity() int {
	switch {
	case c.Pattern == "*":
		return SpecificityAny
	case strings.HasSuffix(c.Pattern, ".*"):
		return SpecificityFamily
	default:
		return SpecificityExact
	}
}

// Matches reports whether the claim covers command.
func (c Claim) Matches(command string) bool {
	switch c.Specificity() {
	case SpecificityAny:
		return true
	case SpecificityFamily:
		return strings.HasPrefix(command, strings.TrimSuffix(c.Pattern, "*"))
	default:
		return c.Pattern == command
	}
}
