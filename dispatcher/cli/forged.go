package cli

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/switchhook/switchhook/dispatcher/signature"
	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// signing is how send signs a callback: as Tencent does, or wrongly on purpose.
type signing string

const (
	signGood  signing = "good"  // as Tencent does, where there is a token
	signNone  signing = "none"  // neither Sign nor RequestTime
	signWrong signing = "wrong" // the Sign of a token that nobody has
	signStale signing = "stale" // a true Sign, of staleBy ago
)

// staleBy is beyond the widest window that a gateway can be told to allow.
const staleBy = 2 * time.Hour

// String returns the flag's value.
func (s *signing) String() string { return string(*s) }

// Set takes the flag's value.
func (s *signing) Set(value string) error {
	switch signing(value) {
	case signGood, signNone, signWrong, signStale:
		*s = signing(value)
		return nil
	default:
		return fmt.Errorf("%q is none of good, none, wrong, stale", value)
	}
}

// Type names the value in usage texts.
func (*signing) Type() string { return "good|none|wrong|stale" }

// forged reports whether the request has to be refused.
func (s signing) forged() bool { return s != "" && s != signGood }

// flaw says what is wrong with the Sign.
func (s signing) flaw() string {
	switch s {
	case signNone:
		return "its Sign is missing"
	case signWrong:
		return "its Sign is of another token"
	default:
		return fmt.Sprintf("its RequestTime is %s old", staleBy)
	}
}

// complete reports whether the callback has the token that an app with tokens
// asks for, or has to be refused anyway.
func (c callback) complete() bool { return c.token != "" || c.signing.forged() }

// signature returns Sign and RequestTime; both are empty where the callback is
// not signed.
func (c callback) signature(now time.Time) (sum, at string) {
	token := c.token
	switch c.signing {
	case signNone:
		token = ""
	case signWrong:
		token = rand.Text()
	case signStale:
		now = now.Add(-staleBy)
	case signGood:
	}
	if token == "" {
		return "", ""
	}
	at = strconv.FormatInt(now.Unix(), 10)
	return signature.Sign(token, at), at
}

// judge reads an answer as Tencent would, or, where the callback is forged, as
// whoever guards the endpoint would.
func (c callback) judge(a verdict.Answer) verdict.Verdict {
	if c.signing.forged() {
		return verdict.JudgeForged(a, c.signing.flaw())
	}
	return verdict.Judge(c.judged(), a)
}
