package proof_test

import (
	"math/rand/v2"
	"testing"
	"time"
)

// connections is how many callbacks are under way at the most.
const connections = 16

// A gateway that is killed in the middle of its work, again and again, has lost
// nothing that it accepted, and delivers nothing under another name.
func TestAKilledGatewayLosesNothingThatItAccepted(t *testing.T) {
	t.Parallel()
	f := length(t)
	g := newGateway(t, "")
	g.install("recorder", "")
	l := newLedger()
	for range f.kills {
		g.start()
		flow := g.load(l, connections, 0)
		g.await(l, 1+rand.IntN(500))
		flow.cut(g)
	}
	g.start()
	v := g.wantVerdict(l, "recorder")
	t.Logf("PROOF kill rounds=%d %s unanswered=%d", f.kills, v, l.unanswered)
	if v.dead > 0 || l.refused > 0 {
		t.Errorf("%d dead letters and %d refusals: a kill is nobody's fault", v.dead, l.refused)
	}
	g.stop()
}

// await waits until so many more callbacks are accepted.
func (g *gateway) await(l *ledger, more int) {
	g.t.Helper()
	until := l.count() + more
	eventually(g.t, "callbacks are accepted", func() bool { return l.count() >= until })
}

// during runs the load for a while.
func during(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
