package chaos_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// A plugin that crashes more often than its budget allows is left alone for a while.
// Everybody is told so, nobody else feels it, and an operator can have it back.
func TestACrashLoopIsToldAndHarmsNobodyElse(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "author")
		g.configure(longest, "plugins:\n  bad: {restart: {budget: 2, window: 10m}}\n")
		g.start()
		flow := g.load(f.pace, told, decided)
		exit := func(admin.Plugin) {
			if reply, err := g.misuse("exit"); err != nil || !strings.HasPrefix(reply, answered) {
				t.Errorf("told to exit: the caller gets %s (%v)", reply, err)
			}
		}
		g.replaced("bad", exit)
		g.replaced("bad", exit)
		exit(admin.Plugin{})
		apptest.Eventually(t, "the plugin is crash looping", func() bool { return g.Plugin("bad").State == "crash_looping" })
		if reply, err := g.misuse(""); err != nil || !strings.HasPrefix(reply, answered) || reply == okReply {
			t.Errorf("a decision without its plugin is %s (%v)", reply, err)
		}
		flow.more(t, f.requests)

		list := g.CLI("plugin", "ls", "bad")
		for _, want := range []string{"crash_looping", "0/1", "exited with status 3: the database is gone"} {
			if !strings.Contains(list, want) {
				t.Errorf("plugin ls does not tell of %q:\n%s", want, list)
			}
		}
		g.wantSeries(map[string]float64{
			exits("bad", "error"): 3, starts("bad", "crash"): 2, callbacks(misused, "unavailable"): 4,
			replicas("bad", "crash_looping"): 1, replicas("bad", "ready"): 0, `switchhook_plugin_up{plugin="bad"}`: 0,
		})
		g.CLI("plugin", "restart", "bad")
		if reply, err := g.misuse(""); err != nil || reply != okReply {
			t.Errorf("restarted, the plugin answers %s (%v)", reply, err)
		}
		want := []string{
			"starting", "ready", "backoff", "starting", "ready", "backoff", "starting", "ready", "crash_looping",
			"draining", "stopped", "starting", "ready",
		}
		if got := g.states("bad"); !slices.Equal(got, want) {
			t.Errorf("the log tells of %v, want %v", got, want)
		}
		if ledger := flow.stop(); ledger.failed() > 0 {
			t.Errorf("the other commands: %s", &ledger)
		}
		g.Stop()
	}
}
