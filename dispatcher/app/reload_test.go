package app_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	nextToken = "the token that comes after"
	newApp    = "1400000002"
	newToken  = "a token of the new app"
)

// traffic is callbacks without a pause but each caller's, which leaves a processor to
// the other tests.
type traffic struct {
	rig   *rig
	hold  sync.RWMutex // held for reading by every request
	token string       // what a request is signed with; hold guards it

	done    atomic.Bool
	sent    atomic.Int64
	wrong   sync.Map
	running sync.WaitGroup
}

// keepSending sends an event again and again until stop.
func (r *rig) keepSending() *traffic {
	f := &traffic{rig: r, token: shopToken}
	pause := 10 * time.Millisecond
	if os.Getenv("SWITCHHOOK_SOAK") != "" {
		pause = time.Nanosecond
	}
	for range 4 {
		f.running.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for !f.done.Load() {
				f.one()
				<-tick.C
			}
		})
	}
	f.more()
	return f
}

func (f *traffic) one() {
	f.hold.RLock()
	defer f.hold.RUnlock()
	got := f.rig.post(f.rig.query(shopApp, event, f.token), []byte(`{}`))
	if got.err != nil || got.status != http.StatusOK || got.body != okReply {
		f.wrong.Store(got.String(), nil)
	}
	f.sent.Add(1)
}

// sign makes all further requests use token; none with the old one is under way
// when it returns.
func (f *traffic) sign(token string) {
	f.hold.Lock()
	defer f.hold.Unlock()
	f.token = token
}

// more waits until further requests were answered.
func (f *traffic) more() {
	f.rig.t.Helper()
	before := f.sent.Load()
	eventually(f.rig.t, "callbacks are answered", func() bool { return f.sent.Load() > before+20 })
}

// stop ends the traffic, of which every callback has to have been answered OK.
func (f *traffic) stop() {
	f.rig.t.Helper()
	f.done.Store(true)
	f.running.Wait()
	f.wrong.Range(func(what, _ any) bool { f.rig.t.Error(what); return true })
}

// record is where the gateway keeps what a plugin claimed.
func (r *rig) record(plugin string) string {
	return r.path("data/plugins/" + plugin + "/describe.json")
}

// forget gives up a plugin's claims, as an operator does.
func (r *rig) forget(plugin string) {
	r.t.Helper()
	r.remove("data/plugins/" + plugin + "/describe.json")
}

// hangUp reloads by signal and waits until the log says message.
func (r *rig) hangUp(message string, parts ...string) {
	r.t.Helper()
	before := r.log.Size()
	r.signal(syscall.SIGHUP)
	r.log.AwaitAfter(r.t, before, message, parts...)
}

// apps writes a configuration with these apps, each with tokens from files.
func (r *rig) apps(apps map[string]string, more string) {
	r.t.Helper()
	var text strings.Builder
	text.WriteString("apps:\n")
	for id, files := range apps {
		fmt.Fprintf(&text, "  %q: {tokens: [", id)
		for name := range strings.FieldsSeq(files) {
			fmt.Fprintf(&text, "\"${file:%s}\", ", name)
		}
		text.WriteString("]}\n")
	}
	r.write("switchhook.yaml", text.String()+"watch_plugins: false\n"+r.mode(more))
}

// The series that say whether what is in force is what was last to be.
const (
	reloadSeries  = "switchhook_config_reloads_total"
	reloadedNow   = "switchhook_config_last_reload_successful"
	reloadedSince = "switchhook_config_last_reload_success_timestamp_seconds"
)

// wantReloads checks how many reloads have succeeded and failed so far.
func (r *rig) wantReloads(ok, failed float64) {
	r.t.Helper()
	r.wantMetric(reloadSeries+`{result="ok"}`, ok)
	r.wantMetric(reloadSeries+`{result="failed"}`, failed)
}

