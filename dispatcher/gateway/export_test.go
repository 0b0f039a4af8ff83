package gateway

import "time"

// Query is what readQuery reads, for tests outside the package.
type Query struct{ App, Command, Sign, RequestTime, ClientIP, Platform string }

// MaxQuery is the longest query string that is read.
const MaxQuery = maxQuery

// MaxDepth is the deepest nesting of a body that is read.
const MaxDepth = maxDepth

// ReadQuery reads a raw query string.
func ReadQuery(raw string) (Query, bool) {
	q, ok := readQuery(raw)
	return Query{App: q.app, Command: q.command, Sign: q.sign, RequestTime: q.requestTime, ClientIP: q.clientIP, Platform: q.platform}, ok
}

// CheckSign returns the label of what is wrong with a Sign, or nothing.
func CheckSign(tokens []string, sign, requestTime string, now time.Time, window time.Duration) string {
	set := newAppSet([]App{{ID: "1", Tokens: tokens}})
	return checkSign(set.tokens, &query{sign: sign, requestTime: requestTime}, now, window, newClockSkew()).String()
}

// Envelopes reads bodies with decoders that it keeps.
type Envelopes struct{ scanners scanners }

// Read returns what is in a body, or the label of what is wrong with it.
func (e *Envelopes) Read(body []byte, command string) (named, agrees bool, problem string) {
	env, rejected := e.scanners.read(body, command)
	return env.named, env.agrees, rejected.String()
}

// NewID returns the ID of a callback received at a time.
func NewID(at time.Time) string { return newID(at) }
