package dispatcher_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/sdk"
)

func TestRoutesExplainThemselves(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		blueprint dispatcher.Blueprint
		command   string
		want      dispatcher.RouteInfo
	}{
		"a claim alone gives the usual route": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil)}},
			command:   groupSend,
			want: dispatcher.RouteInfo{
				Handlers: []string{"one"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DefaultTimeout, OnFailure: "allow", MaxInFlight: 256, Before: true,
				Sources: dispatcher.RouteSources{Handlers: "claim", Mode: "tencent", Timeout: "default", OnFailure: "tencent", MaxInFlight: "default"},
			},
		},
		"a gift fails closed, as at Tencent": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", "Live.*", nil)}},
			command:   giftSend,
			want: dispatcher.RouteInfo{
				Handlers: []string{"one"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DefaultTimeout, OnFailure: "deny", MaxInFlight: 256, Before: true,
				Sources: dispatcher.RouteSources{Handlers: "claim", Mode: "tencent", Timeout: "default", OnFailure: "tencent", MaxInFlight: "default"},
			},
		},
		"an event has no policy": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("two", "Sns.CallbackBlackListAdd", nil), plugin("one", "*", nil), plugin("exact", blockAdd, nil)}},
			command:   blockAdd,
			want: dispatcher.RouteInfo{
				Handlers: []string{"exact", "two", "one"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DefaultTimeout, MaxInFlight: 256,
				Sources: dispatcher.RouteSources{Handlers: "claim", Mode: "default", Timeout: "default", MaxInFlight: "default"},
			},
		},
		"an app overrules the routes for all, field by field": {
			blueprint: dispatcher.Blueprint{
				Apps: []dispatcher.App{{ID: appID, Routes: map[string]dispatcher.RouteConfig{groupSend: {OnFailure: dispatcher.PolicyDeny}}}},
				Routes: map[string]dispatcher.RouteConfig{
					groupSend: {Timeout: time.Second, OnFailure: dispatcher.PolicyAllow},
					"Group.*": {MaxInFlight: 7},
				},
				Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil)},
			},
			command: groupSend,
			want: dispatcher.RouteInfo{
				Handlers: []string{"one"}, Mode: dispatcher.ModeSync, Timeout: time.Second, OnFailure: "deny", MaxInFlight: 7, Before: true,
				Sources: dispatcher.RouteSources{Handlers: "claim", Mode: "tencent", Timeout: "routes", OnFailure: "app", MaxInFlight: "routes"},
			},
		},
		"the operator's order is final": {
			blueprint: dispatcher.Blueprint{
				Routes:  map[string]dispatcher.RouteConfig{blockAdd: {Handlers: []string{"two"}}},
				Plugins: []dispatcher.Plugin{plugin("one", blockAdd, nil), plugin("two", "Group.*", nil)},
			},
			command: blockAdd,
			want: dispatcher.RouteInfo{
				Handlers: []string{"two"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DefaultTimeout, MaxInFlight: 256,
				Sources: dispatcher.RouteSources{Handlers: "routes", Mode: "default", Timeout: "default", MaxInFlight: "default"},
			},
		},
		"a plugin in debug has time, whatever anybody says": {
			blueprint: dispatcher.Blueprint{
				Routes:  map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"one", "two"}, Timeout: time.Second}},
				Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil), inDebug(plugin("two", "Group.*", nil))},
			},
			command: groupSend,
			want: dispatcher.RouteInfo{
				Handlers: []string{"one", "two"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DebugTimeout, OnFailure: "allow", MaxInFlight: 256, Before: true,
				Sources: dispatcher.RouteSources{Handlers: "routes", Mode: "tencent", Timeout: "debug", OnFailure: "tencent", MaxInFlight: "default"},
			},
		},
		"a plugin in debug changes nothing for others": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil), inDebug(plugin("two", blockAdd, nil))}},
			command:   groupSend,
			want: dispatcher.RouteInfo{
				Handlers: []string{"one"}, Mode: dispatcher.ModeSync, Timeout: dispatcher.DefaultTimeout, OnFailure: "allow", MaxInFlight: 256, Before: true,
				Sources: dispatcher.RouteSources{Handlers: "claim", Mode: "tencent", Timeout: "default", OnFailure: "tencent", MaxInFlight: "default"},
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table := gateway(t, dispatcher.Options{}, tc.blueprint).Table()
			i := slices.IndexFunc(table.Routes(), func(r dispatcher.RouteInfo) bool { return r.Command == tc.command })
			if i < 0 {
				t.Fatalf("no route for %s", tc.command)
			}
			tc.want.App, tc.want.Command = appID, tc.command
			if diff := cmp.Diff(tc.want, table.Routes()[i]); diff != "" {
				t.Errorf("route (-want +got):\n%s", diff)
			}
			if len(table.Problems()) > 0 {
				t.Errorf("problems: %q", table.Problems())
			}
		})
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	accept := func(context.Context, sdk.Callback, []string) error { return nil }
	said := func(mode dispatcher.Mode) dispatcher.RouteConfig { return dispatcher.RouteConfig{Mode: mode} }
	type routes = map[string]dispatcher.RouteConfig
	tests := map[string]struct {
		command      string
		accept       dispatcher.AcceptFunc
		general      routes
		app          routes
		want         dispatcher.Mode
		whoHasSaidSo string
	}{
		"an event is durable by itself":                     {command: blockAdd, accept: accept, want: dispatcher.ModeDurable, whoHasSaidSo: "default"},
		"without an inbox an event is sync":                 {command: blockAdd, want: dispatcher.ModeSync, whoHasSaidSo: "default"},
		"an event whose reply Tencent reads is sync":        {command: chatbot, accept: accept, want: dispatcher.ModeSync, whoHasSaidSo: "tencent"},
		"a decision is sync":                                {command: groupSend, accept: accept, want: dispatcher.ModeSync, whoHasSaidSo: "tencent"},
		"a decision is sync whatever is said of all":        {command: groupSend, accept: accept, general: routes{"*": said(dispatcher.ModeDurable)}, want: dispatcher.ModeSync, whoHasSaidSo: "tencent"},
		"a command may be sync":                             {command: blockAdd, accept: accept, general: routes{blockAdd: said(dispatcher.ModeSync)}, want: dispatcher.ModeSync, whoHasSaidSo: "routes"},
		"sync of a command overrules durable of all":        {command: blockAdd, accept: accept, general: routes{"*": said(dispatcher.ModeDurable), blockAdd: said(dispatcher.ModeSync)}, want: dispatcher.ModeSync, whoHasSaidSo: "routes"},
		"durable of a command overrules sync of all":        {command: blockAdd, accept: accept, general: routes{"*": said(dispatcher.ModeSync), blockAdd: said(dispatcher.ModeDurable)}, want: dispatcher.ModeDurable, whoHasSaidSo: "routes"},
		"sync of an app overrules durable of a command":     {command: blockAdd, accept: accept, general: routes{blockAdd: said(dispatcher.ModeDurable)}, app: routes{"*": said(dispatcher.ModeSync)}, want: dispatcher.ModeSync, whoHasSaidSo: "app"},
		"durable of an app overrules sync of its family":    {command: blockAdd, accept: accept, general: routes{"Sns.*": said(dispatcher.ModeSync)}, app: routes{blockAdd: said(dispatcher.ModeDurable)}, want: dispatcher.ModeDurable, whoHasSaidSo: "app"},
		"a word on another part of a route leaves the mode": {command: blockAdd, accept: accept, general: routes{"*": said(dispatcher.ModeSync)}, app: routes{blockAdd: {MaxInFlight: 3}}, want: dispatcher.ModeSync, whoHasSaidSo: "routes"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := gateway(t, dispatcher.Options{Accept: tc.accept}, dispatcher.Blueprint{
				Apps: []dispatcher.App{{ID: appID, Routes: tc.app}}, Routes: tc.general, Plugins: []dispatcher.Plugin{plugin("one", tc.command, nil)},
			})
			for _, r := range d.Table().Routes() {
				if r.Command == tc.command && (r.Mode != tc.want || r.Sources.Mode != tc.whoHasSaidSo) {
					t.Errorf("mode %q, said by %s; want %q, by %s", r.Mode, r.Sources.Mode, tc.want, tc.whoHasSaidSo)
				}
			}
		})
	}
}

