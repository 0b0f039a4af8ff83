package dispatcher

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// outcomeCounters are the children of one label set, an outcome each. Those that
// can happen stand at 0 from the start; the others would be a third of all series,
// and for ever 0.
type outcomeCounters struct {
	made   [outcomes]prometheus.Counter
	family *prometheus.CounterVec
	labels []string // without the outcome
}

func countOutcomes(family *prometheus.CounterVec, may func(Outcome) bool, labels ...string) outcomeCounters {
	c := outcomeCounters{family: family, labels: labels}
	for _, o := range Outcomes() {
		if may(o) {
			c.made[o] = c.of(o)
		}
	}
	return c
}

// inc counts one. What was not foreseen is counted all the same, at the price of a
// look-up.
func (c *outcomeCounters) inc(o Outcome) {
	if counter := c.made[o]; counter != nil {
		counter.Inc()
		return
	}
	c.of(o).Inc()
}

func (c *outcomeCounters) of(o Outcome) prometheus.Counter { //nolint:ireturn // client_golang has no other name for it
	return c.family.WithLabelValues(append(slices.Clone(c.labels), o.String())...)
}

// ofCallback reports whether a callback of the contract, answered in that mode, can
// come to o.
func (o Outcome) ofCallback(contract *imevent.Contract, mode Mode) bool {
	switch o {
	case OutcomeUnrouted: // it has no route, and so no label of its own
		return false
	case OutcomeAccepted:
		return mode == ModeDurable
	case OutcomeOK, OutcomeFailed, OutcomeBadReply: // a plugin's word, which a stored callback does not wait for
		return mode != ModeDurable
	case OutcomeRejected, OutcomeBypassed:
		return contract.Phase == imevent.Before
	default:
		return true
	}
}

// ofAttempt reports whether one attempt at a plugin can come to o.
func (o Outcome) ofAttempt(contract *imevent.Contract) bool {
	switch o {
	case OutcomeUnrouted, OutcomeAccepted, OutcomeBypassed:
		return false
	case OutcomeRejected:
		return contract.Phase == imevent.Before
	default:
		return true
	}
}
