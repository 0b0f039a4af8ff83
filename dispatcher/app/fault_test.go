package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// strict has the first decision refused where nobody can decide, leaves the
// second to Tencent's own ways, and gives nobody much time.
const strict = `
routes:
  ` + decision + `: {on_failure: deny, timeout: 700ms}
  ` + gesture + `: {timeout: 700ms}
  ` + greeting + `: {timeout: 700ms}
`

const notHandled = `{"ActionStatus":"FAIL","ErrorCode":1,"ErrorInfo":"not handled"}`

// denial is the reply that refuses a decision.
func denial(t *testing.T) string {
	t.Helper()
	contract, _ := imevent.Spec(decision)
	reply := contract.Refuse(sdk.Callback{Body: []byte(`{}`)})
	text, err := json.Marshal(reply.Info)
	if err != nil {
		t.Fatal(err)
	}
	return `{"ActionStatus":"OK","ErrorCode":` + strconv.Itoa(reply.Code) + `,"ErrorInfo":` + string(text) + `}`
}

// awaitPlugin waits until a plugin is ready.
func (r *rig) awaitPlugin(name string) {
	r.t.Helper()
	eventually(r.t, "plugin "+name+" is ready", func() bool { return r.plugin(name).State == string(pluginhost.StateReady) })
}

func TestPolicyAnswersWherePluginsFail(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ do, outcome, patience string }{
		"crashes":               {"exit", "unavailable", "1.8s"}, // whatever the machine is busy with, its end comes first
		"hangs":                 {"hang", "timeout", "700ms"},
		"fails":                 {"fail", "failed", "1.8s"},
		"panics":                {"panic", "failed", "1.8s"},
		"answers illegal codes": {"answer an illegal code", "bad_reply", "1.8s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.configure(strings.ReplaceAll(strict, "700ms", tt.patience))
			r.install("obedient", "obedient")
			r.install("steady", "steady")
			r.start()
			pid := r.plugin("steady").PID
			for command, want := range map[string]string{decision: denial(t), gesture: okReply, greeting: notHandled} {
				r.awaitPlugin("obedient")
				obeys := r.plugin("obedient").PID
				r.want(command, r.send(command, tt.do), want)
				if tt.do == "exit" { // its caller knows of its end before its supervisor does
					eventually(t, "its end was noticed", func() bool { return r.plugin("obedient").PID != obeys })
				}
				r.wantMetric(outcome(command, tt.outcome), 1)
				if command != greeting {
					r.wantMetric(defaulted(command, tt.outcome), 1)
				}
				r.want("another plugin", r.send(event, ""), okReply)
			}
			r.wantMetric(outcome(event, "ok"), 3)
			if now := r.plugin("steady"); now.PID != pid || now.Restarts != 0 {
				t.Errorf("the other plugin was touched: %+v", now)
			}
			// A process that has just ended is called ready until that is noticed.
			eventually(r.t, "a decision is taken afterwards", func() bool { return r.send(decision, "").body == okReply })
		})
	}
}

func TestPluginKilledMidCall(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.configure("routes:\n  " + greeting + ": {timeout: 30s}\n  " + decision + ": {on_failure: deny}\n")
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.start()
	before := r.plugin("obedient")
	later := r.sendLater(greeting, "hang")
	r.log.Await(t, "obeying", "hang")
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.want("the callback in the killed process", <-later, notHandled)
	r.wantMetric(outcome(greeting, "unavailable"), 1)
	r.log.Await(t, "plugin state changed", "obedient", "backoff", "SIGKILL")
	r.want("another plugin", r.send(event, ""), okReply)
	eventually(t, "the plugin runs again", func() bool {
		now := r.plugin("obedient")
		return now.State == string(pluginhost.StateReady) && now.PID != before.PID && now.Restarts > 0
	})
	r.want("the next callback", r.send(greeting, ""), okReply)
	r.want("a refusal", r.send(decision, "refuse"), `{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"refused"}`)
	r.wantMetric(outcome(decision, "rejected"), 1)
}

