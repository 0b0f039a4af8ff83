package app_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/sdk"
)

// A subscription is a claim where the plugin gets all that the claim covers, so that
// commands to come are covered as well; else it is what the plugin gets.
func TestSubscriptionsFollowClaimsAndRoutes(t *testing.T) {
	t.Parallel()
	const added, deleted = event, "Sns.CallbackBlackListDelete"
	claims := func(patterns ...string) (all []sdk.Claim) {
		for _, p := range patterns {
			all = append(all, sdk.Claim{Pattern: p})
		}
		return all
	}
	type routes = map[string]dispatcher.RouteConfig
	sync := dispatcher.RouteConfig{Mode: dispatcher.ModeSync}
	to := func(plugins ...string) dispatcher.RouteConfig { return dispatcher.RouteConfig{Handlers: plugins} }
	tests := map[string]struct {
		claims map[string][]sdk.Claim
		routes routes
		app    routes // of the second app alone
		want   []string
	}{
		"a claim on everything":           {claims: map[string][]sdk.Claim{"all": claims("*")}, want: []string{"all *"}},
		"exact claims":                    {claims: map[string][]sdk.Claim{"one": claims(added, deleted)}, want: []string{"one " + added, "one " + deleted}},
		"a decision is nothing to keep":   {claims: map[string][]sdk.Claim{"one": claims(decision)}, want: nil},
		"each claimant has its own":       {claims: map[string][]sdk.Claim{"one": claims("Sns.*"), "two": claims(added)}, want: []string{"one Sns.*", "two " + added}},
		"the closest claim counts":        {claims: map[string][]sdk.Claim{"one": claims("*", added)}, want: []string{"one *", "one " + added}},
		"what is sync is nothing to keep": {claims: map[string][]sdk.Claim{"one": claims(added)}, routes: routes{"*": sync}, want: nil},
		"a route without a claim":         {claims: map[string][]sdk.Claim{"one": nil}, routes: routes{added: to("one")}, want: []string{"one " + added}},
		"a plugin that is not there yet":  {routes: routes{added: to("later")}, want: []string{"later " + added}},
		"an app that makes no difference": {claims: map[string][]sdk.Claim{"one": claims(added)}, app: routes{added: {MaxInFlight: 3}}, want: []string{"one " + added}},
		"an app that sends it to another": {claims: map[string][]sdk.Claim{"one": claims(added)}, app: routes{added: to("two")}, want: []string{"one " + added, "two " + added}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := dispatcher.New(dispatcher.Options{Accept: func(context.Context, sdk.Callback, []string) error { return nil }})
			if err != nil {
				t.Fatal(err)
			}
			b := dispatcher.Blueprint{Apps: []dispatcher.App{{ID: "1"}, {ID: "2", Routes: tt.app}}, Routes: tt.routes}
			for plugin, own := range tt.claims {
				b.Plugins = append(b.Plugins, dispatcher.Plugin{Name: plugin, Handler: sdk.HandlerFunc(fine), Claims: own})
			}
			table, err := d.Build(b)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, app.Interests(tt.claims, table.Routes())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Where another plugin gets a part of what a claim covers, the plugin is subscribed to
// what is left of it, command by command.
func TestAPartOfAClaimIsSubscribedByCommand(t *testing.T) {
	t.Parallel()
	d, err := dispatcher.New(dispatcher.Options{Accept: func(context.Context, sdk.Callback, []string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	table, err := d.Build(dispatcher.Blueprint{
		Apps:    []dispatcher.App{{ID: "1"}},
		Routes:  map[string]dispatcher.RouteConfig{event: {Handlers: []string{"two"}}},
		Plugins: []dispatcher.Plugin{{Name: "one", Claims: []sdk.Claim{{Pattern: "Sns.*"}}}, {Name: "two"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]bool)
	for _, i := range app.Interests(map[string][]sdk.Claim{"one": {{Pattern: "Sns.*"}}, "two": nil}, table.Routes()) {
		got[i] = true
	}
	for interest, want := range map[string]bool{
		"two " + event: true, "one " + event: false, "one Sns.CallbackBlackListDelete": true, "one Sns.*": false,
	} {
		if got[interest] != want {
			t.Errorf("%q is there: %t, want %t; all: %v", interest, got[interest], want, got)
		}
	}
}
