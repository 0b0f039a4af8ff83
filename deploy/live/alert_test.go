package live_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/deploy/live"
)

// A plugin that is killed as often as it comes up is told of by Prometheus, and
// Alertmanager delivers that, and that it is over.
func TestACrashLoopIsDeliveredAndResolved(t *testing.T) {
	t.Parallel()
	const alert, plugin = "SwitchhookPluginCrashLooping", "odd"
	r := run(t)
	ctx, cancel := context.WithTimeout(t.Context(), whole)
	defer cancel()
	loops := func() bool {
		p, err := r.stand.Gateway.Plugin(ctx, plugin)
		return err == nil && p.State == "crash_looping"
	}
	// A plugin that crash loops has no process to kill, and Kill waits for one.
	killing, enough := context.WithCancel(ctx)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for killing.Err() == nil {
			_ = r.stand.Gateway.Kill(killing, plugin) // the last one finds nothing
		}
	}()
	err := live.Await(ctx, "the plugin crash loops", loops)
	enough()
	<-killed
	if err != nil {
		t.Fatal(err)
	}
	if err := r.stand.Firing(ctx, alert, live.Labels{"plugin": plugin}); err != nil {
		t.Fatal(err)
	}
	labels := live.Labels{"plugin": plugin, "instance": r.stand.Gateway.Admin, "job": "switchhook"}
	firing, err := r.stand.Delivered(ctx, "firing", alert, labels, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	tells(t, firing, labels, plugin)
	if _, err := r.stand.Gateway.CLI(ctx, "plugin", "restart", plugin); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stand.Delivered(ctx, "resolved", alert, labels, time.Time{}); err != nil {
		t.Fatal(err)
	}
}

// tells wants an alert to have its rule's severity beside those labels and no others, what
// the rule says of it, and a description that names what it is about.
func tells(t *testing.T, alert live.Alert, labels live.Labels, about string) {
	t.Helper()
	rule := ruleOf(t, alert.Labels["alertname"])
	want := maps.Clone(labels)
	want["alertname"], want["severity"] = rule.Alert, rule.Labels["severity"]
	if diff := cmp.Diff(want, live.Labels(alert.Labels)); diff != "" {
		t.Errorf("%s: its labels (-want +got):\n%s", rule.Alert, diff)
	}
	for _, name := range []string{"summary", "runbook_url", "dashboard_uid"} {
		if got := alert.Annotations[name]; got == "" || got != rule.Annotations[name] {
			t.Errorf("%s: its %s is %q, want %q", rule.Alert, name, got, rule.Annotations[name])
		}
	}
	if got := alert.Annotations["description"]; !strings.Contains(got, about) || strings.Contains(got, "{{") || strings.Contains(got, "no value") {
		t.Errorf("%s: its description is %q", rule.Alert, got)
	}
}

func ruleOf(t *testing.T, alert string) live.Rule {
	t.Helper()
	rules, err := live.ReadRules(ruleFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		if rule.Alert == alert {
			return rule
		}
	}
	t.Fatalf("there is no alert %s", alert)
	return live.Rule{}
}
