package dispatcher_test

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

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// logOf returns a logger at the level of debug, and what it has written of a callback
// so far, a map each.
func logOf(t *testing.T) (*slog.Logger, func(id string) []map[string]any) {
	t.Helper()
	var text bytes.Buffer
	return slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug})), func(id string) (all []map[string]any) {
		t.Helper()
		for line := range bytes.Lines(text.Bytes()) {
			var record map[string]any
			if err := json.Unmarshal(line, &record); err != nil {
				t.Fatal(err)
			}
			if record["id"] == id {
				delete(record, "time")
				all = append(all, record)
			}
		}
		return all
	}
}

// A callback that fails has one line, wherever that is; one that does not has none.
func TestAFailedCallbackHasOneLine(t *testing.T) {
	t.Parallel()
	bad := sdk.Reply{Code: 99}
	one := func(h sdk.Handler) dispatcher.Blueprint {
		return dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", "*", h)}}
	}
	full := func(b, o dispatcher.Blueprint) dispatcher.Blueprint {
		b.Apps, b.Routes = o.Apps, o.Routes
		return b
	}
	tests := map[string]struct {
		command   string
		blueprint dispatcher.Blueprint
		accept    error
		busy      bool // another callback is under way
		want      map[string]any
	}{
		"handled":  {command: groupSend, blueprint: one(answers(sdk.Reply{}))},
		"refused":  {command: groupSend, blueprint: one(answers(sdk.Reply{Code: 10100}))},
		"unrouted": {command: groupSend, blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", blockAdd, panics())}}},
		"bypassed": {command: groupSend, blueprint: dispatcher.Blueprint{
			Plugins:  []dispatcher.Plugin{plugin("one", "*", panics())},
			Bypasses: []dispatcher.Bypass{{Command: groupSend, Decision: imevent.Allow, Until: time.Now().Add(time.Hour)}},
		}},
		"stored": {command: blockAdd, blueprint: one(panics())},
		"failed": {
			command: groupSend, blueprint: one(fails(errors.New("disk"))),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "failed", "err": "disk"},
		},
		"a failed event": {
			command: chatbot, blueprint: one(fails(errors.New("disk"))),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "failed", "err": "disk"},
		},
		"malformed": {
			command: groupSend, blueprint: one(fails(sdk.Malformed(errors.New("no Text")))),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "malformed", "err": "no Text"},
		},
		"timed out": {
			command: groupSend, blueprint: one(hangs()),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "timeout", "err": "context deadline exceeded"},
		},
		"unavailable": {
			command: groupSend, blueprint: one(fails(unavailable())),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "unavailable", "err": "process is down"},
		},
		"overloaded": {
			command: groupSend, blueprint: one(fails(sdk.Overloaded(time.Second, errors.New("no room")))),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "overloaded", "err": "no room"},
		},
		"misread": {
			command: groupSend, blueprint: one(answers(bad)),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "bad_reply"},
		},
		"panicked": {
			command: groupSend, blueprint: one(panics()),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "internal", "err": "panic in the gateway: string"},
		},
		"without a plugin": {command: groupSend, blueprint: dispatcher.Blueprint{
			Routes: map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"gone", "away"}}},
		}, want: map[string]any{"level": "WARN", "plugin": "gone,away", "outcome": "unavailable", "reason": "no_handler"}},
		"beyond the route's limit": {command: groupSend, busy: true, blueprint: full(one(hangs()), dispatcher.Blueprint{
			Routes: map[string]dispatcher.RouteConfig{groupSend: {MaxInFlight: 1}},
		}), want: map[string]any{"level": "WARN", "plugin": "one", "outcome": "overloaded", "reason": "route_limit"}},
		"beyond the app's limit": {command: groupSend, busy: true, blueprint: full(one(hangs()), dispatcher.Blueprint{
			Apps: []dispatcher.App{{ID: appID, MaxInFlight: 1}},
		}), want: map[string]any{"level": "WARN", "plugin": "one", "outcome": "overloaded", "reason": "app_limit"}},
		"not stored": {
			command: blockAdd, blueprint: one(panics()), accept: sdk.Overloaded(time.Second, errors.New("inbox full")),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "overloaded", "reason": "not_stored", "err": "inbox full"},
		},
		"not stored, by a broken disk": {
			command: blockAdd, blueprint: one(panics()), accept: errors.New("input/output error"),
			want: map[string]any{"level": "ERROR", "plugin": "one", "outcome": "internal", "reason": "not_stored", "err": "input/output error"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for i := range tc.blueprint.Bypasses {
					tc.blueprint.Bypasses[i].Until = time.Now().Add(time.Hour)
				}
				log, lines := logOf(t)
				d := gateway(t, dispatcher.Options{Logger: log, Accept: func(context.Context, sdk.Callback, []string) error { return tc.accept }}, tc.blueprint)
				if tc.busy {
					other := callback(t, tc.command)
					other.ID = "another"
					go d.Dispatch(t.Context(), other)
					synctest.Wait()
				}
				d.Dispatch(t.Context(), callback(t, tc.command))
				got := lines("id-1")
				if tc.want == nil {
					if len(got) > 0 {
						t.Errorf("it has lines: %v", got)
					}
					return
				}
				if len(got) != 1 {
					t.Fatalf("it has %d lines: %v", len(got), got)
				}
				tc.want["msg"], tc.want["id"], tc.want["app"], tc.want["command"] = "callback not handled", "id-1", appID, tc.command
				tc.want["attempt"] = 1.0
				if tc.want["outcome"] == "bad_reply" {
					delete(got[0], "err") // in the words of imevent
				}
				if stack, ok := got[0]["stack"].(string); ok != (name == "panicked") || ok && !strings.Contains(stack, "goroutine") {
					t.Errorf("its stack is %q", stack)
				}
				delete(got[0], "stack")
				if diff := cmp.Diff(tc.want, got[0]); diff != "" {
					t.Errorf("want (-), got (+):\n%s", diff)
				}
			})
		})
	}
}

// Two plugins that fail are two failures, and each is named once.
func TestEachPluginThatFailsHasItsLine(t *testing.T) {
	t.Parallel()
	for _, command := range []string{groupSend, blockAdd} {
		log, lines := logOf(t)
		d := gateway(t, dispatcher.Options{Logger: log}, dispatcher.Blueprint{
			Plugins: []dispatcher.Plugin{plugin("one", command, fails(errors.New("a"))), plugin("two", command, fails(errors.New("b")))},
			Routes:  map[string]dispatcher.RouteConfig{command: {Handlers: []string{"one", "two"}, OnFailure: dispatcher.PolicyAllow}},
		})
		d.Dispatch(t.Context(), callback(t, command))
		seen := map[any]int{}
		for _, line := range lines("id-1") {
			seen[line["plugin"]]++
		}
		if diff := cmp.Diff(map[any]int{"one": 1, "two": 1}, seen); diff != "" {
			t.Errorf("%s: %s", command, diff)
		}
	}
}

// Whoever delivers knows what comes next, and so says it.
func TestADeliveryIsItsCallersToLog(t *testing.T) {
	t.Parallel()
	log, lines := logOf(t)
	d := gateway(t, dispatcher.Options{Logger: log}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{
		plugin("bad", blockAdd, fails(errors.New("disk"))), plugin("worse", blockAdd, panics()),
	}})
	for _, name := range []string{"bad", "worse", "gone"} {
		if _, err := d.Deliver(t.Context(), name, callback(t, blockAdd)); err == nil {
			t.Error("it went well")
		}
	}
	if got := lines("id-1"); len(got) > 0 {
		t.Errorf("it was logged: %v", got)
	}
}
