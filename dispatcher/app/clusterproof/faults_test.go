package clusterproof_test

import (
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// Whatever fails, and however long: what a gateway has said yes to is delivered, and
// decisions are taken all the while.
func TestNothingAcceptedIsLostWhateverFails(t *testing.T) {
	t.Parallel()
	f := newFleet(t, length(), programs.Path(t, "switchhook", apptest.Switchhook))
	for range f.form.rounds {
		// First what takes copies with it, which are handed out again after half a minute.
		f.suffer("gateway_killed", f.killGateway)
		f.suffer("node_cut_off", f.cut)
		f.suffer("leader_killed", func() { f.kill(f.cluster.Leader(log)) })
		f.suffer("follower_killed", func() { f.kill(f.follower()) })
		f.suffer("node_held", f.pause)
	}
	f.verdicts()
}

// Nor where gateways are replaced by those of another build and back, a node comes back
// without its disk, each is restarted, or all go away at once.
func TestNothingAcceptedIsLostWhateverIsRestarted(t *testing.T) {
	t.Parallel()
	this := programs.Path(t, "switchhook", apptest.Switchhook)
	f := newFleet(t, length(), this)
	f.shareWithAnotherBuild(this)
	for range f.form.rounds {
		f.suffer("nodes_restarted", f.restart)
		f.suffer("node_wiped", f.wipe)
		f.suffer("cluster_stopped", f.stop)
	}
	f.verdicts()
}

func (f *fleet) killGateway() {
	f.t.Helper()
	g := f.gateways[0]
	g.Kill()
	f.hold(f.form.away)
	g.Start()
}

func (f *fleet) kill(n *natstest.Node) {
	f.t.Helper()
	n.Kill()
	f.goOn() // without it
	f.hold(f.form.hold)
	n.Start()
	f.cluster.Settled()
}

// pause holds the leader, which knows nothing of it afterwards.
func (f *fleet) pause() {
	f.t.Helper()
	n := f.cluster.Leader(log)
	n.Pause()
	f.hold(f.form.pause)
	n.Resume()
	f.cluster.Settled()
}

// cut takes the leader from the network, and the others go on.
func (f *fleet) cut() {
	f.t.Helper()
	n := f.cluster.Leader(log)
	n.Cut()
	f.goOn()
	f.hold(f.form.hold)
	n.Mend()
	f.cluster.Settled()
}

func (f *fleet) wipe() {
	f.t.Helper()
	n := f.follower()
	n.Kill()
	n.Wipe()
	n.Start()
	f.cluster.Settled()
}

func (f *fleet) restart() {
	f.t.Helper()
	for _, n := range f.cluster.Nodes {
		n.Stop()
		n.Start()
		f.cluster.Settled()
	}
}

// stop takes the whole cluster away: no event is accepted, the gateways say why, and
// decisions are taken.
func (f *fleet) stop() {
	f.t.Helper()
	for _, n := range f.cluster.Nodes {
		n.Kill()
	}
	f.gateways[0].Kill()
	f.gateways[0].Start() // where there is nothing to keep an event in
	f.degraded(true)
	f.ledger.recount()
	f.decide()
	f.hold(f.form.hold)
	if n := f.ledger.count(); n > 0 {
		f.t.Errorf("%d events were accepted by nobody", n)
	}
	for _, n := range f.cluster.Nodes {
		n.Start()
	}
	f.cluster.Settled()
	f.goOn()
	f.degraded(false)
}
