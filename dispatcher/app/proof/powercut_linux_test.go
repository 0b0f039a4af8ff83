package proof_test

import (
	"math/rand/v2"
	"testing"
)

// held is a plugin that gets nothing before the last cut: what it is to have waits on
// the disk, and nowhere else.
const held = "held"

// What the gateway answered OK is on the disk by then: a power cut does not undo it.
func TestAPowerCutLosesNothingThatWasAccepted(t *testing.T) {
	t.Parallel()
	f := length(t)
	g, d := onImage(t, "switchhook")
	l := newLedger()
	for i := range f.cuts {
		g.start()
		if i == 0 {
			g.cli("plugin", "disable", held)
		}
		flow := g.load(l, connections, 0)
		g.await(l, 1+rand.IntN(1500))
		d.cut(i + 1)
		flow.stop()
	}
	g.start()
	g.cli("plugin", "enable", held)
	v := g.wantVerdict(l, held)
	t.Logf("PROOF power_cut cuts=%d %s unanswered=%d", f.cuts, v, l.unanswered)
	if lively := g.wantVerdict(l, "recorder"); lively.dead+v.dead > 0 {
		t.Errorf("dead letters: %d and %d", v.dead, lively.dead)
	}
	if loss := g.inbox().Loss; loss != nil {
		t.Errorf("the gateway reports a loss: %+v", loss)
	}
	g.stop()
}

// The same gateway without a sync before its answer loses what it accepted: else the
// proof would prove nothing.
func TestAPowerCutIsFeltByAGatewayThatDoesNotSync(t *testing.T) {
	t.Parallel()
	g, d := onImage(t, "forgetful")
	g.start()
	g.cli("plugin", "disable", held)
	l := newLedger()
	flow := g.load(l, connections, 0)
	g.await(l, 1000)
	d.cut(1)
	flow.stop()
	g.program = "switchhook"
	g.start()
	g.cli("plugin", "enable", held)
	g.drained(held)
	v := l.judge(records(t, g.path(held+".jsonl")), g.dead(held))
	t.Logf("PROOF power_cut_control cuts=1 synchronous=off %s", v)
	if v.lost == 0 {
		t.Error("a power cut takes nothing from a gateway that does not sync: the proof proves nothing")
	}
	g.stop()
}

// onImage is a gateway whose data lies on a disk that can lose its power. What the
// plugins have handled does not.
func onImage(t *testing.T, program string) (*gateway, *disk) {
	t.Helper()
	g := newGateway(t, "")
	g.program = program
	d := newImage(g)
	g.install("recorder", "")
	g.install(held, "")
	return g, d
}
