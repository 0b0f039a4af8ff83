package pluginhost_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

func TestRestartPolicyWaitsLongerAndForgives(t *testing.T) {
	t.Parallel()
	p := pluginhost.NewPolicy(time.Second, 8*time.Second, time.Minute)
	const almostOne = 0.999999
	var l pluginhost.Life
	var waits []time.Duration
	l, act, _ := p.Step(l, pluginhost.Begin, 0)
	for range 6 {
		if act != pluginhost.Launch || l.State() != pluginhost.StateStarting {
			t.Fatalf("%v %s", act, l.State())
		}
		l, act, _ = p.Step(l, pluginhost.Failed, 0.5)
		if act != pluginhost.Wait || l.State() != pluginhost.StateBackoff {
			t.Fatalf("%v %s", act, l.State())
		}
		l, act, _ = p.Step(l, pluginhost.Due, 0)
	}
	// A process that lived long enough is a fresh start; one that did not, is not.
	for _, uptime := range []time.Duration{time.Second, time.Minute, time.Second, time.Second, time.Second, time.Second} {
		l, _, _ = p.Step(l, pluginhost.Ready, 0)
		var wait time.Duration
		l, _, wait = p.Step(l, pluginhost.Exited(uptime), almostOne)
		waits = append(waits, wait.Round(time.Millisecond))
		l, _, _ = p.Step(l, pluginhost.Kick, 0)
	}
	want := []time.Duration{8 * time.Second, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 8 * time.Second}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Error(diff)
	}
	if _, _, wait := p.Step(l, pluginhost.Failed, 0); wait != 0 {
		t.Errorf("full jitter begins at zero, not at %s", wait)
	}
}

func TestRestartPolicyGivesUpOnWhatCannotWork(t *testing.T) {
	t.Parallel()
	p := pluginhost.NewPolicy(time.Second, time.Minute, time.Minute)
	l, _, _ := p.Step(pluginhost.Life{}, pluginhost.Begin, 0)
	l, act, _ := p.Step(l, pluginhost.Refused, 0)
	if act != pluginhost.Nothing || l.State() != pluginhost.StateFailed {
		t.Fatalf("%v %s", act, l.State())
	}
	if same, act, _ := p.Step(l, pluginhost.Due, 0); same != l || act != pluginhost.Nothing {
		t.Error("a failed plugin was started by a timer")
	}
	if l, act, _ := p.Step(l, pluginhost.Kick, 0); act != pluginhost.Launch || l.State() != pluginhost.StateStarting {
		t.Error("a failed plugin was not started by a reload")
	}
}

func TestRestartPolicyStopsFromEverywhereAndForGood(t *testing.T) {
	t.Parallel()
	p := pluginhost.NewPolicy(time.Second, time.Minute, time.Minute)
	start := func(events ...func(pluginhost.Life) pluginhost.Life) pluginhost.Life {
		l, _, _ := p.Step(pluginhost.Life{}, pluginhost.Begin, 0)
		for _, e := range events {
			l = e(l)
		}
		return l
	}
	ready := func(l pluginhost.Life) pluginhost.Life { l, _, _ = p.Step(l, pluginhost.Ready, 0); return l }
	fail := func(l pluginhost.Life) pluginhost.Life { l, _, _ = p.Step(l, pluginhost.Failed, 0); return l }
	refuse := func(l pluginhost.Life) pluginhost.Life { l, _, _ = p.Step(l, pluginhost.Refused, 0); return l }
	for name, l := range map[string]pluginhost.Life{
		"starting": start(), "ready": start(ready), "backoff": start(fail), "failed": start(refuse),
	} {
		l, act, _ := p.Step(l, pluginhost.Stop, 0)
		if act != pluginhost.End || l.State() != pluginhost.StateDraining {
			t.Errorf("%s: %v %s", name, act, l.State())
		}
		l, _, _ = p.Step(l, pluginhost.Gone, 0)
		for range 2 {
			l, _, _ = p.Step(l, pluginhost.Due, 0)
			if l, act, _ = p.Step(l, pluginhost.Kick, 0); act != pluginhost.Nothing || l.State() != pluginhost.StateStopped {
				t.Errorf("%s: a stopped plugin did %v and is %s", name, act, l.State())
			}
		}
	}
}
