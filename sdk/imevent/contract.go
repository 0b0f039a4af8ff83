package imevent

// Phase says on which side of the operation a callback is sent.
type Phase uint8

// The phases of a callback.
const (
	// After reports what has happened. Tencent by default never retries it.
	After Phase = iota
	// Before asks for a decision. Tencent waits 2 s for it and never retries.
	Before
)

// String returns "after" or "before".
func (p Phase) String() string {
	if p == Before {
		return "before"
	}
	return "after"
}

// Decision is what becomes of an operation.
type Decision uint8

// The decisions.
const (
	// Allow lets the operation through.
	Allow Decision = iota
	// Deny stops it.
	Deny
)

// String returns "allow" or "deny".
func (d Decision) String() string {
	if d == Deny {
		return "deny"
	}
	return "allow"
}

// Product says whose callback a command is.
type Product uint8

// The products that post to one callback URL.
const (
	// Chat is Tencent Cloud Chat itself.
	Chat Product = iota
	// Adjacent is LiveKit or RoomKit, which share Chat's envelope and Sign.
	Adjacent
)

// String returns "chat" or "adjacent".
func (p Product) String() string {
	if p == Adjacent {
		return "adjacent"
	}
	return "chat"
}

// CodeRange is a range of refusal codes, both ends included. The zero CodeRange
// means that none is documented.
type CodeRange struct{ Lowest, Highest int }

// Contains reports whether code lies in the range; in the zero range lies none.
func (r CodeRange) Contains(code int) bool {
	return r != CodeRange{} && r.Lowest <= code && code <= r.Highest
}

// Contract is one command's row: what Tencent documents about it. A Contract is
// shared by everybody who asked [Spec] for it and must not be changed.
type Contract struct {
	// Command is the name in the URL, such as "Sns.CallbackBlackListAdd".
	Command string
	// Title says in a few words when Tencent sends it.
	Title string
	// Doc is the URL of Tencent's page.
	Doc string
	// Family is the part of the name before the dot, such as "Sns".
	Family string
	// Product says whether the command is Chat's own.
	Product Product
	// Phase says whether Tencent waits for a decision.
	Phase Phase
	// Batch is true when the body is a list of Events, each naming the command.
	Batch bool
	// NameOnly is true when no page describes the body.
	NameOnly bool
	// ReadsReply is true when Tencent uses more of the reply than its arrival:
	// for every before-command, and for Chatbot.OnC2CSignalMessage.
	ReadsReply bool
	// OnFailure is what Tencent itself does when the reply to a before-command is
	// late, missing or unreadable.
	OnFailure Decision
	// Codes are the refusals that carry ErrorInfo to the user's client. For the
	// commands answered per target they are values of ResultCode.
	Codes CodeRange
	// ClientCode is the error that the user's client sees after code 1; zero
	// where the page does not say.
	ClientCode int
	// Drop is true when code 2 drops the message while its sender sees success.
	Drop bool
	// ReplyKeys are the top-level keys that Tencent reads besides ActionStatus,
	// ErrorCode and ErrorInfo.
	ReplyKeys []string
	// RequiredKeys are those of ReplyKeys that a reply with code 0 must have.
	RequiredKeys []string

	refuse  refusal // how a refusal is said
	targets targets // whom the body asks about, where some may be refused
	key     keying  // what tells two occurrences apart
	open    bool    // nothing is documented: check the reply's form alone
}
