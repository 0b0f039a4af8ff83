package proof_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// What the inbox may hold is as much of a limit as the disk. There is room again when
// events are done.
func TestAFullInboxIsAStateThatPasses(t *testing.T) {
	t.Parallel()
	g := newGateway(t, "inbox: {max_bytes: 20MB}\n")
	g.fillUp("size_limit", nil)
}

// fillUp fills the inbox until it refuses, has room made where nothing else makes it,
// and wants everything that was accepted, from the same process.
func (g *gateway) fillUp(what string, makeRoom func()) {
	g.t.Helper()
	g.install("recorder", "")
	g.install("judge", "DECIDES=yes")
	g.Start()
	g.CLI("plugin", "disable", "recorder")
	l := apptest.NewLedger()
	slowest := g.fill(l)
	first := l.Count()
	if s := g.Inbox(); s.State != "full" || s.Problem == "" {
		g.t.Errorf("the inbox is %+v", s)
	}
	var ready struct{ Degraded []string }
	if code := g.Get("/-/ready", &ready); code != http.StatusOK || len(ready.Degraded) == 0 {
		g.t.Errorf("ready is answered with %d %+v", code, ready)
	}
	g.wantDecision()
	if makeRoom != nil {
		makeRoom()
	}
	g.CLI("plugin", "enable", "recorder")
	apptest.Eventually(g.t, "events are accepted again", func() bool { return g.padded(l) })
	v := g.Verdict(l, "recorder")
	g.t.Logf("PROOF full what=%s %s until_full=%d refused=%d slowest_refusal=%s restarts=0", what, v, first, l.Refused, slowest.Round(time.Millisecond))
	// A busy machine may be so late with a request that the gateway has hung up.
	if v.Dead > 0 || l.Unanswered > connections {
		g.t.Errorf("%d dead letters and %d callbacks without an answer", v.Dead, l.Unanswered)
	}
	g.Stop()
}

// fill sends events until none is accepted any more since the inbox is full, and
// returns what the slowest refusal took. On a busy machine some are refused before
// that, as their time is over.
func (g *gateway) fill(l *apptest.Ledger) (slowest time.Duration) {
	var mu sync.Mutex
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for refusals := 0; refusals < 3; {
				began := time.Now()
				if g.padded(l) {
					refusals = 0
					continue
				}
				took := time.Since(began)
				if g.Inbox().State != "full" {
					continue
				}
				refusals++
				mu.Lock()
				slowest = max(slowest, took)
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	return slowest
}

// padded sends a large event and reports whether it was accepted.
func (g *gateway) padded(l *apptest.Ledger) bool {
	id, err := l.Send(g.Client, g.Listen, strings.Repeat("x", 32<<10))
	return err == nil && id != ""
}