// A claim may say of a new command that it is a decision, whatever the operator took it
// for: the other routes must not suffer.
func TestAClaimThatContradictsAModeIsNoMistakeOfAll(t *testing.T) {
	t.Parallel()
	const tomorrow = "Group.CallbackTomorrow"
	d := gateway(t, dispatcher.Options{Accept: func(context.Context, sdk.Callback, []string) error { return nil }}, dispatcher.Blueprint{
		Plugins: []dispatcher.Plugin{{Name: "one", Handler: answers(sdk.Reply{}), Claims: []sdk.Claim{{Pattern: tomorrow, Decides: true}}}},
		Routes:  map[string]dispatcher.RouteConfig{tomorrow: {Mode: dispatcher.ModeDurable}},
	})
	if got := d.Dispatch(t.Context(), callback(t, tomorrow)); got.Outcome != dispatcher.OutcomeOK {
		t.Errorf("outcome %s, want the plugin's answer", got.Outcome)
	}
}

func TestParseMode(t *testing.T) {
	t.Parallel()
	for _, want := range []dispatcher.Mode{dispatcher.ModeUnset, dispatcher.ModeSync, dispatcher.ModeDurable} {
		if got, err := dispatcher.ParseMode(want.String()); err != nil || got != want {
			t.Errorf("%q: %v %v", want, got, err)
		}
	}
	if _, err := dispatcher.ParseMode("async"); err == nil {
		t.Error("async is a mode")
	}
}