// awaitReloaded waits until the metrics say whether the last reload has succeeded, and
// that there was one which ended so.
func (r *rig) awaitReloaded(ok bool) {
	r.t.Helper()
	result, value := "failed", 0.0
	if ok {
		result, value = "ok", 1
	}
	eventually(r.t, "the last reload is "+result, func() bool {
		return r.metric(reloadedNow) == value && r.metric(reloadSeries+`{result="`+result+`"}`) > 0
	})
}

func TestTokenRotationRefusesNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.secret(nextToken)
	r.write("next", nextToken)
	r.install("steady", "steady")
	r.start()
	flow := r.keepSending()
	r.wantMetric(reloadedNow, 1)
	r.wantReloads(0, 0)
	began := r.metric(reloadedSince)

	r.apps(map[string]string{shopApp: "token next"}, "")
	r.hangUp("configuration reloaded", "apps."+shopApp)
	flow.more()
	flow.sign(nextToken)
	flow.more()
	r.apps(map[string]string{shopApp: "next"}, "")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed apps."+shopApp+"\n")
	flow.more()
	flow.stop()

	if got := r.send(event, ""); got.status != http.StatusForbidden { // signed with the old one
		t.Errorf("the old token still holds: %s", got)
	}
	r.wantMetric(`switchhook_auth_failures_total{reason="bad_signature"}`, 1)
	r.wantMetric(outcome(event, "ok"), float64(flow.sent.Load()))
	r.wantReloads(2, 0) // by signal and by command
	if now := r.metric(reloadedSince); began <= 0 || now <= began {
		t.Errorf("last reloaded at %f, and started at %f", now, began)
	}
}

func TestReloadTakesOverAppsRoutesAndPlugins(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.secret(newToken)
	r.write("new", newToken)
	r.install("steady", "steady")
	r.start()
	steady := r.plugin("steady").PID
	r.want("nobody claims it yet", r.send(greeting, ""), okReply)
	r.wantMetric(outcome("other", "unrouted"), 1)
	got := r.post(r.query(newApp, event, newToken), []byte(`{}`))
	if got.status != http.StatusForbidden {
		t.Errorf("an app that is not configured gets %s", got)
	}
	flow := r.keepSending()

	r.install("obedient", "obedient")
	r.apps(map[string]string{shopApp: "token", newApp: "new"}, "sign_window: 90s\nshutdown_grace: 11s\nroutes:\n  "+decision+": {on_failure: deny}\n")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed apps."+newApp+"\n", "changed routes."+decision+"\n",
		"RESTART NEEDED for sign_window\n", "RESTART NEEDED for shutdown_grace\n")
	r.want("the new app", r.post(r.query(newApp, event, newToken), []byte(`{}`)), okReply)
	r.want("the new plugin's claim", r.send(greeting, ""), okReply)
	r.wantMetric(outcome(greeting, "ok"), 1)
	r.want("the new policy", r.send(decision, "fail"), denial(t))
	r.wantSaid("route ls", r.wantRun(0, "route", "ls", "--app", newApp, "--command", decision), "obedient", "deny")

	// A plugin whose file is gone still decides: by its policy.
	r.remove("bin/plugins/obedient")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed plugins.obedient\n")
	r.want("a decision without its plugin", r.send(decision, ""), denial(t))
	if p := r.plugin("obedient"); p.State != "failed" || !strings.Contains(p.Error, "remove "+r.record("obedient")+" to forget its claims") {
		t.Errorf("the plugin whose file is gone is %+v", p)
	}

	// An app that is gone is gone, and a plugin with its record.
	r.forget("obedient")
	r.configure("")
	r.hangUp("configuration reloaded", "apps."+newApp, "routes."+decision)
	if got := r.post(r.query(newApp, event, newToken), []byte(`{}`)); got.status != http.StatusForbidden {
		t.Errorf("an app that is not configured any more gets %s", got)
	}
	r.want("what nobody claims any more", r.send(greeting, ""), okReply)
	r.wantMetric(outcome("other", "unrouted"), 2)
	flow.more()
	flow.stop()
	if now := r.plugin("steady").PID; now != steady {
		t.Errorf("a plugin that did not change was started anew: %d, before %d", now, steady)
	}
}

