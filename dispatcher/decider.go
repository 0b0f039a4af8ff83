package dispatcher

// Decider is who a reply comes from: a closed set.
type Decider uint8

// The deciders.
const (
	// ByGateway: the gateway's own fixed reply, where nobody was to decide: the command
	// is unrouted, the event is accepted, or it was not handled.
	ByGateway Decider = iota
	// ByPlugin: the handlers said so, or at least one of them did.
	ByPlugin
	// ByPolicy: no handler had an answer, and the route's on_failure spoke.
	ByPolicy
	// ByBypass: an operator's [Bypass] spoke.
	ByBypass
)

// String returns the decider's name on the command line and in the API.
func (d Decider) String() string {
	names := [...]string{"gateway", "plugin", "policy", "bypass"}
	if int(d) >= len(names) {
		return "unknown"
	}
	return names[d]
}