func inDebug(p dispatcher.Plugin) dispatcher.Plugin {
	p.Debug = true
	return p
}

func TestProblemsSayWhatToWrite(t *testing.T) {
	t.Parallel()
	rewriter := func(name string) dispatcher.Plugin {
		return dispatcher.Plugin{Name: name, Claims: []sdk.Claim{{Pattern: groupSend, Rewrites: true}}}
	}
	tests := map[string]struct {
		blueprint dispatcher.Blueprint
		want      []string // all of them in the one problem
	}{
		"a tie names both plugins and the line": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("policy", groupSend, nil), plugin("antispam", groupSend, nil)}},
			want:      []string{"antispam and policy", `"Group.CallbackBeforeSendMsg": {handlers: [antispam, policy]}`},
		},
		"two catch-alls tie on every decision, which is one problem": {
			blueprint: dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("a", "*", nil), plugin("b", "*", nil)}},
			want:      []string{`"C2C.CallbackBeforeSendMsg": {handlers: [a, b]}`, `"Sns.CallbackPrevFriendAdd": {handlers: [a, b]}`},
		},
		"a route to nowhere names the plugin": {
			blueprint: dispatcher.Blueprint{Routes: map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"ghost"}}}},
			want:      []string{groupSend, "ghost", "plugins:"},
		},
		"a command under routes is claimed even when no plugin does": {
			blueprint: dispatcher.Blueprint{Routes: map[string]dispatcher.RouteConfig{groupSend: {OnFailure: dispatcher.PolicyDeny}}},
			want:      []string{groupSend, "no plugin claims it"},
		},
		"two rewriters are one too many": {
			blueprint: dispatcher.Blueprint{
				Plugins: []dispatcher.Plugin{rewriter("one"), rewriter("two")},
				Routes:  map[string]dispatcher.RouteConfig{groupSend: {Handlers: []string{"one", "two"}}},
			},
			want: []string{"one and by two", "only one"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.blueprint.Apps = []dispatcher.App{{ID: appID}, {ID: "1400000002"}}
			d := gateway(t, dispatcher.Options{}, tc.blueprint)
			problems := d.Table().Problems()
			if len(problems) != 1 {
				t.Fatalf("%d problems for one mistake: %q", len(problems), problems)
			}
			for _, want := range tc.want {
				if !strings.Contains(problems[0], want) {
					t.Errorf("%q does not say %q", problems[0], want)
				}
			}
			if got := d.Dispatch(t.Context(), callback(t, groupSend)); got.Outcome != dispatcher.OutcomeUnavailable {
				t.Errorf("outcome %s, want unavailable", got.Outcome)
			}
		})
	}
}