func TestBadFileKeepsTheOldConfiguration(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	since := r.metric(reloadedSince)
	flow := r.keepSending()
	r.write("switchhook.yaml", "apps:\n  \""+shopApp+"\": {tokens: [\"${file:token}\"], nickname: shop}\nshutdown_delay: soon\nroutes:\n  "+decision+": {on_failure: maybe}\n")
	mistakes := []string{"switchhook.yaml:2:", "nickname", "switchhook.yaml:3:", "shutdown_delay", "switchhook.yaml:5:", "on_failure", "allow or deny"}
	r.wantSaid("config reload", r.wantRun(1, "config", "reload"), append(mistakes, "what was configured before stays in force")...)
	r.hangUp("configuration not reloaded", mistakes...)
	r.wantSaid("config check", r.wantRun(2, "config", "check", "switchhook.yaml"), mistakes...)
	flow.more()
	flow.stop()
	r.wantReloads(0, 2) // by command and by signal
	r.wantMetric(reloadedNow, 0)
	r.wantMetric(reloadedSince, since)
}

func TestReloadIsAllOrNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.secret(newToken)
	r.secret("a secret of the model")
	r.write("new", newToken)
	r.install("steady", "steady")
	r.install("fragile", "fragile")
	r.configure("plugins:\n  fragile: {config: {secret: a secret of the model}}\n")
	r.start()
	before := r.plugin("fragile")
	flow := r.keepSending()

	r.install("obedient", "obedient")
	r.apps(map[string]string{shopApp: "token", newApp: "new"}, `
plugins:
  fragile: {config: {secret: a secret of the model, fail: true}}
routes:
  `+event+`: {handlers: [obedient]}
`)
	r.wantSaid("config reload", r.wantRun(1, "config", "reload"), "fragile did not come up", "the model file is missing",
		"what was configured before stays in force")
	if now := r.plugin("fragile"); now.PID != before.PID || now.State != "ready" {
		t.Errorf("the plugin was %+v and is %+v", before, now)
	}
	if got := r.post(r.query(newApp, event, newToken), []byte(`{}`)); got.status != http.StatusForbidden {
		t.Errorf("the new app is let in: %s", got)
	}
	if p := r.plugin("obedient"); p.Name != "" {
		t.Errorf("the new plugin stays: %+v", p)
	}
	if left := r.processes(); len(left) != 2 {
		t.Errorf("%d plugin processes, want 2", len(left))
	}
	r.wantSaid("route ls", r.wantRun(0, "route", "ls", "--command", event), "steady")
	r.want("the old process", r.send(shake, ""), okReply)
	flow.more()
	flow.stop()
}

// A plugin that is replaced by one of another name loses no callback: whoever
// claims the command is there before the other goes.
func TestReplacedPluginLosesNoCallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	flow := r.keepSending()
	for _, names := range [][2]string{{"steady", "newer"}, {"newer", "newest"}} {
		r.install(names[1], "steady")
		r.remove("bin/plugins/" + names[0])
		r.forget(names[0])
		r.wantRun(0, "config", "reload")
		flow.more()
	}
	flow.stop()
	r.wantMetric(outcome(event, "ok"), float64(flow.sent.Load()))
}

// Nor does the file alone show that a plugin does not get the processes that it asks for.
func TestAReloadWarnsOfProcessesThatAnExclusivePluginDoesNotGet(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("alone", "steady alone")
	r.start()
	r.configure("plugins: {alone: {replicas: 2}}\n")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed plugins.alone\n",
		"WARNING plugins.alone.replicas: it is 2, and the plugin has one process, since it calls itself exclusive: leave replicas out\n")
	if p := r.plugin("alone"); p.State != "ready" || len(p.Replicas) != 1 {
		t.Errorf("it is %+v", p)
	}
}
