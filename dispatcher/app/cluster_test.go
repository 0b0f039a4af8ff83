package app_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// clustered is the inbox of a gateway on one server, which is quick and enough for what
// operators see.
func clustered(url, more string) string {
	return fmt.Sprintf("inbox: {store: jetstream, max_bytes: 64MiB, nats: {servers: [%q], replicas: 1%s}}\n", url, more)
}

// failsToStart wants a start to end with exit code 2, and to say all of that.
func (r *rig) failsToStart(what string, words ...string) {
	r.t.Helper()
	cmd := r.switchhook(append([]string{"serve", "--config", "switchhook.yaml"}, freePorts()...)...)
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 {
		r.t.Errorf("%s: exit code %d\n%s", what, code, out)
	}
	r.wantSaid(what, string(out), words...)
}

// What no waiting mends ends the start, and names the key to look at.
func TestAClusterThatIsNoGoodEndsTheStart(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	for what, tt := range map[string]struct {
		inbox string
		words []string
	}{
		"a server that is too old":  {clustered(natstest.Pretend(t, "2.11.4"), ""), []string{"inbox.nats.servers", "2.11.4", "2.15"}},
		"no JetStream":              {clustered(natstest.Start(t, natstest.Options{NoJetStream: true}).URL(), ""), []string{"inbox.nats.servers", "JetStream"}},
		"credentials from nowhere":  {clustered("nats://127.0.0.1:1", ", creds: nowhere.creds"), []string{"inbox.nats.creds", "nowhere.creds"}},
		"an authority from nowhere": {clustered("nats://127.0.0.1:1", ", tls: {ca: nowhere.pem}"), []string{"inbox.nats.tls.ca", "nowhere.pem"}},
	} {
		r.configure(tt.inbox)
		r.failsToStart(what, append(tt.words, "switchhook: the configuration has 1 mistake")...)
	}
}

func TestAClusterThatDoesNotKnowTheGatewayEndsTheStart(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{Users: []natstest.User{{Name: "im", Password: "right"}}}) // ends after the gateway
	r := durableRig(t, "")
	address := strings.TrimPrefix(server.URL(), "nats://")
	r.write("password", "hunter2-wrong")
	r.secret("hunter2-wrong")
	r.configure(clustered("nats://im:${file:password}@"+address, ""))
	r.failsToStart("a wrong password", "inbox.nats")
	r.configure(clustered(server.URL(), ""))
	r.failsToStart("no password at all", "inbox.nats")
	r.configure(clustered(natstest.Start(t, natstest.Options{Operator: natstest.NewOperator(t)}).URL(), ", creds: "+natstest.NewOperator(t).Creds(t)))
	r.failsToStart("credentials of another operator", "inbox.nats")
	narrow := natstest.NewOperator(t)
	r.configure(clustered(natstest.Start(t, natstest.Options{Operator: narrow}).URL(), ", creds: "+narrow.Creds(t, "$JS.API.STREAM.CREATE.>")))
	r.failsToStart("a user who may not make streams", "inbox.nats", "$JS.API.STREAM.CREATE")
	r.write("password", "right")
	r.configure(clustered("nats://im:${file:password}@"+address, ""))
	r.start()
	if s := r.wantRun(0, "inbox", "status"); !strings.Contains(s, "connected to ") {
		t.Errorf("inbox status says:\n%s", s)
	}
}

// Streams that are another's, or of another shape, are never altered.
func TestStreamsOfAnotherShapeEndTheStart(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.configure(clustered(server.URL(), ""))
	r.start()
	r.stop()
	r.configure(strings.Replace(clustered(server.URL(), ""), "64MiB", "32MiB", 1))
	r.failsToStart("another size", "SWITCHHOOK_LOG", "max_bytes", "inbox.max_bytes")

	small := natstest.Start(t, natstest.Options{MaxStore: 32 << 20})
	r.configure(clustered(small.URL(), ""))
	r.failsToStart("a server without the room", "inbox.max_bytes")
}

// A log that is full refuses events, as a full disk does, and nothing else.
func TestALogThatIsFullIsAState(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.configure("max_body: 128KiB\n" + strings.Replace(clustered(server.URL(), ""), "64MiB", "4MiB", 1))
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	noise := make([]byte, 75_000) // nothing makes it shorter
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	body := []byte(`{"CallbackCommand":"` + greeting + `","Text":"` + base64.StdEncoding.EncodeToString(noise) + `"}`)
	var last answer
	eventually(t, "the inbox is full", func() bool {
		last = r.post(r.query(shopApp, greeting, shopToken), body)
		return r.degradedFor(admin.ReasonInboxFull)
	})
	r.want("an event that there is no room for", last, notHandled)
	r.wantRun(0, "plugin", "enable", "obedient")
	r.want("a decision meanwhile", r.send(decision, ""), okReply)
}

// What an inbox in a cluster has can be taken out of it again.
func TestABackupOfASharedInboxIsAnInboxOfOnesOwn(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.configure(clustered(server.URL(), ""))
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	r.want("an event", r.send(greeting, ""), okReply)
	r.write("data/inbox/.keep", "")
	r.wantRun(0, "inbox", "backup", "data/inbox/inbox.db")
	r.stop()
	server.Stop()
	r.configure("")
	r.start()
	r.wantRun(0, "plugin", "enable", "obedient")
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
}

