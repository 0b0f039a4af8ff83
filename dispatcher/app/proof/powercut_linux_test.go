package proof_test

import (
	"math/rand/v2"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// held is a plugin that gets nothing before the last cut: what it is to have waits on
// the disk, and nowhere else.
const held = "held"

// What the gateway answered OK is on the disk by then: a power cut does not undo it.
func TestAPowerCutLosesNothingThatWasAccepted(t *testing.T) {
	t.Parallel()
	f := length(t)
	g, d := onImage(t)
	l := apptest.NewLedger()
	for i := range f.cuts {
		g.Start()
		if i == 0 {
			g.CLI("plugin", "disable", held)
		}
		flow := g.load(l, connections, 0)
		l.Await(g.t, 1+rand.IntN(1500))
		d.cut(i + 1)
		flow.Stop()
	}
	g.Start()
	g.CLI("plugin", "enable", held)
	v := g.Verdict(l, held)
	t.Logf("PROOF power_cut cuts=%d %s unanswered=%d", f.cuts, v, l.Unanswered)
	if lively := g.Verdict(l, "recorder"); lively.Dead+v.Dead > 0 {
		t.Errorf("dead letters: %d and %d", v.Dead, lively.Dead)
	}
	if loss := g.Inbox().Loss; loss != nil {
		t.Errorf("the gateway reports a loss: %+v", loss)
	}
	g.Stop()
}

// The same gateway without a sync before its answer loses what it accepted: else the
// proof would prove nothing.
func TestAPowerCutIsFeltByAGatewayThatDoesNotSync(t *testing.T) {
	t.Parallel()
	g, d := onImage(t)
	switchhook := g.Program
	g.Program = programs.PathBy(t, "forgetful", apptest.Switchhook, forgetful)
	g.Start()
	g.CLI("plugin", "disable", held)
	l := apptest.NewLedger()
	flow := g.load(l, connections, 0)
	l.Await(g.t, 1000)
	d.cut(1)
	flow.Stop()
	g.Program = switchhook
	g.Start()
	g.CLI("plugin", "enable", held)
	g.Drained(held)
	v := l.Judge(apptest.Handled(t, g.Path(held+".jsonl")), g.Dead(held))
	t.Logf("PROOF power_cut_control cuts=1 synchronous=off %s", v)
	if v.Lost == 0 {
		t.Error("a power cut takes nothing from a gateway that does not sync: the proof proves nothing")
	}
	g.Stop()
}

// onImage is a gateway whose data lies on a disk that can lose its power. What the
// plugins have handled does not.
func onImage(t *testing.T) (*gateway, *disk) {
	t.Helper()
	g := newGateway(t, "")
	d := newImage(g)
	g.install("recorder", "")
	g.install(held, "")
	return g, d
}
