package sender

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"time"

	"github.com/switchhook/switchhook/dispatcher/signature"
	"github.com/switchhook/switchhook/dispatcher/verdict"
	"github.com/switchhook/switchhook/sdk"
)

// Signing is how a callback is signed: as Tencent does, or wrongly on purpose.
type Signing string

// The ways to sign.
const (
	// Good is as Tencent does, where there is a token.
	Good Signing = "good"
	// None has neither Sign nor RequestTime.
	None Signing = "none"
	// Wrong has the Sign of a token that nobody has.
	Wrong Signing = "wrong"
	// Stale has a true Sign, of two hours ago.
	Stale Signing = "stale"
)

// staleBy is beyond the widest window that a gateway can be told to allow.
const staleBy = 2 * time.Hour

// String returns the flag's value.
func (s *Signing) String() string { return string(*s) }

// Set takes the flag's value.
func (s *Signing) Set(value string) error {
	switch Signing(value) {
	case Good, None, Wrong, Stale:
		*s = Signing(value)
		return nil
	default:
		return fmt.Errorf("%q is none of good, none, wrong, stale", value)
	}
}

// Type names the value in usage texts.
func (*Signing) Type() string { return "good|none|wrong|stale" }

// Forged reports whether the request has to be refused.
func (s Signing) Forged() bool { return s != "" && s != Good }

// Flaw says what is wrong with the Sign, as in "its Sign is missing".
func (s Signing) Flaw() string {
	switch s {
	case None:
		return "its Sign is missing"
	case Wrong:
		return "its Sign is of another token"
	default:
		return fmt.Sprintf("its RequestTime is %s old", staleBy)
	}
}

// Complete reports whether the callback has the token that an app with tokens
// asks for, or has to be refused anyway.
func (c Callback) Complete() bool { return c.Token != "" || c.Signing.Forged() }

// signature returns Sign and RequestTime; both are empty where the callback is
// not signed.
func (c Callback) signature(now time.Time) (sum, at string) {
	token := c.Token
	switch c.Signing {
	case None:
		token = ""
	case Wrong:
		token = rand.Text()
	case Stale:
		now = now.Add(-staleBy)
	case Good:
	}
	if token == "" {
		return "", ""
	}
	at = strconv.FormatInt(now.Unix(), 10)
	return signature.Sign(token, at), at
}

// Judge reads an answer as Tencent would, or, where the callback is forged, as
// whoever guards the endpoint would.
func (c Callback) Judge(a verdict.Answer) verdict.Verdict {
	if c.Signing.Forged() {
		return verdict.JudgeForged(a, c.Signing.Flaw())
	}
	return verdict.Judge(sdk.Callback{
		Command: c.Command, AppID: c.App, ClientIP: c.ClientIP, Platform: c.Platform, Body: c.Body,
	}, a)
}
