package dispatcher_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

const afterJoin = "Group.CallbackAfterNewMemberJoin"

// What the table says stands in the metrics as long as the table does.
func TestTheTableShowsInTheMetrics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		registry := newCounts()
		d := gateway(t, dispatcher.Options{Registerer: registry, Accept: func(ctx context.Context, _ sdk.Callback, _ []string) error {
			<-ctx.Done()
			return ctx.Err()
		}}, dispatcher.Blueprint{
			Apps: []dispatcher.App{
				{ID: appID, MaxInFlight: 8, Routes: map[string]dispatcher.RouteConfig{afterJoin: {Mode: dispatcher.ModeSync}}},
				{ID: "1400000002"},
			},
			Plugins: []dispatcher.Plugin{plugin("one", groupSend, hangs()), plugin("two", afterJoin, hangs()), plugin("rest", "Group.*", hangs())},
			Routes:  map[string]dispatcher.RouteConfig{groupSend: {MaxInFlight: 7}},
		})
		for _, command := range []string{groupSend, afterJoin} {
			go d.Dispatch(t.Context(), callback(t, command))
		}
		synctest.Wait()
		if diff := cmp.Diff(map[string]float64{
			groupSend + " sync one": 1, afterJoin + " sync two": 1, afterJoin + " durable two": 1,
			afterJoin + " sync rest": 1, afterJoin + " durable rest": 1, "other sync rest": 1, "other durable rest": 1,
		}, registry.only(t, "switchhook_route_info", groupSend, afterJoin, "other")); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]float64{groupSend: 14, afterJoin: 512, "other": 1024},
			registry.only(t, "switchhook_callbacks_in_flight_limit", groupSend, afterJoin, "other")); diff != "" {
			t.Errorf("limits of commands (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]float64{appID: 2, "1400000002": 0}, registry.values(t, "switchhook_app_callbacks_in_flight")); diff != "" {
			t.Errorf("places in use (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]float64{appID: 8, "1400000002": 512}, registry.values(t, "switchhook_app_callbacks_in_flight_limit")); diff != "" {
			t.Errorf("places (-want +got):\n%s", diff)
		}
	})
}

// A route, an app or a plugin that goes takes its series along, and so does a table
// that nobody ever swapped in.
func TestNothingIsLeftOfWhatIsGone(t *testing.T) {
	t.Parallel()
	registry := newCounts()
	d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("stays", groupSend, answers(sdk.Reply{}))}})
	before := registry.names(t)
	swap := func(b dispatcher.Blueprint, use bool) {
		table, err := d.Build(b)
		if err != nil {
			t.Fatal(err)
		}
		if use {
			d.Swap(table)
		}
	}
	stays := plugin("stays", groupSend, answers(sdk.Reply{}))
	more := dispatcher.Blueprint{
		Apps:    []dispatcher.App{{ID: appID}, {ID: "1400000002"}},
		Plugins: []dispatcher.Plugin{stays, plugin("goes", "*", answers(sdk.Reply{})), plugin("goes too", blockAdd, answers(sdk.Reply{}))},
	}
	for _, used := range []bool{true, false} {
		swap(more, used)
		if _, err := d.Deliver(t.Context(), "stays", callback(t, blockAdd)); err != nil { // a copy that has outlived its route
			t.Fatal(err)
		}
		if len(registry.names(t)) <= len(before) {
			t.Fatal("more plugins have no more series")
		}
		swap(dispatcher.Blueprint{Apps: []dispatcher.App{{ID: appID}}, Plugins: []dispatcher.Plugin{stays}}, true)
		if diff := cmp.Diff(before, registry.names(t)); diff != "" {
			t.Errorf("a table that was used: %t (-want +left):\n%s", used, diff)
		}
	}
}

