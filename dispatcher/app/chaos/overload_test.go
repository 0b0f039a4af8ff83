package chaos_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// A command whose places are all taken is overloaded by itself: other commands of the
// same plugin, and all other plugins, are answered.
func TestAnOverloadedCommandHarmsNoOther(t *testing.T) {
	t.Parallel()
	f := length(t)
	for range f.rounds {
		g := newGateway(t, "author")
		g.configure(longest, fmt.Sprintf("  %s: {timeout: 20s}\nplugins:\n  bad: {max_in_flight: %d}\n", reported, callers))
		g.start()
		flow := g.load(f.pace, told, decided, misused)

		inside := g.report(callers, okReply)
		apptest.Eventually(t, "all places are taken", func() (full bool) {
			flow.pause(func() {
				p := g.Plugin("bad")
				full = len(p.Replicas) == 1 && p.Replicas[0].InFlight == callers
			})
			return full
		})
		g.report(2*callers, `{"ActionStatus":"FAIL",`).Wait()
		flow.more(t, f.requests)
		if reply, err := g.misuse("release"); err != nil || reply != okReply {
			t.Errorf("the plugin answers %s (%v)", reply, err)
		}
		inside.Wait()

		g.wantSeries(map[string]float64{
			callbacks(reported, "ok"): callers, callbacks(reported, "overloaded"): 2 * callers,
			fmt.Sprintf(`switchhook_plugin_bulkhead_rejections_total{command=%q,plugin="bad"}`, reported): 2 * callers,
			starts("bad", "crash"): 0, `switchhook_plugin_up{plugin="bad"}`: 1,
		})
		ledger := flow.stop()
		t.Logf("%d callbacks for %d places: others %s", 3*callers, callers, &ledger)
		if ledger.failed() > 0 {
			t.Error("other commands have failed")
		}
		g.Stop()
	}
}

// report sends the bad plugin n callbacks that it holds, at once. Their replies have
// to begin with want.
func (g *gateway) report(n int, want string) *sync.WaitGroup {
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			if reply, err := g.post(g.Client, reported, ""); err != nil || !strings.HasPrefix(reply, want) {
				g.t.Errorf("the caller gets %s (%v), want %s", reply, err, want)
			}
		})
	}
	return &all
}
