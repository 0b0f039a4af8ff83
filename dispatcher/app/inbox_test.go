package app_test

import (
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

// durableRig is a rig whose events are stored.
func durableRig(t *testing.T, more string) *rig {
	t.Helper()
	r := newRig(t)
	r.durable = true
	r.configure(more)
	return r
}

// delivered is the series that counts a plugin's deliveries.
func delivered(command, plugin, outcome string) string {
	return `switchhook_deliveries_total{command="` + command + `",outcome="` + outcome + `",plugin="` + plugin + `"}`
}

// awaitMetric waits until a series has reached a value.
func (r *rig) awaitMetric(series string, want float64) {
	r.t.Helper()
	eventually(r.t, series+" is "+strconv.FormatFloat(want, 'g', -1, 64), func() bool { return r.metric(series) == want })
}

// What was answered OK is delivered, though the plugin was disabled, the gateway was
// killed meanwhile, and it was started again without the plugin.
func TestAcceptedEventsWaitForTheirPlugin(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.installBlacklist()
	r.start()
	r.wantRun(0, "plugin", "disable", "blacklist")
	r.want("an event of a disabled plugin", r.post(r.query(shopApp, event, shopToken), []byte(threePairs)), okReply)
	r.wantMetric(outcome(event, "accepted"), 1)

	r.signal(syscall.SIGKILL)
	eventually(t, "the gateway is killed", r.process.Ended)
	r.start()
	if rows := r.blacklist(); len(rows) != 0 {
		t.Errorf("a disabled plugin got %v", rows)
	}
	r.wantMetric(`switchhook_inbox_recovered_messages`, 1)
	r.wantRun(0, "plugin", "enable", "blacklist")
	eventually(t, "the event is delivered", func() bool { return len(r.blacklist()) == 3 })
	r.awaitMetric(delivered(event, "blacklist", "ok"), 1)
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("degraded: %v", reasons)
	}
}

// An event waits for a plugin that is not there yet, and for a version that claims it.
func TestAcceptedEventsWaitForAPluginToCome(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "routes:\n  "+shake+": {handlers: [obedient, later]}\n")
	r.install("obedient", "obedient")
	r.start()
	r.want("an event that its plugins do not claim", r.send(shake, ""), okReply)
	r.wantMetric(outcome(shake, "accepted"), 1)
	r.wantMetric(delivered(shake, "obedient", "failed"), 0)
	code, said := r.ready()
	if text := strings.Join(said.Degraded, "\n"); code != http.StatusOK || !strings.Contains(text, "1 event waits for plugin later, and there is no such plugin") {
		t.Errorf("ready says %d %s", code, text)
	}
	r.awaitReasons(admin.ReasonRoute, admin.ReasonInboxOrphaned)

	r.install("obedient", "obedient 2")
	r.install("later", "fragile")
	r.wantRun(0, "config", "reload")
	r.awaitMetric(delivered(shake, "obedient", "ok"), 1)
	r.awaitMetric(delivered(shake, "later", "ok"), 1)
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("degraded: %v", reasons)
	}
}

// A plugin that is new says how far back it wants events, and gets those that were
// kept for others.
func TestANewPluginGetsEarlierEvents(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.install("steady", "steady")
	r.start()
	r.want("an event", r.send(event, ""), okReply)
	r.awaitMetric(delivered(event, "steady", "ok"), 1)
	r.install("archive", "steady")
	r.install("fresh", "steady")
	r.configure("plugins:\n  archive: {since: 1h}\n")
	r.wantRun(0, "config", "reload")
	r.awaitMetric(delivered(event, "archive", "ok"), 1)
	r.want("another event", r.send(event, ""), okReply)
	r.awaitMetric(delivered(event, "archive", "ok"), 2)
	r.awaitMetric(delivered(event, "fresh", "ok"), 1)
	r.awaitMetric(delivered(event, "steady", "ok"), 2)
	r.wantSaid("inbox subscriptions ls", r.wantRun(0, "inbox", "subscriptions", "ls"), "archive", "fresh", "steady", event)
	r.wantSaid("inbox status", r.wantRun(0, "inbox", "status"), "ok")
}

