package app_test

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// awaitReasons waits until the gateway is ready, and degraded for reasons of these kinds
// and no others: in what /-/ready says, each beside its text, and in the metrics.
func (r *rig) awaitReasons(kinds ...admin.ReasonKind) {
	r.t.Helper()
	want := make(map[admin.ReasonKind]int)
	for _, kind := range kinds {
		want[kind]++
	}
	eventually(r.t, fmt.Sprintf("the reasons are %v", kinds), func() bool {
		code, said := r.ready()
		got := make(map[admin.ReasonKind]int)
		for i, reason := range said.DegradedReasons {
			got[reason.Kind]++
			if said.Degraded[i] != reason.Text {
				r.t.Fatalf("reason %d is %q, and with its kind %q", i, said.Degraded[i], reason.Text)
			}
		}
		return code == http.StatusOK && maps.Equal(got, want) && maps.Equal(r.countedReasons(), want)
	})
}

// countedReasons are the kinds that the metrics know a reason of. It checks that they
// know every kind.
func (r *rig) countedReasons() map[admin.ReasonKind]int {
	r.t.Helper()
	_, text := r.get("/metrics")
	counted := make(map[admin.ReasonKind]int)
	for _, kind := range admin.ReasonKinds() {
		_, rest, found := strings.Cut(text, fmt.Sprintf("switchhook_degraded_reasons{reason=%q} ", kind))
		var n int
		if _, err := fmt.Sscan(rest, &n); !found || err != nil {
			r.t.Fatalf("the metrics do not know the reason %s: %v", kind, err)
		}
		if n > 0 {
			counted[kind] = n
		}
	}
	return counted
}

// Whatever is wrong with a plugin has a kind of its own, and other machines do not hear
// what the plugin said.
func TestReasonsOfAPlugin(t *testing.T) {
	t.Parallel()
	const said = "password=hush"
	replicas := func(states ...pluginhost.State) (all []pluginhost.Replica) {
		for _, s := range states {
			all = append(all, pluginhost.Replica{State: s})
		}
		return all
	}
	for name, tc := range map[string]struct {
		plugin pluginhost.Status
		want   []admin.ReasonKind
	}{
		"all is well":                      {pluginhost.Status{State: pluginhost.StateReady}, nil},
		"it is being started":              {pluginhost.Status{State: pluginhost.StateStarting, Error: said}, nil},
		"the configuration disables it":    {pluginhost.Status{State: pluginhost.StateDisabled, Debug: true}, nil},
		"it crashed":                       {pluginhost.Status{State: pluginhost.StateBackoff, Error: said}, []admin.ReasonKind{admin.ReasonPluginDown}},
		"it crashes again and again":       {pluginhost.Status{State: pluginhost.StateCrashLooping, Error: said}, []admin.ReasonKind{admin.ReasonPluginDown}},
		"it hangs":                         {pluginhost.Status{State: pluginhost.StateWedged, Error: said}, []admin.ReasonKind{admin.ReasonPluginDown}},
		"it cannot run":                    {pluginhost.Status{State: pluginhost.StateFailed, Error: said}, []admin.ReasonKind{admin.ReasonPluginDown}},
		"it says that it is unwell":        {pluginhost.Status{State: pluginhost.StateReady, Unhealthy: said}, []admin.ReasonKind{admin.ReasonPluginUnhealthy}},
		"one of its processes is given up": {pluginhost.Status{State: pluginhost.StateReady, Ready: 1, Wanted: 2, Error: said, Replicas: replicas(pluginhost.StateReady, pluginhost.StateFailed)}, []admin.ReasonKind{admin.ReasonPluginReplicas}},
		"one of its processes is replaced": {pluginhost.Status{State: pluginhost.StateReady, Ready: 1, Wanted: 2, Replicas: replicas(pluginhost.StateReady, pluginhost.StateStarting)}, nil},
		"it is in debug, and its file is no good": {
			pluginhost.Status{State: pluginhost.StateReady, Debug: true, Refused: true, Drift: said}, []admin.ReasonKind{admin.ReasonPluginDebug, admin.ReasonPluginDrift},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.plugin.Name = "words"
			var kinds []admin.ReasonKind
			for _, r := range app.PluginReasons(tc.plugin) {
				kinds = append(kinds, r.Kind)
				if !strings.HasPrefix(r.Text, "plugin words is ") || !strings.HasPrefix(r.Public, "plugin words is ") || strings.Contains(r.Public, said) {
					t.Errorf("reason %q, and for others %q", r.Text, r.Public)
				}
			}
			if diff := cmp.Diff(tc.want, kinds); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever is wrong with the inbox has a kind of its own, and other machines hear no path.
func TestReasonsOfTheInbox(t *testing.T) {
	t.Parallel()
	broken := errors.New("write /var/lib/switchhook/inbox: input/output error")
	lost := inbox.Status{Stats: store.Stats{Loss: &store.Loss{Detail: broken.Error()}}}
	for name, tc := range map[string]struct {
		reasons []admin.Reason
		want    []admin.ReasonKind
	}{
		"all is well":        {app.InboxReasons(nil, "", false, nil, inbox.Status{}, nil), nil},
		"it is not open":     {app.InboxReasons(broken, "", false, nil, inbox.Status{}, nil), []admin.ReasonKind{admin.ReasonInboxUnopened}},
		"it is full":         {app.InboxReasons(nil, broken.Error(), true, nil, inbox.Status{}, nil), []admin.ReasonKind{admin.ReasonInboxFull}},
		"its disk is broken": {app.InboxReasons(nil, broken.Error(), false, nil, inbox.Status{}, nil), []admin.ReasonKind{admin.ReasonInboxFailing}},
		"its disk hangs":     {app.InboxReasons(nil, "", false, broken, inbox.Status{}, nil), []admin.ReasonKind{admin.ReasonInboxSilent}},
		"it has lost events": {app.InboxReasons(nil, "", false, nil, lost, nil), []admin.ReasonKind{admin.ReasonInboxLost}},
		"what waited is in another log": {
			app.InboxReasons(nil, "", false, nil, inbox.Status{Stats: store.Stats{Loss: &store.Loss{Left: 1, Aside: broken.Error()}}}, nil),
			[]admin.ReasonKind{admin.ReasonInboxLost},
		},
		"all at once": {
			app.InboxReasons(nil, broken.Error(), true, nil, lost, map[string]int64{"b": 1, "a": 2}),
			[]admin.ReasonKind{admin.ReasonInboxFull, admin.ReasonInboxLost, admin.ReasonInboxOrphaned, admin.ReasonInboxOrphaned},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var kinds []admin.ReasonKind
			for _, r := range tc.reasons {
				kinds = append(kinds, r.Kind)
				if strings.Contains(r.Public, "/var/lib") || !strings.Contains(r.Public, "switchhook inbox status") {
					t.Errorf("others hear %q", r.Public)
				}
			}
			if diff := cmp.Diff(tc.want, kinds); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}
