package clusterproof_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

const (
	// log is the stream that everything is in.
	log = "SWITCHHOOK_LOG"
	// witness is the plugin.
	witness = "witness"
)

// fleet is a cluster of three nodes, and gateways that keep their inbox in it.
type fleet struct {
	t        *testing.T
	form     form
	cluster  *natstest.Cluster
	gateways []*apptest.Gateway
	ledger   *ledger
	traffic  *traffic
}

// newFleet starts gateways of that program, and the traffic.
func newFleet(t *testing.T, f form, program string) *fleet {
	t.Helper()
	all := &fleet{t: t, form: f, ledger: newLedger(), cluster: natstest.NewCluster(t, 3, natstest.Options{})}
	addrs := apptest.Loopback(t, f.gateways)
	for _, addr := range addrs {
		g := apptest.New(t, program)
		g.Configure(addr, fmt.Sprintf("apps: {%q: {insecure: true}}\ninbox:\n  store: jetstream\n  max_bytes: 256MB\n  nats: {servers: [%s], replicas: 3}\n",
			app, `"`+strings.Join(all.cluster.URLs(), `", "`)+`"`))
		g.Record(programs.Path(t, witness, witnessPackage), witness, "")
		g.Start()
		all.gateways = append(all.gateways, g)
	}
	all.ledger.begin("none")
	all.traffic = start(t, all.ledger, f, addrs)
	return all
}

const witnessPackage = "github.com/switchhook/switchhook/dispatcher/app/clusterproof/testdata/witness"

// suffer has something fail while events come in and decisions are taken, and returns
// once every gateway accepts events again.
func (f *fleet) suffer(fault string, do func()) {
	f.t.Helper()
	f.ledger.begin(fault)
	f.accept(f.form.steady, 1)
	f.ledger.strike()
	do()
	f.goOn()
}

// goOn waits until every gateway accepts events, and takes decisions.
func (f *fleet) goOn() {
	f.t.Helper()
	f.accept(f.form.steady, len(f.gateways))
	f.decide()
}

// accept waits until so many events are accepted from now on, by each of n gateways.
func (f *fleet) accept(events, n int) {
	f.t.Helper()
	f.ledger.recount()
	apptest.Eventually(f.t, "events are accepted", func() bool {
		if n == 1 {
			return f.ledger.count() >= events
		}
		return f.ledger.least(n) >= events
	})
}

// decide waits until decisions are taken.
func (f *fleet) decide() {
	f.t.Helper()
	until := 0
	f.ledger.now(func(p *phase) { until = p.decided + f.form.steady })
	apptest.Eventually(f.t, "decisions are taken", func() (done bool) {
		f.ledger.now(func(p *phase) { done = p.decided >= until })
		return done
	})
}

// hold lets the fault last.
func (f *fleet) hold(d time.Duration) { <-time.After(d) }

// degraded waits until every gateway says that something is amiss, or that nothing is.
func (f *fleet) degraded(want bool) {
	f.t.Helper()
	for i, g := range f.gateways {
		apptest.Eventually(f.t, fmt.Sprintf("gateway %d is degraded: %t", i, want), func() bool {
			var ready struct {
				Degraded []string `json:"degraded"`
			}
			code := g.Get("/-/ready", &ready)
			return code == http.StatusOK && (len(ready.Degraded) > 0) == want
		})
	}
}

// follower is a node that does not lead the log.
func (f *fleet) follower() *natstest.Node {
	f.t.Helper()
	leader := f.cluster.Leader(log)
	for _, n := range f.cluster.Nodes {
		if n != leader {
			return n
		}
	}
	f.t.Fatal("there is no follower")
	return nil
}

// verdicts ends the traffic, waits until all is delivered, and has every verdict hold.
func (f *fleet) verdicts() {
	f.t.Helper()
	f.traffic.stop()
	all := f.judge()
	f.degraded(false)
	for _, v := range all[1:] { // in the first, nothing failed
		f.t.Log(v)
		if !v.holds() {
			f.t.Errorf("it does not hold: %s", v)
		}
	}
	for _, g := range f.gateways {
		g.Stop()
	}
}

// judge waits until all is delivered, and compares what the witnesses have seen of it with
// what was accepted.
func (f *fleet) judge() []*verdict {
	f.t.Helper()
	defer f.report()
	var paths []string
	for _, g := range f.gateways {
		g.Drained("")
		paths = append(paths, g.Path(witness+".jsonl"))
	}
	return f.ledger.judge(sightings(f.t, paths...))
}

// report tells what the gateways say of their inboxes, where the test has failed.
func (f *fleet) report() {
	for i, g := range f.gateways {
		if f.t.Failed() {
			_, text := g.Page("/api/v1/inbox")
			f.t.Logf("gateway %d has %s", i, text)
		}
	}
}
