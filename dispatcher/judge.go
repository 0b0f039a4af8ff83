package dispatcher

import (
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Judge returns what one attempt at a plugin counts as, by its reply or its error, for
// those who look at attempts from outside. It sees the attempt alone: that another
// plugin has rewritten the same operation before makes a bad reply that only the
// callback's own outcome tells of.
func Judge(cb sdk.Callback, reply sdk.Reply, err error) Outcome {
	if err != nil {
		return outcomeOf(err)
	}
	contract := imevent.ContractOf(cb.Command)
	if err := inspect(contract, cb, reply, true); err != nil {
		return outcomeOf(err)
	}
	if refused, partial := contract.Refuses(cb, reply); !plain(reply) && (refused || partial) {
		return OutcomeRejected
	}
	return OutcomeOK
}