// What has lost its program keeps its claims, and stands in nobody's way who is there.
func TestWhatHasGoneTiesWithNobody(t *testing.T) {
	t.Parallel()
	const decision = "Group.CallbackBeforeSendMsg"
	claim := func(name, pattern string, gone bool) dispatcher.Plugin {
		return dispatcher.Plugin{Name: name, Handler: sdk.HandlerFunc(nil), Claims: []sdk.Claim{{Pattern: pattern}}, Gone: gone}
	}
	tests := map[string]struct {
		plugins []dispatcher.Plugin
		asked   []string
	}{
		"one that is there and one that has gone": {[]dispatcher.Plugin{claim("a", decision, true), claim("b", decision, false)}, []string{"b"}},
		"one alone that has gone":                 {[]dispatcher.Plugin{claim("a", decision, true)}, []string{"a"}},
		"one that has gone and claims it closer":  {[]dispatcher.Plugin{claim("a", decision, true), claim("b", "Group.*", false)}, []string{"a"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := dispatcher.New(dispatcher.Options{})
			if err != nil {
				t.Fatal(err)
			}
			table, err := d.Build(dispatcher.Blueprint{Apps: []dispatcher.App{{ID: "1"}}, Plugins: tt.plugins})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range table.Routes() {
				if r.Command == decision && (!slices.Equal(r.Handlers, tt.asked) || r.Problem != "") {
					t.Errorf("%v are asked, and the problem is %q", r.Handlers, r.Problem)
				}
			}
		})
	}
}

func TestBlueprintsThatMakeNoTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		blueprint dispatcher.Blueprint
		want      string
	}{
		"an app listed twice": {dispatcher.Blueprint{Apps: []dispatcher.App{{ID: appID}, {ID: appID}}}, "listed twice"},
		"a durable route without an inbox": {dispatcher.Blueprint{
			Apps: []dispatcher.App{{ID: appID}}, Plugins: []dispatcher.Plugin{plugin("one", blockAdd, nil)},
			Routes: map[string]dispatcher.RouteConfig{blockAdd: {Mode: dispatcher.ModeDurable}},
		}, "no inbox"},
		"a durable decision": {dispatcher.Blueprint{
			Apps: []dispatcher.App{{ID: appID}}, Plugins: []dispatcher.Plugin{plugin("one", groupSend, nil)},
			Routes: map[string]dispatcher.RouteConfig{groupSend: {Mode: dispatcher.ModeDurable}},
		}, "waits for its reply"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := dispatcher.New(dispatcher.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Build(tc.blueprint); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v does not say %q", err, tc.want)
			}
		})
	}
}

func TestSwap(t *testing.T) {
	t.Parallel()
	registry := newCounts()
	d := gateway(t, dispatcher.Options{Registerer: registry}, dispatcher.Blueprint{Plugins: []dispatcher.Plugin{plugin("old", "New.Command", answers(sdk.Reply{}))}})
	d.Dispatch(t.Context(), callback(t, "New.Command"))
	table, err := d.Build(dispatcher.Blueprint{Apps: []dispatcher.App{{ID: appID}}, Plugins: []dispatcher.Plugin{plugin("new", blockAdd, answers(sdk.Reply{}))}})
	if err != nil {
		t.Fatal(err)
	}
	d.Swap(table)
	if got := d.Dispatch(t.Context(), callback(t, blockAdd)); got.Outcome != dispatcher.OutcomeOK {
		t.Errorf("the new table answers %s", got.Outcome)
	}
	if got := d.Dispatch(t.Context(), callback(t, "New.Command")); got.Outcome != dispatcher.OutcomeUnrouted {
		t.Errorf("the old table still answers: %s", got.Outcome)
	}
	for _, family := range []string{"switchhook_callbacks_total", "switchhook_deliveries_total"} {
		if n := registry.sum(t, family, "command", "New.Command"); n != 0 {
			t.Errorf("%s still has %d of a command that is gone", family, n)
		}
	}
}