// A cluster that is away is a state: decisions are made, events are refused and counted,
// and nothing but waiting is needed once it is there.
func TestAClusterThatIsAwayIsAState(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	server.Stop()
	r.install("obedient", "obedient")
	r.configure(clustered(server.URL(), ""))
	r.start()
	r.want("a decision without a cluster", r.send(decision, ""), okReply)
	r.want("an event without a cluster", r.send(greeting, ""), notHandled)
	r.awaitReasons(admin.ReasonInboxUnopened)
	r.wantSaid("the reason", strings.Join(r.degraded(), "\n"), "events are not accepted", "inbox.nats.servers")
	r.wantSaid("inbox status", r.wantRun(0, "inbox", "status"), "inbox failing", "NOT CONNECTED")
	r.stop() // it ends cleanly all the same
	r.start()

	server.Start()
	eventually(t, "nothing is wrong", func() bool { return len(r.degraded()) == 0 })
	r.want("an event with the cluster there", r.send(greeting, ""), okReply)
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
	r.wantSaid("inbox status", r.wantRun(0, "inbox", "status"), "inbox ok", "connected to ", "the numbers of all gateways")

	server.Stop()
	eventually(t, "it is degraded", func() bool { return r.degradedFor(admin.ReasonInboxCluster) })
	r.wantSaid("inbox status", r.wantRun(0, "inbox", "status"), "inbox ok so far, and out of reach", "NOT CONNECTED", "PROBLEM")
	r.want("a decision while it is away", r.send(decision, ""), okReply)
	r.want("an event while it is away", r.send(greeting, ""), notHandled)
	r.stop()
	server.Start()
	r.start()
	r.want("an event after a stop without the cluster", r.send(greeting, ""), okReply)
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
}

// degradedFor reports whether the gateway is ready, and degraded for a reason of that kind.
func (r *rig) degradedFor(kind admin.ReasonKind) bool {
	r.t.Helper()
	code, said := r.ready()
	return code == http.StatusOK && slices.ContainsFunc(said.DegradedReasons, func(reason admin.Reason) bool { return reason.Kind == kind })
}

// A plugin that keeps its state on this machine is refused beside a shared inbox, and what
// it claims waits for it; what others do goes on.
func TestAPluginWithStateOnThisMachineIsRefusedBesideASharedInbox(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.installBlacklist()
	r.install("obedient", "obedient")
	r.configure(clustered(server.URL(), ""))
	r.start()
	r.awaitReasons(admin.ReasonPluginDown)
	p := r.plugin("blacklist")
	r.wantSaid("the plugin's error", p.Error, "inbox.store is jetstream", "plugins.blacklist.local_state: allow")
	r.want("a decision of another", r.send(decision, ""), okReply)
	r.want("an event of its own", r.post(r.query(shopApp, event, shopToken), []byte(threePairs)), okReply)

	r.configure(clustered(server.URL(), "") + "plugins: {blacklist: {local_state: allow}}\n")
	r.wantRun(0, "config", "reload")
	eventually(t, "the event is delivered", func() bool { return len(r.blacklist()) == 3 })
	eventually(t, "nothing is wrong", func() bool { return len(r.degraded()) == 0 })
}

// An inbox of the gateway's own that still has something is not forgotten for a cluster.
func TestAnInboxIsMovedIntoACluster(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{}) // ends after the gateway
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	r.want("an event", r.send(greeting, ""), okReply)
	shared := clustered(server.URL(), "")
	r.configure(shared)
	move := []string{"inbox", "move", "--from", "data", "--config", "switchhook.yaml"}
	if out := r.wantRun(1, move...); !strings.Contains(out, "belongs to the gateway with PID") {
		t.Errorf("moving the inbox of a running gateway says %s", out)
	}
	r.stop()
	r.failsToStart("an inbox that still has something", "inbox.store", "1 copy waits", "switchhook inbox move --from "+r.path("data"))

	r.wantSaid("a dry run", r.wantRun(0, append(move, "--dry-run")...), "has 1 event", "1 copy waits", "the cluster lacks SWITCHHOOK_LOG",
		"the cluster has no inbox yet")
	r.wantSaid("the doctor of a cluster that nobody has changed", r.wantRun(0, "doctor", "nats", "--config", "switchhook.yaml"),
		"it is not there yet: the first gateway that starts makes it")
	r.wantSaid("a move", r.wantRun(0, move...), "moved all of it into the cluster", r.path("data/inbox.moved-"))
	aside, err := filepath.Glob(r.path("data/inbox.moved-*/inbox.db"))
	if _, gone := os.Stat(r.path("data/inbox")); err != nil || len(aside) != 1 || !os.IsNotExist(gone) {
		t.Errorf("the old inbox is %v, %v, and at its old place %v", aside, err, gone)
	}
	if out := r.wantRun(1, move...); !strings.Contains(out, "there is no inbox in") {
		t.Errorf("moving nothing says %s", out)
	}
	r.start()
	r.wantRun(0, "plugin", "enable", "obedient")
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)

	// What an interrupted move would leave: the same inbox again, for a cluster in use.
	r.wantSaid("a move again", r.wantRun(0, "inbox", "move", "--from", filepath.Dir(aside[0]), "--config", "switchhook.yaml"), "had an inbox already", "0 events")
	r.wantMetric(delivered(greeting, "obedient", "ok"), 1)
}
