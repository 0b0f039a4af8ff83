package cluster_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func examine(t *testing.T, c *cluster.Cluster) cluster.Report {
	t.Helper()
	report, err := c.Examine(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report {
		t.Logf("%-8s %s: %s", f.State, f.Check, f.Text)
	}
	return report
}

// find returns the first finding of a check.
func find(t *testing.T, r cluster.Report, check string) cluster.Finding {
	t.Helper()
	for _, f := range r {
		if strings.HasPrefix(f.Check, check) {
			return f
		}
	}
	t.Errorf("nothing is said of %s", check)
	return cluster.Finding{}
}

func TestAWellClusterIsFoundWellAndASickOneSick(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	c := join(t, cluster.Options{Servers: servers.URLs()})
	servers.Settled()
	for _, f := range examine(t, c) {
		unseen := f.Check == "sync_interval" || strings.HasPrefix(f.Check, "room on") || strings.HasPrefix(f.Check, "clock of")
		if f.State != cluster.OK && (!unseen || f.State != cluster.Unknown) {
			t.Errorf("%s is %s: %s", f.Check, f.State, f.Text)
		}
	}
	first, last, _, err := c.Bounds(t.Context())
	if first != 1 || last != 0 || err != nil {
		t.Errorf("it has left something: from %d to %d, %v", first, last, err)
	}
	other := servers.Nodes[0]
	if other == servers.Leader("SWITCHHOOK_LOG") {
		other = servers.Nodes[1]
	}
	other.Kill()
	connected(t, c)
	eventually(t, "the lost one is missed", func() bool {
		report, _ := c.Examine(t.Context())
		return find(t, report, "replicas of SWITCHHOOK_LOG").State == cluster.Warning
	})
	report := examine(t, c)
	if f := find(t, report, "server "+other.URL()); f.State != cluster.Warning {
		t.Errorf("a server that is gone: %+v", f)
	}
	for _, n := range servers.Nodes {
		if n != other {
			n.Kill()
			break
		}
	}
	// The last one answers still. That it is no majority is known once it has stopped to lead.
	eventually(t, "there is no majority", func() bool {
		_, _, _, err := c.Bounds(t.Context())
		return errors.Is(err, cluster.ErrUnreachable) && strings.Contains(err.Error(), "no leader: a majority")
	})
	if f := find(t, examine(t, c), "replicas of SWITCHHOOK_LOG"); f.State != cluster.Failed {
		t.Errorf("no majority: %+v", f)
	}
	states := map[cluster.State]int{}
	for _, f := range cluster.ExamineServers(t.Context(), cluster.Options{Servers: servers.URLs()}) {
		if strings.HasPrefix(f.Check, "server ") {
			states[f.State]++
		}
	}
	if states[cluster.OK] != 1 || states[cluster.Warning] != 2 {
		t.Errorf("of three servers, of which one is up, are %v", states)
	}
}

// A gateway that is told of one server learns of the others, and is known to them as well.
func TestServersThatOthersTellOfAreAskedAsTheUserThatWeAre(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{Users: []natstest.User{{Name: "im", Password: "p"}}})
	c := join(t, cluster.Options{Servers: []string{strings.Replace(servers.URLs()[0], "//", "//im:p@", 1)}})
	eventually(t, "all are found", func() bool {
		found := 0
		report, _ := c.Examine(t.Context())
		for _, f := range report {
			if strings.HasPrefix(f.Check, "server ") && f.State == cluster.OK {
				found++
			}
		}
		return found == 3
	})
}

func TestWithoutAMajorityItIsSaidWhoIsMissing(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	servers.Nodes[0].Kill()
	servers.Nodes[1].Kill()
	eventually(t, "the missing ones are named", func() bool {
		_, err := connect(t, cluster.Options{Servers: servers.URLs()})
		return errors.Is(err, cluster.ErrUnreachable) && strings.Contains(err.Error(), "1 of 3 servers answer (n3)") &&
			strings.Contains(err.Error(), servers.Nodes[0].URL()+" and "+servers.Nodes[1].URL())
	})
}

func TestWhatAUserMayNotIsFound(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{Users: []natstest.User{{
		Name: "some", Password: "p", Permissions: `publish: {deny: ["switchhook.log.offer.>", "$JS.API.STREAM.PURGE.*"]}`,
	}}})
	c := join(t, cluster.Options{Servers: []string{strings.Replace(node.URL(), "//", "//some:p@", 1)}, Replicas: 1})
	var denied []string
	for _, f := range examine(t, c) {
		if f.Check == "permissions" && f.State == cluster.Failed {
			denied = append(denied, f.Text)
		}
	}
	if len(denied) != 3 || !strings.Contains(denied[0], "offer copies") || !strings.Contains(denied[1], "purge the log") {
		t.Errorf("denied are %q", denied)
	}
	if f := find(t, examine(t, c), "replicas"); f.State != cluster.Warning {
		t.Errorf("one replica: %+v", f)
	}
}

// An operator may let an account see how the servers write.
func TestTheSyncIntervalIsSeenWhereItIsShown(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		jetstream string
		want      cluster.State
	}{
		"always": {"", cluster.OK},
		"later":  {`sync_interval: "2m"`, cluster.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node := natstest.Start(t, natstest.Options{JetStream: test.jetstream, Config: `
				system_account: SYS
				accounts: {
				  SYS: {users: [{user: sys, password: p}], exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", response: stream}]}
				  A: {jetstream: enabled, users: [{user: a, password: p}], imports: [{service: {account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ"}}]}
				}
				no_auth_user: a
				`})
			c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
			if f := find(t, examine(t, c), "sync_interval of"); f.State != test.want {
				t.Errorf("%+v", f)
			}
		})
	}
}