// Deliveries under way are finished while their plugin is still there.
func TestStopFinishesDeliveries(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "shutdown_grace: 60s\n")
	r.install("obedient", "obedient")
	r.start()
	r.want("an event whose plugin takes its time", r.send(greeting, "wait"), okReply)
	r.log.Await(t, "obeying", "wait")
	r.signal(syscall.SIGTERM)
	r.log.Await(t, "stopping")
	r.write("data/plugins/obedient/data/go", "")
	if code := r.process.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if told := r.log.String(); strings.Index(told, `"deliveries ended"`) > strings.Index(told, `"state":"draining"`) || !strings.Contains(told, `"deliveries ended"`) {
		t.Error("the plugin was told to end while the inbox still delivered")
	}
	before := r.log.Size()
	r.start()
	r.wantMetric("switchhook_inbox_recovered_messages", 0)
	if len(r.log.Records("callback not handled", before)) > 0 {
		t.Error("it was delivered again")
	}
}

// A delivery that is not finished in time is made again by the next gateway.
func TestAStopThatCutsADeliveryShortLosesNothing(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "shutdown_grace: 1s\n")
	r.install("obedient", "obedient")
	r.start()
	r.want("an event whose plugin takes too long", r.send(greeting, "wait"), okReply)
	r.log.Await(t, "obeying", "wait")
	r.stop()
	r.write("data/plugins/obedient/data/go", "")
	r.start()
	r.awaitMetric(delivered(greeting, "obedient", "ok"), 1)
}

// A full inbox fails events fast and harms no decision, and takes them again once
// there is room, without a restart.
func TestAFullInboxIsAState(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "max_body: 128KiB\ninbox: {max_bytes: 4MiB}\n")
	r.install("obedient", "obedient")
	r.start()
	r.wantRun(0, "plugin", "disable", "obedient")
	body := []byte(`{"CallbackCommand":"` + greeting + `","Text":"` + strings.Repeat("x", 1e5) + `"}`)
	accepted := 0.0
	var last answer
	for range 100 {
		if last = r.post(r.query(shopApp, greeting, shopToken), body); last.body != okReply {
			break
		}
		accepted++
	}
	r.want("an event that there is no room for", last, notHandled)
	if accepted < 20 { // a hundred kilobytes each
		t.Errorf("%v events are in 4 MiB", accepted)
	}
	r.wantMetric(outcome(greeting, "overloaded"), 1)
	code, said := r.ready()
	if text := strings.Join(said.Degraded, "\n"); code != http.StatusOK || !strings.Contains(text, "events are not accepted since ") {
		t.Errorf("ready says %d %s", code, text)
	}
	r.awaitReasons(admin.ReasonPluginDisabled, admin.ReasonInboxFull)

	r.wantRun(0, "plugin", "enable", "obedient")
	r.want("a decision meanwhile", r.send(decision, ""), okReply)
	r.awaitMetric(delivered(greeting, "obedient", "ok"), accepted)
	eventually(t, "events are accepted again", func() bool { return r.post(r.query(shopApp, greeting, shopToken), body).body == okReply })
	eventually(t, "nothing is wrong", func() bool { return len(r.degraded()) == 0 })
}

func TestReloadChangesTheInbox(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.install("obedient", "obedient")
	r.start()
	r.configure("inbox: {max_bytes: 1GB, retention: 24h, retry: {max_age: 1h}, deliveries: {Sns.*: {order: user}}}\nroutes:\n  " + greeting + ": {mode: sync}\n")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed inbox.retention\n", "changed inbox.retry\n", "changed inbox.deliveries.Sns.*\n",
		"changed routes."+greeting+"\n", "RESTART NEEDED for inbox.max_bytes\n")
	r.want("an event that is sync by now", r.send(greeting, "fail"), notHandled)
	r.wantSaid("route ls", r.wantRun(0, "route", "ls", "--command", greeting), "sync")
	if p := r.plugin("obedient"); p.State != string(pluginhost.StateReady) {
		t.Errorf("the plugin is %+v", p)
	}
}

// A subscription that an operator takes away from a plugin that still wants it comes
// back, so that the list never lacks one by which events are kept.
func TestASubscriptionThatIsWantedComesBack(t *testing.T) {
	t.Parallel()
	r := durableRig(t, "")
	r.installBlacklist()
	r.start()
	subscribed := func() bool { return strings.Contains(r.wantRun(0, "inbox", "subscriptions"), "blacklist  "+event+" ") }
	eventually(t, "it is subscribed", subscribed)
	r.wantRun(0, "inbox", "subscriptions", "remove", "blacklist", event)
	eventually(t, "it is subscribed again", subscribed)
	r.wantRun(0, "inbox", "subscriptions", "move", "blacklist", "archive")
	eventually(t, "it is subscribed again after its own were moved", subscribed)
}
