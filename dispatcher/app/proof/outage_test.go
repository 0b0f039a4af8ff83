package proof_test

import (
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// refused is how many events the plugins refuse for good.
const refused = 5

// While one plugin is down, another is slow and some events kill the process that
// they come to, all good events are done, by every plugin, and the poison is with the
// dead letters.
func TestAnOutageASlowPluginAndPoisonCostNoEvent(t *testing.T) {
	t.Parallel()
	f := length(t)
	// The budget of restarts is for plugins that crash by themselves.
	g := newGateway(t, "plugins: {down: {restart: {budget: 100, window: 10m}}}\n")
	g.install("down", "")
	g.install("slow", "PAUSE=50ms")
	g.install("well", "")
	g.Start()
	g.CLI("plugin", "disable", "down")
	l := apptest.NewLedger()
	callers := max(1, f.rate/25)
	flow := g.load(l, callers, time.Second*time.Duration(callers)/time.Duration(f.rate))
	during(t, f.outage)
	reached := float64(l.Count()) / f.outage.Seconds()
	g.Drained("well") // which feels nothing of the others
	behind := g.Inbox().Waiting("down")
	flow.Stop()
	if behind == 0 {
		t.Error("nothing waits for a plugin that is down")
	}
	poison := g.send(l, f.poison, "kill down")
	refusals := g.send(l, refused, "refuse")
	flow = g.load(l, callers, time.Second*time.Duration(callers)/time.Duration(f.rate))
	g.CLI("plugin", "enable", "down")
	during(t, f.outage/2) // the good ones are not held up by the poison before them
	flow.Stop()
	g.Drained("")
	for _, plugin := range []string{"down", "slow", "well"} {
		v := g.Verdict(l, plugin)
		t.Logf("PROOF outage plugin=%s seconds=%g rate=%d reached=%.0f behind=%d poison=%d %s", plugin, f.outage.Seconds(), f.rate, reached, behind, len(poison), v)
		want := refusals
		if plugin == "down" {
			want = append(want, poison...)
		}
		if dead := g.Dead(plugin); len(dead) != len(want) || !subset(want, dead) {
			t.Errorf("the dead letters of %s are %v, want %v", plugin, dead, want)
		}
	}
	g.Stop()
}

// send sends events that are to do something else, all at once, and returns their ids.
func (g *gateway) send(l *apptest.Ledger, n int, do string) []string {
	g.t.Helper()
	ids := make([]string, n)
	var senders sync.WaitGroup
	for i := range n {
		senders.Go(func() {
			id, err := l.Send(g.Client, g.Listen, do)
			ids[i] = id
			if err != nil || id == "" {
				g.t.Errorf("an event to %s is not accepted: %v", do, err)
			}
		})
	}
	senders.Wait()
	return ids
}

func subset(ids []string, of map[string]bool) bool {
	for _, id := range ids {
		if !of[id] {
			return false
		}
	}
	return true
}
