package dispatcher_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// attempts notes what a dispatcher tells of its attempts, a line each.
type attempts struct {
	mu    sync.Mutex
	lines []string
}

func (a *attempts) note(t dispatcher.Attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	line := fmt.Sprintf("%s %s %d %s", t.Callback.ID, t.Plugin, t.Callback.Attempt, t.Outcome)
	if t.Err != nil {
		line += ": " + t.Err.Error()
	}
	if t.At.IsZero() || t.Took < 0 {
		line += " at no time"
	}
	a.lines = append(a.lines, line)
}

func (a *attempts) sorted() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(slices.Values(a.lines))
}

// Whoever tells a callback's story learns who decided, and each attempt.
func TestAResultNamesItsDecider(t *testing.T) {
	t.Parallel()
	refusal, broken := sdk.Reply{Code: 1}, errors.New("disk")
	both := map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"one", "two"}, OnFailure: dispatcher.PolicyAllow}}
	tests := map[string]struct {
		command  string
		handlers []sdk.Handler
		routes   map[string]dispatcher.RouteConfig
		bypass   bool
		accept   error
		durable  bool
		by       dispatcher.Decider
		reason   string
		attempts []string
	}{
		"an event that its plugin handled":    {blockAdd, []sdk.Handler{answers(sdk.Reply{})}, nil, false, nil, false, dispatcher.ByPlugin, "", []string{"id-1 one 1 ok"}},
		"an event that nobody handled":        {blockAdd, []sdk.Handler{fails(broken)}, nil, false, nil, false, dispatcher.ByGateway, "", []string{"id-1 one 1 failed: disk"}},
		"a refusal":                           {groupSend, []sdk.Handler{answers(refusal)}, nil, false, nil, false, dispatcher.ByPlugin, "", []string{"id-1 one 1 rejected"}},
		"a decision that its plugin cannot":   {groupSend, []sdk.Handler{fails(broken)}, nil, false, nil, false, dispatcher.ByPolicy, "", []string{"id-1 one 1 failed: disk"}},
		"a decision that both cannot":         {groupSend, []sdk.Handler{fails(broken), fails(broken)}, both, false, nil, false, dispatcher.ByPolicy, "", []string{"id-1 one 1 failed: disk", "id-1 two 1 failed: disk"}},
		"a decision that the second took":     {groupSend, []sdk.Handler{fails(broken), answers(refusal)}, both, false, nil, false, dispatcher.ByPlugin, "", []string{"id-1 one 1 failed: disk", "id-1 two 1 rejected"}},
		"a decision that an operator took":    {groupSend, []sdk.Handler{answers(refusal)}, nil, true, nil, false, dispatcher.ByBypass, "", nil},
		"a command that nobody claims":        {groupSend, nil, nil, false, nil, false, dispatcher.ByGateway, "", nil},
		"an event that is stored":             {blockAdd, []sdk.Handler{answers(sdk.Reply{})}, nil, false, nil, true, dispatcher.ByGateway, "", nil},
		"an event that cannot be":             {blockAdd, []sdk.Handler{answers(sdk.Reply{})}, nil, false, broken, true, dispatcher.ByGateway, "not_stored", nil},
		"a decision without anybody to ask":   {groupSend, nil, map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"ghost"}}}, false, nil, false, dispatcher.ByPolicy, "no_handler", nil},
		"a handler that panics on the way":    {groupSend, []sdk.Handler{panics()}, nil, false, nil, false, dispatcher.ByPolicy, "", []string{"id-1 one 1 internal: panic in the gateway: string"}},
		"an event whose reply Tencent awaits": {chatbot, []sdk.Handler{fails(broken)}, nil, false, nil, false, dispatcher.ByGateway, "", []string{"id-1 one 1 failed: disk"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told attempts
			o := dispatcher.Options{Attempted: told.note}
			if tc.durable {
				o.Accept = func(context.Context, sdk.Callback, []string) error { return tc.accept }
			}
			b := dispatcher.Blueprint{Routes: tc.routes}
			if tc.bypass {
				b.Bypasses = []dispatcher.Bypass{bypassUntil(tc.command, "", imevent.Deny, time.Now().Add(time.Hour))}
			}
			for i, h := range tc.handlers {
				b.Plugins = append(b.Plugins, plugin([]string{"one", "two"}[i], tc.command, h))
			}
			got := gateway(t, o, b).Dispatch(t.Context(), callback(t, tc.command))
			if got.By != tc.by || got.Reason != tc.reason {
				t.Errorf("by %s, reason %q; want by %s, %q", got.By, got.Reason, tc.by, tc.reason)
			}
			if diff := cmp.Diff(tc.attempts, told.sorted()); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
		})
	}
}

// A delivery from the inbox is an attempt like any other.
func TestADeliveryIsToldAsAnAttempt(t *testing.T) {
	t.Parallel()
	var told attempts
	d := gateway(t, dispatcher.Options{Attempted: told.note}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("one", blockAdd, fails(unavailable()))},
	})
	cb := callback(t, blockAdd)
	cb.Attempt = 3
	if _, err := d.Deliver(t.Context(), "one", cb); err == nil {
		t.Error("the delivery has succeeded")
	}
	if diff := cmp.Diff([]string{"id-1 one 3 unavailable: process is down"}, told.sorted()); diff != "" {
		t.Error(diff)
	}
}

// Telling of attempts costs no memory: the callback goes by value.
func TestTellingOfAnAttemptAllocatesNothing(t *testing.T) { //nolint:paralleltest // what others allocate would be counted
	count := func(o dispatcher.Options) float64 {
		d := gateway(t, o, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(sdk.Reply{}))}})
		cb := callback(t, groupSend)
		cb.ReceivedAt = time.Now().Add(time.Hour)
		return testing.AllocsPerRun(200, func() { d.Dispatch(t.Context(), cb) })
	}
	seen := 0
	silent, telling := count(dispatcher.Options{}), count(dispatcher.Options{Attempted: func(dispatcher.Attempt) { seen++ }})
	if telling > silent || seen == 0 {
		t.Errorf("%v allocations become %v, and %d attempts were told", silent, telling, seen)
	}
}
