package dispatcher

import (
	"context"
	"errors"

	"github.com/switchhook/switchhook/sdk"
)

// Outcome is what became of a callback, or of one delivery of it: a closed set,
// and the label that logs and metrics use.
type Outcome uint8

// The outcomes.
const (
	// OutcomeOK: every handler answered, and nothing was refused.
	OutcomeOK Outcome = iota
	// OutcomeRejected: a handler refused the operation, which is its right.
	OutcomeRejected
	// OutcomeFailed: a handler could not do its work.
	OutcomeFailed
	// OutcomeMalformed: the body is not what the command promises.
	OutcomeMalformed
	// OutcomeTimeout: the answer did not come in time.
	OutcomeTimeout
	// OutcomeUnavailable: no process of the plugin could be reached.
	OutcomeUnavailable
	// OutcomeOverloaded: a limit on callbacks under way was reached.
	OutcomeOverloaded
	// OutcomeBadReply: a handler answered something that Tencent would misread.
	OutcomeBadReply
	// OutcomeUnrouted: no plugin claims the command.
	OutcomeUnrouted
	// OutcomeAccepted: the callback was stored durably and will be delivered.
	OutcomeAccepted
	// OutcomeInternal: the gateway itself is at fault.
	OutcomeInternal
	// OutcomeBypassed: an operator's [Bypass] answered, and no plugin was asked.
	OutcomeBypassed

	outcomes // the number of outcomes
)

// String returns the outcome's label.
func (o Outcome) String() string {
	names := [...]string{
		"ok", "rejected", "failed", "malformed", "timeout", "unavailable",
		"overloaded", "bad_reply", "unrouted", "accepted", "internal", "bypassed",
	}
	if int(o) >= len(names) {
		return "unknown"
	}
	return names[o]
}

// Outcomes returns every outcome, for those who list or pre-create them.
func Outcomes() []Outcome {
	all := make([]Outcome, outcomes)
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// Failed reports whether the outcome leaves a decision untaken or work undone.
func (o Outcome) Failed() bool {
	switch o {
	case OutcomeOK, OutcomeRejected, OutcomeUnrouted, OutcomeAccepted:
		return false
	default:
		return true
	}
}

// outcomeOf returns the outcome of an attempt that ended in err. A caller that
// hung up counts as a timeout: Tencent stopped waiting.
func outcomeOf(err error) Outcome {
	if errors.Is(err, context.Canceled) {
		return OutcomeTimeout
	}
	if errors.Is(err, errPanicked) {
		return OutcomeInternal
	}
	switch sdk.KindOf(err) {
	case sdk.KindMalformed:
		return OutcomeMalformed
	case sdk.KindOverloaded:
		return OutcomeOverloaded
	case sdk.KindUnavailable:
		return OutcomeUnavailable
	case sdk.KindTimeout:
		return OutcomeTimeout
	case sdk.KindBadReply:
		return OutcomeBadReply
	default: // failed, permanent and unsupported are the handler's own failures
		return OutcomeFailed
	}
}
