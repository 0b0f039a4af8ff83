package imevent

import (
	"encoding/json"

	"github.com/switchhook/switchhook/sdk"
)

// refusal is how a command is refused.
type refusal uint8

const (
	// refuseNothing: there is nothing to refuse after the fact.
	refuseNothing refusal = iota
	// refuseWithCode: ErrorCode is the verdict.
	refuseWithCode
	// refusePerTarget: ErrorCode is 0, and one ResultItem per target of the body
	// is the verdict, since Tencent lets every target through on any other code.
	refusePerTarget
)

const (
	codeRefuse = 1 // refuses, and the client sees the family's own error
	codeDrop   = 2 // drops silently, where a command has it

	refusedText = "This is not allowed right now." // reaches the user's client
)

// Refuse returns the reply that stops the operation of cb: the command's lowest
// custom code, since only those carry a text to the user, or code 1 where none is
// documented. For an after-command it is a plain OK, since nothing can be
// stopped; for Chatbot.OnC2CSignalMessage it is code 1, "no answer".
//
// The Sns.CallbackPrev commands are refused by one ResultItem per target of the
// body. When the body is unreadable there is nobody to name; the reply then has
// an empty ResultItem, the only form that does not ask Tencent to let all pass.
func (c *Contract) Refuse(cb sdk.Callback) sdk.Reply {
	switch c.refuse {
	case refuseWithCode:
		return sdk.Reply{Code: c.refusalCode(), Info: refusedText}
	case refusePerTarget:
		accounts, _ := c.targets.read(cb.Body)
		return resultsReply(resultsFor(accounts, c.refusalCode(), refusedText))
	case refuseNothing:
	}
	return sdk.Reply{}
}

// refusalCode is the code that carries a text to the user, where there is one.
func (c *Contract) refusalCode() int {
	if c.Codes == (CodeRange{}) {
		return codeRefuse
	}
	return c.Codes.Lowest
}

// Allow returns the reply that changes nothing: a plain OK for nearly all
// commands, a ResultItem of code 0 per target of the body for the
// Sns.CallbackPrev commands, and for Chatbot.OnC2CSignalMessage code 1, since a 0
// would have to bring an answer along.
func (c *Contract) Allow(cb sdk.Callback) sdk.Reply {
	switch {
	case c.refuse == refusePerTarget:
		accounts, _ := c.targets.read(cb.Body)
		return resultsReply(resultsFor(accounts, 0, ""))
	case len(c.RequiredKeys) > 0:
		return sdk.Reply{Code: codeRefuse}
	default:
		return sdk.Reply{}
	}
}

// Refuses reports whether r, a reply to cb that has passed Check, stops the
// operation: for every target (refused, which ends a chain of handlers) or for
// some of them (partial, which merges with what later handlers say). At most one
// of the two is true. A silent drop is a refusal; nothing that is said of an
// after-command is.
func (c *Contract) Refuses(cb sdk.Callback, r sdk.Reply) (refused, partial bool) {
	if c.Phase != Before {
		return false, false
	}
	if c.refuse != refusePerTarget && r.Code != 0 {
		return true, false
	}
	if len(r.Extra) == 0 || !c.targets.any() {
		return false, false
	}
	out := c.refusedBy(r)
	if accounts, readable := c.targets.read(cb.Body); readable {
		return share(accounts, out)
	}
	if c.refuse == refusePerTarget {
		// Nobody is known: what Refuse says then, and nothing else, is a refusal.
		results, _ := resultsIn(r.Extra)
		refused = len(out) == len(results)
		return refused, !refused && len(out) > 0
	}
	return false, len(out) > 0
}

// Drops reports whether r stops a message while its sender sees success, a refusal
// that few commands have.
func (c *Contract) Drops(r sdk.Reply) bool { return c.Drop && r.Code == codeDrop }

// share reports whether all of the accounts are out, or some of them. A refusal of
// anybody else keeps nobody out.
func share(accounts []string, out map[string]bool) (all, some bool) {
	n := 0
	for _, account := range accounts {
		if out[account] {
			n++
		}
	}
	return n > 0 && n == len(accounts), 0 < n && n < len(accounts)
}

// refusedBy returns the accounts that r refuses one by one.
func (c *Contract) refusedBy(r sdk.Reply) map[string]bool {
	out := make(map[string]bool)
	if c.refuse == refusePerTarget {
		results, _ := resultsIn(r.Extra)
		for _, item := range results {
			if item.Code != 0 {
				out[item.Account] = true
			}
		}
		return out
	}
	for _, key := range c.ReplyKeys {
		var accounts []string
		if raw, ok := lookup(r.Extra, key); ok && json.Unmarshal(raw, &accounts) == nil {
			for _, account := range accounts {
				out[account] = true
			}
		}
	}
	return out
}
