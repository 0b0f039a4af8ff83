package cli

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/verdict"
)

// callback is a request as Tencent would send it, ready to be posted any number
// of times.
type callback struct {
	url      string // where to, without a query
	app      string
	command  string
	clientIP string
	platform string
	token    string // empty: not signed
	signing  signing
	body     []byte
	invented bool // the body is the least, since no page describes it
	// handlers are the plugins that the running gateway routes it to; nil where
	// that was not asked. unready says of some what keeps them from answering.
	handlers []string
	unready  map[string]string
	// unverified says that a certificate is taken as it is.
	unverified bool
}

// query returns the URL parameters of a request that is sent now.
func (c callback) query(now time.Time) string { return c.parameters(c.signature(now)) }

// parameters returns them in Tencent's order (Webhook Overview, "URL
// parameters"); Sign and RequestTime come last, and only where there is one.
func (c callback) parameters(sum, at string) string {
	var parts []string
	if c.app != "" || c.command != "" { // else it is the console's probe, which has the rest alone
		parts = append(parts, "SdkAppid="+url.QueryEscape(c.app), "CallbackCommand="+url.QueryEscape(c.command), "contenttype=json")
	}
	if c.clientIP != "" {
		parts = append(parts, "ClientIP="+url.QueryEscape(c.clientIP))
	}
	if c.platform != "" {
		parts = append(parts, "OptPlatform="+url.QueryEscape(c.platform))
	}
	if sum != "" {
		parts = append(parts, "Sign="+sum, "RequestTime="+at)
	}
	return strings.Join(parts, "&")
}

// line is the request as it may be shown: whoever sees a Sign can forge
// callbacks for a minute.
func (c callback) line(now time.Time) string {
	sum, at := c.signature(now)
	if sum != "" {
		sum = "***"
	}
	return "POST " + c.url + "?" + c.parameters(sum, at)
}

// maxReply is how much of a reply is read: more than the gateway ever answers.
const maxReply = 16 << 20

// post sends the callback once and waits for the whole reply, at most timeout.
func (c callback) post(ctx context.Context, client *http.Client, timeout time.Duration) verdict.Answer {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	status, body, err := c.exchange(ctx, client, start)
	return verdict.Answer{Status: status, Body: body, Took: time.Since(start), Err: err}
}

func (c callback) exchange(ctx context.Context, client *http.Client, now time.Time) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"?"+c.query(now), bytes.NewReader(c.body))
	if err != nil {
		return 0, nil, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("post callback: %w", withoutURL(err))
	}
	defer func() { _ = resp.Body.Close() }() // read to the end below; nothing is lost
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	if err != nil {
		return resp.StatusCode, nil, fmt.Errorf("read reply: %w", err)
	}
	return resp.StatusCode, body, nil
}

// withoutURL drops the URL that net/http puts into its errors: it holds the Sign.
func withoutURL(err error) error {
	if e, ok := err.(*url.Error); ok { //nolint:errorlint // Do documents this very type, unwrapped.
		return e.Err
	}
	return err
}

// newClient returns a client that behaves like Tencent's: it keeps connections,
// follows no redirect and asks for no compression. Unverified is for the address
// that the admin socket told.
func newClient(connections int, unverified bool) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			MaxIdleConns:        connections,
			MaxIdleConnsPerHost: connections,
			MaxConnsPerHost:     connections,
			DisableCompression:  true,
			TLSClientConfig: &tls.Config{
				InsecureSkipVerify: unverified, //nolint:gosec // True only for the gateway's own address on this machine, told by its own 0600 socket: its certificate names the public host.
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
