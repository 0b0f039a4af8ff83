package sender

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// Callback is a request as Tencent would send it, ready to be posted any number
// of times, from several goroutines at once.
type Callback struct {
	// URL is where to, without a query.
	URL string
	// App and Command name whose callback it is and which. Without both it is the
	// console's probe.
	App, Command string
	// ClientIP and Platform are of the user who caused it; empty leaves them out.
	ClientIP, Platform string
	// Token is what to sign with; without one nothing is signed.
	Token string
	// Signing says how the token is used; empty is [Good].
	Signing Signing
	// Body is posted as it is.
	Body []byte
}

// query returns the URL parameters of a request that is sent now.
func (c Callback) query(now time.Time) string { return c.parameters(c.signature(now)) }

// parameters returns them in Tencent's order (Webhook Overview, "URL
// parameters"); Sign and RequestTime come last, and only where there is one.
func (c Callback) parameters(sum, at string) string {
	var parts []string
	if c.App != "" || c.Command != "" { // else it is the console's probe, which has the rest alone
		parts = append(parts, "SdkAppid="+url.QueryEscape(c.App), "CallbackCommand="+url.QueryEscape(c.Command), "contenttype=json")
	}
	if c.ClientIP != "" {
		parts = append(parts, "ClientIP="+url.QueryEscape(c.ClientIP))
	}
	if c.Platform != "" {
		parts = append(parts, "OptPlatform="+url.QueryEscape(c.Platform))
	}
	if sum != "" {
		parts = append(parts, "Sign="+sum, "RequestTime="+at)
	}
	return strings.Join(parts, "&")
}

// Line is the request as it may be shown: with asterisks for the Sign.
func (c Callback) Line(now time.Time) string {
	sum, at := c.signature(now)
	if sum != "" {
		sum = "***"
	}
	return "POST " + c.URL + "?" + c.parameters(sum, at)
}

// maxReply is how much of a reply is read: more than the gateway ever answers.
const maxReply = 16 << 20

// Post sends the callback once and waits for the whole reply, at most timeout.
func (c Callback) Post(ctx context.Context, client *http.Client, timeout time.Duration) verdict.Answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	answer := c.exchange(ctx, client, start)
	answer.Took = time.Since(start)
	return answer
}

// idHeader is how a gateway of the house tells a callback's id.
const idHeader = "Switchhook-Callback-Id"

func (c Callback) exchange(ctx context.Context, client *http.Client, now time.Time) verdict.Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+"?"+c.query(now), bytes.NewReader(c.Body))
	if err != nil {
		return verdict.Answer{Err: fmt.Errorf("make request: %w", err)}
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return verdict.Answer{Err: fmt.Errorf("post callback: %w", withoutURL(err))}
	}
	defer func() { _ = resp.Body.Close() }() // read to the end below; nothing is lost
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return verdict.Answer{Status: resp.StatusCode, Err: fmt.Errorf("read reply: %w", err)}
	}
	return verdict.Answer{Status: resp.StatusCode, Body: body, ID: resp.Header.Get(idHeader)}
}

// withoutURL drops the URL that net/http puts into its errors: it holds the Sign.
func withoutURL(err error) error {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // Do documents this very type, unwrapped.
		return e.Err
	}
	return err
}
