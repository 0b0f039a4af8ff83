package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/deploy/live"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// fleet is a cluster of three nodes with two gateways that share an inbox on it, and what
// happens to them.
type fleet struct {
	*live.Fleet

	t       *testing.T
	ctx     context.Context //nolint:containedctx // of the test, whose steps these are
	cluster *natstest.Cluster
	window  live.Window
}

// Two gateways share an inbox. Its log fills while no snapshot can be saved, one of them does
// not keep up with it, and two of three nodes die. Alerts tell of each, and that it is over; then
// all that dashboards, rules and runbooks ask of a cluster has answers.
//
// SwitchhookClusterSnapshotsFailing is left to promtool: a keeper tries again after 20 s, so that
// more than five fail in no less than two minutes.
func TestGatewaysThatShareAnInboxAreWatched(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.window.Start = time.Now()
	stop := f.Stream(f.ctx)
	f.fills()
	f.dies()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	f.window.End = time.Now().Add(3 * time.Second) // so that a scrape, and a step of each graph, comes after the last
	if err := f.Scraped(f.ctx, f.window.End); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(*testing.T){
		"panels have values":                                 f.panels,
		"values are those of what happened":                  f.values,
		"rules have data to judge":                           f.rules,
		"every family that is promised is there and is used": f.families,
		"what runbooks tell to look at is there":             f.runbooks,
		"it is drawn":                                        f.picture,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask(t)
		})
	}
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	bin, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), whole)
	t.Cleanup(cancel)
	f := &fleet{t: t, ctx: ctx, cluster: natstest.NewCluster(t, 3, natstest.Options{})}
	o := live.FleetOptions{Bin: bin, Deploy: "..", Servers: f.cluster.URLs(), Gateways: 2}
	if f.Fleet, err = live.StartFleet(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for i, g := range f.Gateways {
			if t.Failed() {
				t.Logf("what gateway %d said last:\n%s", i, g.Log())
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := f.Scraped(ctx, time.Now()); err != nil {
		t.Fatal(err)
	}
	return f
}

// fills has snapshots fail until the log is nearly full. Before the keeper tries again, the
// other gateway falls behind.
func (f *fleet) fills() {
	f.t.Helper()
	began := time.Now()
	f.boundSnapshots(1 << 10)
	f.ok(f.FillLog(f.ctx, .86))
	full := f.fires("SwitchhookClusterLogFilling", nil, began, "switchhook")
	keeper, other, err := f.Keeper(f.ctx)
	f.ok(err)
	f.ok(keeper.AwaitSample(f.ctx, `switchhook_inbox_cluster_snapshots_total{result="failed"}`, 1))
	f.boundSnapshots(-1)
	f.lags(other)
	full.ends()
}

// lags has a gateway not apply what comes.
func (f *fleet) lags(g *live.Gateway) {
	f.t.Helper()
	began := time.Now()
	release, err := g.HoldView(f.ctx)
	f.ok(err)
	late := f.fires("SwitchhookClusterBehind", live.Labels{"instance": g.Admin}, began, g.Admin)
	f.ok(release())
	late.ends()
}

// dies kills two nodes, one of which a gateway is connected to, so that there is no majority. The
// third takes connections still, and answers what needs none. The runbooks' commands say so.
func (f *fleet) dies() {
	f.t.Helper()
	began := time.Now()
	dead := f.twoNodes()
	for _, n := range dead {
		n.Kill()
	}
	var all []event
	for _, g := range f.Gateways {
		all = append(all,
			f.fires("SwitchhookClusterLost", live.Labels{"instance": g.Admin}, began, g.Admin),
			f.fires("SwitchhookDegraded", live.Labels{"instance": g.Admin, "reason": "inbox_cluster"}, began, "inbox_cluster"))
	}
	all = append(all, f.fires("SwitchhookClusterNoKeeper", nil, began, "switchhook"))
	f.says("doctor nats", "does not answer")
	f.says("inbox status", "`switchhook doctor nats` says what is wrong")
	for _, n := range dead {
		n.Start()
	}
	for _, alert := range all {
		alert.ends()
	}
}

// twoNodes are the one that a gateway is connected to, and another.
func (f *fleet) twoNodes() []*natstest.Node {
	f.t.Helper()
	text, err := f.Gateways[0].CLI(f.ctx, "inbox", "status", "--output", "json")
	f.ok(err)
	var inbox struct{ Cluster struct{ Server string } }
	f.ok(json.Unmarshal(text, &inbox))
	at := slices.IndexFunc(f.cluster.Nodes, func(n *natstest.Node) bool { return n.Name == inbox.Cluster.Server })
	if at < 0 {
		f.t.Fatalf("the gateway says that it is connected to %q", inbox.Cluster.Server)
	}
	return []*natstest.Node{f.cluster.Nodes[at], f.cluster.Nodes[(at+1)%len(f.cluster.Nodes)]}
}

// says wants a command to tell of what is wrong, whatever it ends with.
func (f *fleet) says(command string, wants ...string) {
	f.t.Helper()
	out, err := f.Gateways[0].CLI(f.ctx, strings.Fields(command)...)
	said := fmt.Sprintf("%s%v", out, err)
	for _, want := range wants {
		if !strings.Contains(said, want) {
			f.t.Errorf("%s says nothing of %q: %s", command, want, said)
		}
	}
}

// event is an alert that fires.
type event struct {
	fleet  *fleet
	alert  string
	labels live.Labels
	began  time.Time
}

// fires waits until an alert with those labels, of what has begun since, is delivered, and looks
// at what it says.
func (f *fleet) fires(alert string, labels live.Labels, began time.Time, about string) event {
	f.t.Helper()
	want := live.Labels{"job": "switchhook"}
	maps.Copy(want, labels)
	got, err := f.Delivered(f.ctx, "firing", alert, want, began)
	f.ok(err)
	tells(f.t, got, want, about)
	return event{f, alert, want, began}
}

// ends waits until it is told that it is over.
func (e event) ends() {
	e.fleet.t.Helper()
	_, err := e.fleet.Delivered(e.fleet.ctx, "resolved", e.alert, e.labels, e.began)
	e.fleet.ok(err)
}

// boundSnapshots has the cluster take so many bytes of snapshots, -1 for any, as an account does
// that has no more room.
func (f *fleet) boundSnapshots(most int64) {
	f.t.Helper()
	nc, err := nats.Connect(f.cluster.Nodes[0].URL())
	f.ok(err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	f.ok(err)
	stream, err := js.Stream(f.ctx, "SWITCHHOOK_SNAPSHOTS")
	f.ok(err)
	config := stream.CachedInfo().Config
	config.MaxBytes = most
	_, err = js.UpdateStream(f.ctx, config)
	f.ok(err)
}

func (f *fleet) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}
