package dispatcher

import (
	"fmt"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Bypass answers a before-command without asking any plugin, for a while: an
// operator's brake, for the night when the one that decides does harm. It ends at
// its time exactly, whether a table was built since or not.
type Bypass struct {
	// Command is a command, or a family ("Group.*") of which it answers every
	// before-command that a plugin decides.
	Command string
	// App is the app that it is for; empty means all.
	App string
	// Decision is the answer.
	Decision imevent.Decision
	// Until is when it ends.
	Until time.Time
}

// InForce reports whether the bypass answers at that moment.
func (b Bypass) InForce(now time.Time) bool { return now.Before(b.Until) }

// ParseDecision reads a decision as an operator spells it.
func ParseDecision(text string) (imevent.Decision, error) {
	for _, d := range []imevent.Decision{imevent.Allow, imevent.Deny} {
		if text == d.String() {
			return d, nil
		}
	}
	return imevent.Allow, fmt.Errorf("decision %q is neither allow nor deny", text)
}

// bypass returns the bypass of subject, or nil: the app's own before the one for
// all, and of each the one for the command before that for its family.
func (m *tableMaker) bypass(app App, subject string, contract *imevent.Contract) *Bypass {
	if contract.Phase != imevent.Before {
		return nil
	}
	for _, id := range []string{app.ID, ""} {
		for _, pattern := range patternsOf(subject) {
			for _, b := range m.blueprint.Bypasses {
				if b.App == id && b.Command == pattern {
					return &b
				}
			}
		}
	}
	return nil
}

// names reports whether the bypass is for this command itself. Such a command
// keeps its answer when its plugin takes the claim back.
func (b *Bypass) names(subject string) bool {
	return b != nil && b.Command == subject && exact(subject)
}

// bypassed answers cb without a plugin where an operator wants that now.
func (r *Route) bypassed(cb sdk.Callback) (Result, bool) {
	if r.info.Bypass == nil || !r.info.Bypass.InForce(time.Now()) {
		return Result{}, false
	}
	r.metrics.defaulted.inc(OutcomeBypassed)
	return Result{Reply: r.answerOf(cb, r.info.Bypass.Decision), Outcome: OutcomeBypassed, By: ByBypass}, true
}

// answerOf is the reply that says decision.
func (r *Route) answerOf(cb sdk.Callback, decision imevent.Decision) sdk.Reply {
	if decision == imevent.Deny {
		return r.contract.Refuse(cb)
	}
	return r.contract.Allow(cb)
}
