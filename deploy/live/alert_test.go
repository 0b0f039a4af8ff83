package live_test

import (
	"context"
	"strings"
	"testing"

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
	if err := r.stand.Firing(ctx, alert, plugin); err != nil {
		t.Fatal(err)
	}
	firing, err := r.stand.Alertmanager.Delivered(ctx, "firing", alert, plugin)
	if err != nil {
		t.Fatal(err)
	}
	rule := ruleOf(t, alert)
	for label, want := range map[string]string{"severity": rule.Labels["severity"], "instance": r.stand.Gateway.Admin, "job": "switchhook", "plugin": plugin} {
		if got := firing.Labels[label]; got != want {
			t.Errorf("its label %s is %q, want %q", label, got, want)
		}
	}
	for _, name := range []string{"summary", "runbook_url"} {
		if got := firing.Annotations[name]; got == "" || got != rule.Annotations[name] {
			t.Errorf("its %s is %q, want %q", name, got, rule.Annotations[name])
		}
	}
	if got := firing.Annotations["description"]; !strings.Contains(got, plugin) || strings.Contains(got, "{{") {
		t.Errorf("its description is %q", got)
	}
	if _, err := r.stand.Gateway.CLI(ctx, "plugin", "restart", plugin); err != nil {
		t.Fatal(err)
	}
	if _, err := r.stand.Alertmanager.Delivered(ctx, "resolved", alert, plugin); err != nil {
		t.Fatal(err)
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
