package courier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/sdk"
)

// An attempt that fails has one line, which says what comes next.
func TestAFailedAttemptHasOneLine(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err  error
		want map[string]any
	}{
		"tried again": {errSick, map[string]any{"level": "WARN", "outcome": "failed", "err": errSick.Error(), "then": "retry"}},
		"lost":        {errLost, map[string]any{"level": "WARN", "outcome": "unavailable", "err": errLost.Error(), "then": "retry"}},
		"not reached": {errDown, map[string]any{"level": "WARN", "outcome": "unavailable", "err": errDown.Error(), "then": "waits"}},
		"given up": {sdk.Permanent(errSick), map[string]any{
			"level": "ERROR", "outcome": "failed", "err": errSick.Error(), "then": "dead_letter", "reason": "permanent",
		}},
		"malformed": {sdk.Malformed(errors.New("no 5555555 here")), map[string]any{
			"level": "ERROR", "outcome": "malformed", "err": "no [redacted] here", "then": "dead_letter", "reason": "malformed",
		}},
		"poison": {errPoison, map[string]any{
			"level": "ERROR", "outcome": "failed", "err": errPoison.Error(), "then": "dead_letter", "reason": "poison",
		}},
		"panicked": {nil, map[string]any{
			"level": "WARN", "outcome": "internal", "err": "panic in the gateway: string", "then": "retry",
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				first := func(_ context.Context, _ string, cb sdk.Callback) error {
					if cb.Attempt > 1 {
						return nil
					}
					if tt.err == nil {
						panic(string(cb.Body))
					}
					return tt.err
				}
				r := newRig(t, nil, first, func(o *courier.Options) { o.Logger = slog.New(slog.NewJSONHandler(&log, nil)) })
				r.start()
				began := time.Now()
				r.accept(cmdA, `{"A":"5555555"}`)
				synctest.Wait()
				text, _, _ := strings.Cut(log.String(), "\n")
				if n := strings.Count(log.String(), "\n"); n != 1 {
					t.Fatalf("it has %d lines: %s", n, &log)
				}
				var got map[string]any
				if err := json.Unmarshal([]byte(text), &got); err != nil {
					t.Fatal(err)
				}
				next, _ := got["next_attempt"].(string)
				if at, err := time.Parse(time.RFC3339Nano, next); tt.want["then"] == "retry" && !at.Equal(began.Add(time.Second/2)) {
					t.Errorf("the next attempt is at %q (%v)", next, err)
				}
				delete(got, "stack")
				if tt.want["then"] == "retry" {
					delete(got, "next_attempt")
				}
				for _, key := range []string{"time", "id"} {
					delete(got, key)
				}
				tt.want["msg"], tt.want["app"], tt.want["command"], tt.want["plugin"], tt.want["attempt"] = "callback not handled", "1400000001", cmdA, "p", 1.0
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
				r.setHandle(ok)
				pass(time.Minute)
				r.close()
			})
		})
	}
}
