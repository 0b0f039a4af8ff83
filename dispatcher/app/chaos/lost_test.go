package chaos_test

import (
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// Whatever becomes of the processes of a plugin with two of them, the callbacks
// that may be sent again are all answered: by it, not by a policy.
func TestNoRequestIsLost(t *testing.T) {
	t.Parallel()
	f := length(t)
	for name, ordeal := range map[string]struct {
		times  int
		happen func(g *gateway, number int)
	}{
		"swaps":    {f.swaps, (*gateway).swap},
		"kill -9":  {f.deaths, (*gateway).killOne},
		"stopping": {f.stops, (*gateway).freezeOne},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range f.rounds {
				g := newGateway(t, "author")
				g.install("good", "slow")
				// The budget of restarts is for plugins that crash by themselves.
				g.configure(longest, "plugins:\n  good: {replicas: 2, restart: {budget: 100, window: 10m}}\n")
				g.start()
				flow := g.load(f.pace, told, decided)
				flow.more(t, f.requests)
				flow.disturb()
				for i := range ordeal.times {
					ordeal.happen(g, i+1)
					flow.more(t, f.requests/4)
				}
				ledger := flow.stop()
				t.Logf("%d %s: %s", ordeal.times, name, &ledger)
				if ledger.failed() > 0 {
					t.Error("callbacks were lost")
				}
				g.stop()
			}
		})
	}
}

// swap exchanges the program by the command line, as an operator does.
func (g *gateway) swap(number int) {
	g.t.Helper()
	before := g.plugin("good")
	g.installBuild("good", "slow", number)
	cmd := exec.Command(programs.path(g.t, "switchhook"), "plugin", "reload", "good", "--admin", g.path("data/admin.sock"))
	cmd.Dir = g.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		g.t.Errorf("plugin reload: %v\n%s", err, out)
	}
	if now := g.plugin("good"); now.State != "ready" || now.SHA256 == before.SHA256 {
		g.t.Errorf("the plugin was %+v and is %+v", before, now)
	}
}

// killOne kills a process and waits for the next one.
func (g *gateway) killOne(number int) { g.lose(number, syscall.SIGKILL) }

// freezeOne stops a process, which has to be found out, and waits for the next one.
func (g *gateway) freezeOne(number int) { g.lose(number, syscall.SIGSTOP) }

func (g *gateway) lose(number int, s syscall.Signal) {
	g.t.Helper()
	pids := ready(g.plugin("good"))
	pid := pids[number%len(pids)]
	g.signal(pid, s)
	eventually(g.t, "another process has taken its place", func() bool {
		now := ready(g.plugin("good"))
		return len(now) == len(pids) && !slices.Contains(now, pid)
	})
}

// ready returns the process ids of the replicas that get callbacks.
func ready(p admin.Plugin) (pids []int) {
	for _, r := range p.Replicas {
		if r.State == "ready" && strings.TrimSpace(r.Ejected) == "" {
			pids = append(pids, r.PID)
		}
	}
	return pids
}

// A process that is stopped gets no callbacks for long and is replaced; one that
// takes callbacks and answers none is found out by the places that it holds.
func TestAFrozenPluginIsReplaced(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "author")
		g.configure(short, "")
		g.start()
		flow := g.load(f.pace, told, decided)
		g.replaced("bad", func(before admin.Plugin) { g.signal(before.PID, syscall.SIGSTOP) })
		if reply, err := g.misuse(""); err != nil || reply != okReply {
			t.Errorf("the new process answers %s (%v)", reply, err)
		}
		g.wantSeries(map[string]float64{exits("bad", "wedged"): 1, `switchhook_plugin_up{plugin="bad"}`: 1})
		if p := g.plugin("bad"); !strings.Contains(p.Error, "it was killed because") {
			t.Errorf("the plugin's error is %q", p.Error)
		}
		if ledger := flow.stop(); ledger.failed() > 0 {
			t.Errorf("the other commands: %s", &ledger)
		}
		g.stop()
	}
}

// A plugin whose heartbeats and health are well, and that answers nothing, is found
// out by the callbacks that it holds: it shows what it is at, is killed and replaced.
func TestAPluginThatHoldsItsCallbacksIsReplaced(t *testing.T) {
	t.Parallel()
	f := length(t)
	for raw, do := range map[bool]string{false: "hang", true: "answer nothing"} {
		t.Run(do, func(t *testing.T) {
			t.Parallel()
			for range f.rounds {
				g := newGateway(t, role(raw))
				g.configure(short, "plugins:\n  bad: {max_in_flight: 4}\n")
				g.start()
				flow := g.load(f.pace, told, decided)
				g.replaced("bad", func(admin.Plugin) { g.misuseAll(do, 4) })
				if reply, err := g.misuse(""); err != nil || reply != okReply {
					t.Errorf("the new process answers %s (%v)", reply, err)
				}
				g.wantSeries(map[string]float64{
					exits("bad", "wedged"): 1, `switchhook_plugin_up{plugin="bad"}`: 1, callbacks(misused, "timeout"): 4,
				})
				if p := g.plugin("bad"); !strings.Contains(p.Error, "it was killed because it has answered no "+misused) {
					t.Errorf("the plugin's error is %q", p.Error)
				}
				dumped := "main.serveRaw"
				if !raw {
					dumped = "main.forever"
				}
				eventually(t, "the log shows what it was at", func() bool { return strings.Contains(g.log.end(), dumped) })
				if ledger := flow.stop(); ledger.failed() > 0 {
					t.Errorf("the other commands: %s", &ledger)
				}
				g.stop()
			}
		})
	}
}

// misuseAll sends n callbacks at once and waits for the replies, which come whatever
// the plugin does.
func (g *gateway) misuseAll(do string, n int) {
	g.t.Helper()
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if reply, err := g.misuse(do); err != nil || !strings.HasPrefix(reply, answered) {
				g.t.Errorf("told to %s: the caller gets %s (%v)", do, reply, err)
			}
		})
	}
	all.Wait()
}
