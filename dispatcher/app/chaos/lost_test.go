package chaos_test

import (
	"slices"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// Whatever becomes of the processes of a plugin with two of them, the callbacks
// that may be sent again are all answered: by it, not by a policy.
func TestNoRequestIsLost(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "author")
		g.install("good", "slow")
		// The budget of restarts is for plugins that crash by themselves.
		g.configure(longest, "plugins:\n  good: {replicas: 2, restart: {budget: 100, window: 10m}}\n")
		g.start()
		flow := g.load(f.rush, told, decided)
		flow.more(t, f.requests)
		flow.disturb()
		for i := range f.swaps {
			g.swap("slow", i+1)
			flow.more(t, f.requests/4)
			// What is killed next belongs to another deployment, which has not failed
			// yet: else the waits for restarts would grow to half a minute.
			g.lose(i, syscall.SIGKILL)
			flow.more(t, f.requests/4)
			if i < f.stops {
				g.lose(i+1, syscall.SIGSTOP)
				flow.more(t, f.requests/4)
			}
		}
		ledger := flow.stop()
		t.Logf("%d swaps, %d times kill -9, %d times SIGSTOP: %s", f.swaps, f.swaps, f.stops, &ledger)
		if ledger.failed() > 0 {
			t.Error("callbacks were lost")
		}
		g.wantLosses(ledger, f)
		g.Stop()
	}
}

// wantLosses checks that the gateway tells what it has been through, and that the
// callbacks of both commands have come through it.
func (g *gateway) wantLosses(l ledger, f form) {
	g.t.Helper()
	g.wantSeries(map[string]float64{
		exits("good", "oom_suspected"): float64(f.swaps), exits("good", "wedged"): float64(f.stops),
		starts("good", "crash"): float64(f.swaps + f.stops), replicas("good", "ready"): 2,
	})
	series := g.Series()
	reports, decisions := int(series[callbacks(told, "ok")]), int(series[callbacks(decided, "ok")])
	if reports == 0 || decisions == 0 || reports+decisions != l.sent {
		g.t.Errorf("%d reports and %d decisions are counted as answered, want %d in all", reports, decisions, l.sent)
	}
	if got := g.sum("switchhook_plugin_ejections_total", `plugin="good"`); got < f.stops {
		g.t.Errorf("%d processes were kept from callbacks, want %d at the least", got, f.stops)
	}
}

// swap exchanges the program by the command line, as an operator does.
func (g *gateway) swap(role string, number int) {
	g.t.Helper()
	before := g.Plugin("good")
	g.installBuild("good", role, number)
	g.CLI("plugin", "reload", "good")
	if now := g.Plugin("good"); now.State != "ready" || now.SHA256 == before.SHA256 {
		g.t.Errorf("the plugin was %+v and is %+v", before, now)
	}
}

// lose sends a process a signal that ends it, or its use, and waits until another one
// has taken its place.
func (g *gateway) lose(number int, s syscall.Signal) {
	g.t.Helper()
	var pids []int
	apptest.Eventually(g.t, "both processes are ready", func() bool {
		pids = ready(g.Plugin("good"))
		return len(pids) == 2
	})
	pid := pids[number%len(pids)]
	g.signal(pid, s)
	apptest.Eventually(g.t, "another process has taken its place", func() bool {
		now := ready(g.Plugin("good"))
		return len(now) == len(pids) && !slices.Contains(now, pid)
	})
}

// ready returns the process ids of the replicas that get callbacks.
func ready(p admin.Plugin) (pids []int) {
	for _, r := range p.Replicas {
		if r.State == "ready" && r.Ejected == "" {
			pids = append(pids, r.PID)
		}
	}
	return pids
}
