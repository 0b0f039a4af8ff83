package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// streams are the names of all that an account has.
func streams(t *testing.T, js jetstream.JetStream) (names []string) {
	t.Helper()
	list := js.StreamNames(t.Context())
	for name := range list.Name() {
		names = append(names, name)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

func TestALookMakesNothing(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	c := join(t, cluster.Options{Servers: servers.URLs(), Look: true})
	want := []string{"SWITCHHOOK_LOG", "SWITCHHOOK_BATONS", "SWITCHHOOK_SNAPSHOTS"}
	if diff := cmp.Diff(want, c.Missing()); diff != "" {
		t.Errorf("what is missing (-want +got):\n%s", diff)
	}
	r := examine(t, c)
	for _, f := range r {
		if f.State == cluster.Failed || f.State == cluster.Warning {
			t.Errorf("%s is %s: %s", f.Check, f.State, f.Text)
		}
	}
	for _, name := range want {
		if f := find(t, r, "stream "+name); !strings.Contains(f.Text, "the first gateway that starts makes it") {
			t.Errorf("%s: %s", name, f.Text)
		}
	}
	if first, last, bytes, err := c.Bounds(t.Context()); first != 1 || last != 0 || bytes != 0 || err != nil {
		t.Errorf("the log that is missing is from %d to %d with %d bytes: %v", first, last, bytes, err)
	}
	if mark, ok, err := c.Latest(t.Context()); ok || err != nil {
		t.Errorf("it has a snapshot of %d: %v", mark, err)
	}
	if names := streams(t, client(t, servers.URLs()...)); len(names) != 0 {
		t.Errorf("a look has made %v", names)
	}
	join(t, cluster.Options{Servers: servers.URLs()})
	if missing := join(t, cluster.Options{Servers: servers.URLs(), Look: true}).Missing(); len(missing) != 0 {
		t.Errorf("once a gateway has made them, %v are missing", missing)
	}
}

// What would keep a gateway from making the streams is found without trying.
func TestWhatCannotBeMadeIsFoundByALook(t *testing.T) {
	t.Parallel()
	shown := func(limits string) string {
		return fmt.Sprintf(`
			system_account: SYS
			accounts: {
			  SYS: {users: [{user: sys, password: p}], exports: [{service: "$SYS.REQ.SERVER.PING.JSZ", response: stream}]}
			  A: {jetstream: %s, users: [{user: a, password: p, permissions: {publish: {deny: ["$JS.API.STREAM.CREATE.SWITCHHOOK_LOG"]}}}],
			    imports: [{service: {account: SYS, subject: "$SYS.REQ.SERVER.PING.JSZ"}}]}
			}
			no_auth_user: a
			`, limits)
	}
	node := func(limits string) string {
		return natstest.Start(t, natstest.Options{MaxStore: 32 << 20, Config: shown(limits)}).URL()
	}
	free, narrow := node("enabled"), node("{max_file: 16MiB, max_streams: 2}")
	for name, test := range map[string]struct {
		url      string
		replicas int
		check    string
		words    string
	}{
		"permissions": {free, 1, "permissions", "to make SWITCHHOOK_LOG: $JS.API.STREAM.CREATE.SWITCHHOOK_LOG"},
		"replicas":    {free, 3, "replicas", "inbox.nats.replicas is 3, and JetStream answers on 1"},
		"storage":     {free, 1, "storage of the servers", "(inbox.max_bytes) on each of 1 servers, and there is not as much left on n1"},
		"bytes":       {narrow, 1, "limits of the account", "(inbox.max_bytes), and of 16777216 there are 0 reserved"},
	} {
		r := examine(t, join(t, cluster.Options{Servers: []string{test.url}, Replicas: test.replicas, Look: true}))
		if f := find(t, r, test.check); f.State != cluster.Failed || !strings.Contains(f.Text, test.words) {
			t.Errorf("%s: %s is %s: %s", name, f.Check, f.State, f.Text)
		}
	}
	var limits []string
	for _, f := range examine(t, join(t, cluster.Options{Servers: []string{narrow}, Replicas: 1, MaxBytes: 8 << 20, Look: true})) {
		if f.Check == "limits of the account" {
			limits = append(limits, f.Text)
		}
	}
	if len(limits) != 1 || !strings.Contains(limits[0], "3 streams are still to be made, and it has 0 of at most 2") {
		t.Errorf("of the limit of streams it says %q", limits)
	}
}

func TestAStreamThatIsMissingBesideOthersIsNoFreshCluster(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	js := client(t, node.URL())
	if err := js.DeleteStream(t.Context(), "SWITCHHOOK_SNAPSHOTS"); err != nil {
		t.Fatal(err)
	}
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1, Look: true})
	if f := find(t, examine(t, c), "stream SWITCHHOOK_SNAPSHOTS"); f.State != cluster.Warning || !strings.Contains(f.Text, "somebody has deleted it") {
		t.Errorf("%s: %s", f.State, f.Text)
	}
	if names := streams(t, js); len(names) != 2 {
		t.Errorf("there are %v now", names)
	}
}