// What can happen stands at 0, what cannot is no series, and what happens all the same
// is counted.
func TestOutcomesThatCanHappenExist(t *testing.T) {
	t.Parallel()
	const faults = "failed malformed timeout unavailable overloaded bad_reply internal"
	registry := newCounts()
	d := gateway(t, dispatcher.Options{Registerer: registry, Accept: func(context.Context, sdk.Callback, []string) error { return nil }}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{plugin("one", groupSend, answers(sdk.Reply{})), plugin("two", blockAdd, answers(sdk.Reply{})), plugin("three", afterJoin, answers(sdk.Reply{}))},
		Routes:  map[string]dispatcher.RouteConfig{afterJoin: {Mode: dispatcher.ModeSync}},
	})
	for name, tc := range map[string]struct{ family, label, want string }{
		"a decision":                     {"switchhook_callbacks_total", groupSend, "ok rejected bypassed " + faults},
		"a stored event":                 {"switchhook_callbacks_total", blockAdd, "accepted malformed timeout unavailable overloaded internal"},
		"an event that is waited for":    {"switchhook_callbacks_total", afterJoin, "ok " + faults},
		"what nobody claims":             {"switchhook_callbacks_total", "other", "ok rejected bypassed accepted unrouted " + faults},
		"a decision by policy":           {"switchhook_decisions_defaulted_total", groupSend, "bypassed " + faults},
		"no decision":                    {"switchhook_decisions_defaulted_total", blockAdd, ""},
		"an attempt at a decision":       {"switchhook_deliveries_total", groupSend, "ok rejected " + faults},
		"an attempt at a stored event":   {"switchhook_deliveries_total", blockAdd, "ok " + faults},
		"an attempt that is waited for":  {"switchhook_deliveries_total", afterJoin, "ok " + faults},
		"an app has them all, and all 0": {"switchhook_app_callbacks_total", appID, "ok rejected bypassed accepted unrouted " + faults},
	} {
		want := make(map[string]float64)
		for outcome := range strings.FieldsSeq(tc.want) {
			want[outcome] = 0
		}
		got := make(map[string]float64)
		for labels, value := range registry.values(t, tc.family) {
			if words := strings.Fields(labels); words[0] == tc.label {
				got[words[1]] = value
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	d.Decline(callback(t, blockAdd), dispatcher.OutcomeBadReply)
	if n := registry.values(t, "switchhook_callbacks_total")[blockAdd+" bad_reply"]; n != 1 {
		t.Errorf("an outcome that nobody foresaw is counted %g times, want once", n)
	}
}

// sampled is the context key of the trace ID that the tests' hook finds.
type sampled struct{}

func traceID(ctx context.Context) string {
	id, _ := ctx.Value(sampled{}).(string)
	return id
}

// A duration leads to its trace where there is one, and to nothing else.
func TestSampledCallbacksLeadToTheirTrace(t *testing.T) {
	t.Parallel()
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	for name, tc := range map[string]struct {
		hook   func(context.Context) string
		id     string
		plugin sdk.Handler
		want   string
	}{
		"a sampled callback":             {traceID, id, answers(sdk.Reply{}), id},
		"a sampled callback that fails":  {traceID, id, fails(errors.New("disk")), id},
		"a callback that is not sampled": {traceID, "", answers(sdk.Reply{}), ""},
		"without tracing":                {nil, id, answers(sdk.Reply{}), ""},
		"an ID that is too long":         {traceID, strings.Repeat("f", 200), answers(sdk.Reply{}), ""},
		"an ID that is no text":          {traceID, "\xff", answers(sdk.Reply{}), ""},
		"a handler that panics":          {traceID, id, panics(), id},
		"a refusal":                      {traceID, id, answers(sdk.Reply{Code: 10100}), id},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			registry := newCounts()
			d := gateway(t, dispatcher.Options{Registerer: registry, TraceID: tc.hook}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, tc.plugin)}})
			d.Dispatch(context.WithValue(t.Context(), sampled{}, tc.id), callback(t, groupSend))
			for _, family := range []string{"switchhook_callback_duration_seconds", "switchhook_delivery_duration_seconds"} {
				if n := registry.sum(t, family, "", ""); n != 1 {
					t.Errorf("%s has %d durations, want one", family, n)
				}
				if got := registry.exemplar(t, family); got != tc.want {
					t.Errorf("%s leads to %q, want %q", family, got, tc.want)
				}
			}
		})
	}
}

// Counting a callback and an attempt allocates nothing, whether it would be traced or
// not.
func TestCountingAllocatesNothing(t *testing.T) { //nolint:paralleltest // allocations are counted for the whole process
	for name, hook := range map[string]func(context.Context) string{"untraced": nil, "not sampled": traceID} {
		d := gateway(t, dispatcher.Options{TraceID: hook}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", blockAdd, answers(sdk.Reply{}))}})
		cb := callback(t, blockAdd)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		bounded, end := context.WithTimeout(ctx, dispatcher.DefaultDeliveryTimeout)
		defer end()
		if n := testing.AllocsPerRun(100, func() { d.Decline(cb, dispatcher.OutcomeMalformed) }); n != 0 {
			t.Errorf("%s: %g allocations a callback", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { _, _ = d.Deliver(bounded, "one", cb) }); n != 0 {
			t.Errorf("%s: %g allocations an attempt", name, n)
		}
	}
}

func TestMetricsAreNamedAsIsUsual(t *testing.T) {
	t.Parallel()
	registry := newCounts()
	gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, hangs())}})
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	if _, err := dispatcher.New(dispatcher.Options{Registerer: registry}); !errors.As(err, new(prometheus.AlreadyRegisteredError)) {
		t.Errorf("registered a second time: %v", err)
	}
}