// A plugin that does not come up is named, with what to change, and harms
// nobody else.
func TestPluginsThatDoNotStartAreNamed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.installAs("files/unpinned", "steady")
	r.script("files/forgotten", "exit 0")
	if err := os.Chmod(r.path("files/forgotten"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.install("prints", "prints")
	r.install("plaintext", "plaintext")
	r.script("bin/plugins/hello", "echo hello; exit 0")
	r.script("bin/plugins/silent", "exit 0")
	r.configure(`
plugins:
  missing: {path: files/nowhere}
  forgotten: {path: files/forgotten}
  unpinned: {path: files/unpinned, sha256: ` + strings.Repeat("ab", 32) + `}
routes:
  ` + decision + `: {handlers: [plaintext], on_failure: deny}
  ` + shake + `: {handlers: [missing]}
`)
	r.start()
	tests := map[string][]string{
		"missing":   {"missing", r.path("files/nowhere")},
		"forgotten": {"not executable", "chmod +x " + r.path("files/forgotten")},
		"unpinned":  {"sha256", "plugins.unpinned.sha256", strings.Repeat("ab", 32), r.path("files/unpinned")},
		"prints":    {`"connecting to the database"`, "standard output", "standard error"},
		"hello":     {`"hello"`, "standard output"},
		"silent":    {"no Switchhook plugin"},
		"plaintext": {"plaintext where TLS was expected", "plugins.plaintext.mtls: off"},
	}
	code, said := r.ready()
	if code != http.StatusOK {
		t.Errorf("/-/ready answers %d: one bad plugin must not take the node out", code)
	}
	public, degraded := strings.Join(said.Degraded, "\n"), strings.Join(r.degraded(), "\n")
	if strings.Contains(public, `"hello"`) || strings.Contains(public, r.path("files")) {
		t.Errorf("/-/ready tells other machines what plugins printed, or paths:\n%s", public)
	}
	list := r.wantRun(0, "plugin", "ls")
	for name, says := range tests {
		r.log.Await(t, "plugin state changed", append(says, name, "failed")...)
		r.wantSaid("/-/ready", public, "plugin "+name+" is failed")
		r.wantSaid("the admin socket", degraded, append(says, "plugin "+name)...)
		r.wantSaid("plugin ls", list, name)
	}
	r.want("the plugin that runs", r.send(event, ""), okReply)
	r.want("a decision without its plugin", r.send(decision, ""), denial(t))
	r.wantMetric(outcome(decision, "unavailable"), 1)
	r.want("an event whose plugin is missing", r.send(shake, ""), notHandled)
	r.wantMetric(outcome(shake, "unavailable"), 1)

	// What the log says cures it.
	r.configure("plugins:\n  plaintext: {mtls: off}\nroutes:\n  " + decision + ": {on_failure: deny}\n")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed plugins.plaintext\n", "changed plugins.missing\n")
	r.awaitPlugin("plaintext")

	// That one answers what the protocol does not know.
	r.want("a decision without a result", r.send(decision, ""), denial(t))
	r.wantMetric(defaulted(decision, "bad_reply"), 1)
	r.want("an event with garbage for its extra keys", r.send(event, ""), notHandled)
	r.wantMetric(outcome(event, "bad_reply"), 1)
}

// What a plugin has once claimed is never unknown again, whatever became of its
// file while the gateway was away.
func TestClaimsOutliveThePlugin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.configure("routes:\n  " + decision + ": {on_failure: deny}\n")
	r.install("obedient", "obedient")
	r.start()
	r.want("the plugin", r.send(greeting, ""), okReply)
	r.stop()

	r.script("bin/plugins/obedient", "exit 0") // a bad upgrade
	r.remove("data/plugins/obedient/programs") // and the copy of what served is lost
	r.start()
	r.want("a claimed event", r.send(greeting, ""), notHandled)
	r.want("a claimed decision", r.send(decision, ""), denial(t))
	r.want("a decision without a policy", r.send(gesture, ""), okReply)
	for _, command := range []string{greeting, decision, gesture} {
		r.wantMetric(outcome(command, "unavailable"), 1)
	}
	r.wantMetric(outcome("other", "unrouted"), 0)
	r.want("what nobody has claimed", r.send("State.StateChange", ""), okReply)
	r.wantMetric(outcome("other", "unrouted"), 1)
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), "failed", decision, "(stored)")
	if _, said := r.ready(); len(said.Degraded) != 1 {
		t.Errorf("degraded: %q", said.Degraded)
	}

	r.install("obedient", "obedient") // put right
	r.wantRun(0, "config", "reload")
	r.awaitPlugin("obedient")
	r.want("a claimed event", r.send(greeting, ""), okReply)
}

// A plugin that says it is unwell is shown, and keeps its callbacks.
func TestAnUnhealthyPluginDegradesTheGateway(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("fragile", "fragile")
	r.start()
	r.write("data/plugins/fragile/data/ill", "")
	why := "plugin fragile is unhealthy: the model file is corrupt"
	public := "plugin fragile is unhealthy: see `switchhook plugin ls` on the gateway's machine"
	eventually(t, "the gateway is degraded", func() bool {
		code, said := r.ready()
		return code == http.StatusOK && slices.Contains(said.Degraded, public) && slices.Contains(r.degraded(), why)
	})
	if p := r.plugin("fragile"); p.State != "ready" || p.Error != "unhealthy: the model file is corrupt" {
		t.Errorf("the plugin is %+v", p)
	}
	r.want("the unhealthy plugin", r.send(shake, ""), okReply)
	r.remove("data/plugins/fragile/data/ill")
	eventually(t, "the gateway is well again", func() bool {
		_, said := r.ready()
		return len(said.Degraded) == 0
	})
}
