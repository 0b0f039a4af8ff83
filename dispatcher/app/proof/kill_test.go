package proof_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
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
	l := apptest.NewLedger()
	for range f.kills {
		g.Start()
		flow := g.load(l, connections, 0)
		l.Await(g.t, 1+rand.IntN(500))
		flow.Cut(g.Gateway)
	}
	g.Start()
	v := g.Verdict(l, "recorder")
	t.Logf("PROOF kill rounds=%d %s unanswered=%d", f.kills, v, l.Unanswered)
	if v.Dead > 0 || l.Refused > 0 {
		t.Errorf("%d dead letters and %d refusals: a kill is nobody's fault", v.Dead, l.Refused)
	}
	g.Stop()
}

// during runs the load for a while.
func during(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
