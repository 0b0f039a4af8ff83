package chaos_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

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
		g.wantReplaced("")
		if ledger := flow.stop(); ledger.failed() > 0 {
			t.Errorf("the other commands: %s", &ledger)
		}
		g.Stop()
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
				g.wantReplaced("it has answered no " + misused)
				g.wantSeries(map[string]float64{callbacks(misused, "timeout"): 4})
				dumped := "main.serveRaw"
				if !raw {
					dumped = "main.forever"
				}
				apptest.Eventually(t, "the log shows what it was at", func() bool { return strings.Contains(g.Log.End(), dumped) })
				if ledger := flow.stop(); ledger.failed() > 0 {
					t.Errorf("the other commands: %s", &ledger)
				}
				g.Stop()
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

// A plugin whose loops leave no processor to anything else in it shows no sign of life:
// it gets no callbacks for long, is killed and replaced.
func TestAPluginThatHoldsEveryCPUIsReplaced(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "hog")
		g.configure(short, "")
		g.start()
		flow := g.load(f.pace, told, decided)
		g.replaced("bad", func(admin.Plugin) { g.misuseAll("hold the CPU for good", 1) })
		g.wantReplaced("no answer to the health check")
		if dump, ok := g.record("goroutines of a plugin that did not answer"); !ok || !strings.Contains(fmt.Sprint(dump), "SIGQUIT: quit") {
			t.Errorf("the log shows no goroutines, but %v", dump)
		}
		if ledger := flow.stop(); ledger.failed() > 0 {
			t.Errorf("the other commands: %s", &ledger)
		}
		g.Stop()
	}
}

// wantReplaced checks that the bad plugin is well again, and that it is told why it was
// not.
func (g *gateway) wantReplaced(why string) {
	g.t.Helper()
	if reply, err := g.misuse(""); err != nil || reply != okReply {
		g.t.Errorf("the new process answers %s (%v)", reply, err)
	}
	g.wantSeries(map[string]float64{
		exits("bad", "wedged"): 1, starts("bad", "crash"): 1, replicas("bad", "ready"): 1, `switchhook_plugin_up{plugin="bad"}`: 1,
	})
	if ejections := g.sum("switchhook_plugin_ejections_total", `plugin="bad"`); ejections == 0 {
		g.t.Error("no process was kept from callbacks")
	}
	if p := g.Plugin("bad"); !strings.Contains(p.Error, "it was killed because "+why) {
		g.t.Errorf("the plugin's error is %q", p.Error)
	}
	want := []string{"starting", "ready", "wedged", "backoff", "starting", "ready"}
	if got := g.states("bad"); !slices.Equal(got, want) {
		g.t.Errorf("the log tells of %v, want %v", got, want)
	}
}
