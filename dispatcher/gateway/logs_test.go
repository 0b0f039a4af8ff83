package gateway_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

func TestNoSecretIsLogged(t *testing.T) {
	t.Parallel()
	const body = `{"Text":"private words","From_Account":"alice"}`
	var logs strings.Builder
	for _, query := range []string{
		signedQuery(afterCommand), signedQuery(beforeCommand), signedQuery("$CallbackCommand"),
		signedQuery(afterCommand) + "&Sign=x", "Sign=" + docSign + "&RequestTime=1", "%zz" + docSign,
	} {
		r := start(t, func(o *gateway.Options) {
			o.Dispatch = func(_ context.Context, cb callback) result { panic("body " + string(cb.Body)) }
		})
		for _, text := range []string{body, body + body, ""} {
			r.post(query, text)
			r.send(http.MethodGet, "/?"+query, nil, nil)
		}
		logs.WriteString(r.logs.String())
	}
	for _, kind := range []string{"panic in the gateway", "not a command's name"} {
		if !strings.Contains(logs.String(), kind) {
			t.Errorf("%q was not logged, so it was not tested", kind)
		}
	}
	for _, secret := range []string{docToken, nextToken, otherToken, docSign, docSign[:12], docTime, "private", "alice", "From_Account", "203.0.113.7"} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("%q stands in the log: %s", secret, logs.String())
		}
	}
}

func TestConnectionTroubleIsLoggedOnceInAWhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := newCertificate(t, dir, "first")
	r := start(t, func(o *gateway.Options) { o.TLS = files })
	for range 5 {
		conn := r.dial()
		_, _ = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")) // plain text to a TLS port
		_, _ = conn.Read(make([]byte, 1024))
		_ = conn.Close()
	}
	r.eventually("the trouble is logged", func() bool { return strings.Contains(r.logs.String(), "trouble with a connection") })
	if n := strings.Count(r.logs.String(), `"level":"`+slog.LevelWarn.String()); n != 1 {
		t.Errorf("%d lines: %s", n, r.logs)
	}
}
