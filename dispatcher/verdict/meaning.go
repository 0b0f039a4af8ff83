package verdict

import (
	"fmt"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/report"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Effect is what a reply does, as one word: a closed set.
type Effect string

// The effects of a reply.
const (
	// EffectAllowed: the operation goes on; a message is delivered.
	EffectAllowed Effect = "allowed"
	// EffectRewritten: it goes on, changed by the reply.
	EffectRewritten Effect = "rewritten"
	// EffectRefused: it does not go on, and the user is told.
	EffectRefused Effect = "refused"
	// EffectPartlyRefused: it goes on without some of its targets.
	EffectPartlyRefused Effect = "partly_refused"
	// EffectDropped: the message is not delivered, and its sender sees success.
	EffectDropped Effect = "dropped"
	// EffectAcknowledged: the event has happened anyway; Tencent knows that it
	// arrived.
	EffectAcknowledged Effect = "acknowledged"
	// EffectDefaulted: there is no usable reply, and Tencent does to the
	// operation what it does without one.
	EffectDefaulted Effect = "defaulted"
	// EffectLost: there is no usable reply to an event; it is not sent again.
	EffectLost Effect = "lost"
	// EffectUnknown: the command is not one of Tencent's documented ones, or a
	// forged request was neither refused nor answered.
	EffectUnknown Effect = "unknown"
	// EffectTurnedAway: a forged request was refused, as it should be, or at least
	// in the body.
	EffectTurnedAway Effect = "turned_away"
	// EffectLetIn: a forged request was answered as if it were Tencent's.
	EffectLetIn Effect = "let_in"
)

// answered says what a reply without flaws does.
func answered(c *imevent.Contract, cb sdk.Callback, r sdk.Reply) (Effect, string) {
	if c.Phase == imevent.After {
		return acknowledged(c, r)
	}
	refused, partial := c.Refuses(cb, r)
	switch {
	case partial:
		return EffectPartlyRefused, subject(c) + " would be REFUSED for some of its targets and ALLOWED for the others: " + perTarget(r)
	case c.Drops(r):
		return EffectDropped, subject(c) + " would be DROPPED SILENTLY; its sender sees success"
	case refused:
		return EffectRefused, subject(c) + " would be " + refusal(c, r)
	case c.Rewrites(r):
		return EffectRewritten, subject(c) + " would be " + passed(c) + ", REWRITTEN by the reply" + extras(r)
	default:
		return EffectAllowed, subject(c) + " would be " + passed(c) + afterwards(c)
	}
}

func acknowledged(c *imevent.Contract, r sdk.Reply) (Effect, string) {
	switch {
	case c.ReadsReply && r.Code != 0:
		return EffectAcknowledged, "event acknowledged, WITHOUT AN ANSWER; Tencent would read one here"
	case c.ReadsReply:
		return EffectAcknowledged, "event acknowledged; Tencent reads this reply and acts on it" + extras(r)
	default:
		return EffectAcknowledged, "event acknowledged; Tencent reads nothing more of the reply"
	}
}

// subject names what the decision is about.
func subject(c *imevent.Contract) string {
	if c.Drop { // only messages can be dropped
		return "message"
	}
	switch c.Command {
	case "Group.CallbackBeforeApplyJoinGroup":
		return "request to join the group"
	case "Group.CallbackBeforeCreateGroup":
		return "group creation"
	case "Group.CallbackBeforeCreateTopic":
		return "topic creation"
	case "Group.CallbackBeforeInviteJoinGroup":
		return "invitation"
	case "Live.CallbackBeforeSendGift":
		return "gift"
	case "OfficialAccount.CallbackBeforeAddSubscriber":
		return "subscription"
	case "OfficialAccount.CallbackBeforeCreateOfficialAccount":
		return "official channel creation"
	case "Sns.CallbackPrevFriendAdd":
		return "friend request"
	case "Sns.CallbackPrevFriendResponse":
		return "answer to a friend request"
	default:
		return "operation"
	}
}

func passed(c *imevent.Contract) string {
	if c.Drop {
		return "DELIVERED"
	}
	return "ALLOWED"
}

// afterwards says where a decision that allows is not the last one.
func afterwards(c *imevent.Contract) string {
	if c.Command == "Group.CallbackBeforeApplyJoinGroup" {
		return "; an administrator of the group may still have to approve it"
	}
	return ""
}

func refusal(c *imevent.Contract, r sdk.Reply) string {
	word := "REFUSED"
	if c.Drop {
		word = "REJECTED"
	}
	switch {
	case r.Code == 0: // each target has its own code
		return word + " for every target: " + perTarget(r)
	case c.Codes.Contains(r.Code):
		return fmt.Sprintf("%s with %d, and the client is told %q", word, r.Code, report.Clip(r.Info))
	case c.ClientCode != 0:
		word = fmt.Sprintf("%s; the client gets Tencent's own code %d", word, c.ClientCode)
	default:
		word = fmt.Sprintf("%s with code %d", word, r.Code)
	}
	if r.Info != "" && c.Codes != (imevent.CodeRange{}) {
		word += fmt.Sprintf("; only the codes from %d to %d carry your text to it", c.Codes.Lowest, c.Codes.Highest)
	}
	return word
}

// extras shows the keys that go beyond the standard ones.
func extras(r sdk.Reply) string {
	if len(r.Extra) == 0 {
		return ""
	}
	return ": " + report.Clip(string(r.Extra))
}

// unanswered says what Tencent does when it finds no usable reply.
func unanswered(c *imevent.Contract) (Effect, string) {
	switch {
	case c.Phase == imevent.After && c.ReadsReply:
		return EffectLost, "event NOT ANSWERED, where Tencent would read an answer; by default it does not ask again"
	case c.Phase == imevent.After:
		return EffectLost, "event NOT ACKNOWLEDGED; by default Tencent does not send it again"
	case c.OnFailure == imevent.Deny:
		return EffectDefaulted, subject(c) + " would be REFUSED: that is what Tencent does without a usable reply"
	default:
		return EffectDefaulted, subject(c) + " would be " + passed(c) + ": that is Tencent's default without a usable reply (" + otherwise(c) + ")"
	}
}

// otherwise says what else the console can be set to.
func otherwise(c *imevent.Contract) string {
	if c.Drop {
		return "the console may be set to refuse, error 80003"
	}
	return "the console may be set to refuse"
}

// unlisted says what little is known of a command without a row.
func unlisted(r sdk.Reply, flaws []Flaw) string {
	if len(flaws) > 0 {
		return "NO USABLE REPLY; what Tencent does then is not documented for this command"
	}
	word := strings.TrimSpace(fmt.Sprintf("code %d %s", r.Code, r.Info))
	return "well-formed reply (" + word + "); what it means is not documented for this command"
}
