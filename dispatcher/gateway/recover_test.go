package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/gateway"
)

func TestPanics(t *testing.T) {
	t.Parallel()
	const internal = `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"Internal Server Error"}`
	inDispatch := func(cause any) func(*gateway.Options) {
		return func(o *gateway.Options) {
			o.Dispatch = func(context.Context, callback) result { panic(cause) }
		}
	}
	for name, tc := range map[string]struct {
		configure     func(*gateway.Options)
		before, after string
		logged        string
	}{
		"in Dispatch with a text":   {inDispatch("body: secret"), policyBody, internal, `"err":"panic in the gateway: string"`},
		"in Dispatch with an error": {inDispatch(errors.New("secret")), policyBody, internal, `"err":"panic in the gateway: *errors.errorString"`},
		"in Dispatch by mistake": {func(o *gateway.Options) {
			o.Dispatch = func(_ context.Context, cb callback) result { return result{Failed: cb.Body[len(cb.Body)] == 0} }
		}, policyBody, internal, `index out of range`},
		"in Key": {func(o *gateway.Options) {
			o.Key = func(callback) string { panic("secret") }
		}, policyBody, internal, `"err":"panic in the gateway: string"`},
		"in both": {func(o *gateway.Options) {
			inDispatch("secret")(o)
			o.Decline = func(callback, outcome) (result, bool) { panic("secret") }
		}, internal, internal, `"err":"panic in the gateway: string"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, tc.configure)
			if got := r.post(signedQuery(beforeCommand), "{}"); got.body != tc.before {
				t.Errorf("a decision got %d %s", got.status, got.body)
			}
			if got := r.post(signedQuery(afterCommand), "{}"); got.status != http.StatusInternalServerError || got.body != tc.after {
				t.Errorf("an event got %d %s", got.status, got.body)
			}
			logs := r.logs.String()
			if !strings.Contains(logs, tc.logged) || !strings.Contains(logs, "goroutine") || strings.Contains(logs, "secret") {
				t.Errorf("logged %s", logs)
			}
			lines := 2
			if name == "in both" { // the second panic of each is told of apart
				lines = 4
			}
			if n := strings.Count(logs, "callback not handled"); n != 2 || strings.Count(logs, "\n") != lines {
				t.Errorf("two callbacks have %d lines: %s", n, logs)
			}
			r.wants(2, "switchhook_requests_rejected_total", "reason=internal")
		})
	}
}

func TestAbortIsLeftToTheServer(t *testing.T) {
	t.Parallel()
	r := start(t, func(o *gateway.Options) {
		o.Dispatch = func(context.Context, callback) result { panic(http.ErrAbortHandler) }
	})
	resp, err := r.client.Post("http://"+r.addr+"/?"+signedQuery(afterCommand), "", strings.NewReader("{}"))
	if err == nil {
		_ = resp.Body.Close()
		t.Errorf("answered %d", resp.StatusCode)
	}
}
