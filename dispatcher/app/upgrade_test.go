package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// program is where obedient's file lies.
const program = "bin/plugins/obedient"

// replace puts another program in the place of obedient's, as an operator does it: in
// one step.
func (r *rig) replace(role string) {
	r.t.Helper()
	r.installAs("bin/plugins/.new", role)
	if err := os.Rename(r.path("bin/plugins/.new"), r.path(program)); err != nil {
		r.t.Fatal(err)
	}
}

// drift is the series that tells that a plugin is not what its file is.
func drift(plugin string) string { return `switchhook_plugin_drift{plugin="` + plugin + `"}` }

// wantReady checks that this version of a plugin serves.
func (r *rig) wantReady(what, name, version string) {
	r.t.Helper()
	if p := r.plugin(name); p.State != "ready" || p.Version != version {
		r.t.Errorf("%s: plugin %s is %s %s, want ready %s: %s", what, name, p.State, p.Version, version, p.Error)
	}
}

// An operator's evening: none of it costs a callback.
func TestChangesByHandCostNoCallback(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	first := r.plugin("steady")
	flow := r.keepSending()
	r.script("bin/plugins/.new", fmt.Sprintf("# the next one\n%s %s=steady exec '%s'", promptExit, roleKey, plugins.Path(t)))
	if err := os.Rename(r.path("bin/plugins/.new"), r.path("bin/plugins/steady")); err != nil {
		t.Fatal(err)
	}
	r.wantMetric(drift("steady"), 1)
	before := first
	for _, tt := range []struct {
		args  string
		says  string
		brake float64
		drift float64
	}{
		{"reload", "; switchhook plugin rollback steady goes back", 0, 0},
		{"restart", "it is the program that served before", 0, 0},
		{"rollback", ", which is passed over now; switchhook plugin reload steady takes up what its file is", 1, 1},
		{"restart", "it is the program that served before", 1, 1},
		{"reload", "; switchhook plugin rollback steady goes back", 0, 0},
	} {
		r.wantSaid(tt.args, r.wantRun(0, "plugin", tt.args, "steady"), "steady is ready, in 1 process; it took ", "s, the end of the old processes included\n", tt.says)
		r.wantMetric(brake("rolled_back", "steady"), tt.brake)
		r.wantMetric(drift("steady"), tt.drift)
		flow.more()
		now := r.plugin("steady")
		if now.PID == before.PID {
			t.Errorf("after a %s the process is the same", tt.args)
		}
		before = now
	}
	flow.stop()
	r.wantMetric(outcome(event, "ok"), float64(flow.sent.Load()))
}

func TestADisabledPluginIsAnsweredForByItsPolicy(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.configure("routes:\n  " + decision + ": {on_failure: deny}\n")
	r.start()
	flow := r.keepSending()
	r.wantSaid("plugin disable", r.wantRun(0, "plugin", "disable", "obedient"), "obedient is disabled: ", "switchhook plugin enable obedient ends it")
	r.want("a decision", r.send(decision, ""), denial(t))
	if got := r.send(greeting, ""); !strings.Contains(got.body, `"ActionStatus":"FAIL"`) {
		t.Errorf("an event: %s", got)
	}
	r.wantMetric(brake("disabled", "obedient"), 1)
	r.wantSaid("degraded", strings.Join(r.degraded(), "\n"), "plugin obedient is disabled by an operator: `switchhook plugin enable obedient` ends it")
	r.awaitReasons(admin.ReasonPluginDisabled)
	for _, action := range []string{"reload", "restart", "rollback"} {
		said := r.wantRun(1, "plugin", action, "obedient")
		r.wantSaid(action, said, "plugin obedient is disabled: `switchhook plugin enable obedient` first\n")
	}
	r.wantSaid("a second disable", r.wantRun(1, "plugin", "disable", "obedient"), "plugin obedient is disabled already\n")
	r.wantSaid("plugin enable", r.wantRun(0, "plugin", "enable", "obedient"), "obedient is ready, in ")
	r.want("a decision afterwards", r.send(decision, ""), okReply)
	r.want("an event afterwards", r.send(greeting, ""), okReply)
	r.wantMetric(brake("disabled", "obedient"), 0)
	r.wantSaid("a second enable", r.wantRun(1, "plugin", "enable", "obedient"), "plugin obedient is not disabled; ", " serves on\n")
	flow.stop()
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("still degraded: %v", reasons)
	}
}

func TestAnAddedClaimIsARouteWhenTheReloadReturns(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	r.want("nobody claims it", r.send(shake, "panic"), okReply)
	r.replace("obedient 2")
	r.wantSaid("plugin reload", r.wantRun(0, "plugin", "reload", "obedient"), ", version 2.0.0\n", "claims "+shake+" now\n")
	if got := r.send(shake, "fail"); !strings.Contains(got.body, `"ActionStatus":"FAIL"`) {
		t.Errorf("the new claim: %s", got)
	}
	r.wantSaid("route ls", r.wantRun(0, "route", "ls", "--command", shake), "obedient")

	r.replace("obedient 3")
	said := r.wantRun(1, "plugin", "reload", "obedient")
	r.wantSaid("plugin reload", said, "plugin obedient would no longer claim "+decision, shake, "takes --drop-claims; ", " serves on\n")
	r.wantReady("refused", "obedient", "2.0.0")
	r.want("what would be dropped", r.send(decision, ""), okReply)
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls", "obedient"), "passed over since ", "because it was refused: plugin obedient would no longer claim ")
	r.wantSaid("plugin reload", r.wantRun(0, "plugin", "reload", "obedient", "--drop-claims"), ", version 3.0.0\n", "claims "+decision+" NO MORE\n", "claims "+shake+" NO MORE\n")
	r.want("dropped", r.send(shake, "fail"), okReply)
}

// What an operator has done outlives the gateway.
func TestARestartOfTheGatewayKeepsWhatWasDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.install("fragile", "fragile")
	r.configure("routes:\n  " + decision + ": {on_failure: deny}\n")
	r.start()
	old := r.plugin("fragile").SHA256
	r.script("bin/plugins/.new", fmt.Sprintf("# the next one\n%s %s=fragile exec '%s'", promptExit, roleKey, plugins.Path(t)))
	if err := os.Rename(r.path("bin/plugins/.new"), r.path("bin/plugins/fragile")); err != nil {
		t.Fatal(err)
	}
	r.installAs("bin/plugins/versions/obedient-2", "obedient 2")
	r.wantRun(0, "plugin", "reload", "obedient", "--path", "bin/plugins/versions/obedient-2")
	r.wantRun(0, "plugin", "disable", "steady")
	r.wantRun(0, "plugin", "reload", "fragile")
	r.wantRun(0, "plugin", "rollback", "fragile")
	check := func(when string) {
		t.Helper()
		r.wantReady(when, "obedient", "2.0.0")
		r.want("the program of another path, "+when, r.send(shake, ""), okReply)
		if got := r.plugin("steady").State; got != "disabled" {
			t.Errorf("%s: the disabled plugin is %s", when, got)
		}
		if p := r.plugin("fragile"); p.State != "ready" || p.SHA256 != old {
			t.Errorf("%s: the plugin that was rolled back to %s is %s and runs %s", when, old, p.State, p.SHA256)
		}
		said := r.wantRun(0, "plugin", "ls")
		r.wantSaid("plugin ls "+when, said, "BRAKE steady: disabled", "BRAKE fragile: rolled_back", "because it was rolled back",
			"DRIFT obedient: it was reloaded from "+r.path("bin/plugins/versions/obedient-2"))
		r.wantMetric(brake("disabled", "steady"), 1)
		r.wantMetric(brake("rolled_back", "fragile"), 1)
		r.wantMetric(drift("obedient"), 1)
	}
	check("at once")
	r.wantRun(0, "config", "reload")
	check("after a reload of the configuration")
	r.stop()
	r.start()
	check("after a restart")

	r.wantRun(0, "plugin", "reload", "obedient", "--path", program, "--drop-claims")
	r.wantReady("back at its file", "obedient", "1.0.0")
	r.wantMetric(drift("obedient"), 0)
	r.wantRun(0, "plugin", "enable", "steady")
	r.wantRun(0, "plugin", "reload", "fragile")
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("still degraded: %v", reasons)
	}
}

// A rollback from another path is one to the file that served before, with all that
// follows from it.
func TestARollbackFromAnotherPathIsBackAtTheFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	before := r.plugin("obedient")
	r.installAs("bin/plugins/versions/obedient-2", "obedient 2")
	r.wantRun(0, "plugin", "reload", "obedient", "--path", "bin/plugins/versions/obedient-2")
	r.wantSaid("plugin rollback", r.wantRun(0, "plugin", "rollback", "obedient"), "program "+r.path(program)+" sha256 ", ", version 1.0.0\n")
	now := r.plugin("obedient")
	if now.Path != before.Path || now.SHA256 != before.SHA256 || now.Drift != "" {
		t.Errorf("it was %+v and is %+v", before, now)
	}
	r.wantRun(0, "config", "reload")
	if again := r.plugin("obedient"); again.PID != now.PID {
		t.Error("a reload of the configuration has exchanged it")
	}
	r.wantSaid("a second rollback", r.wantRun(1, "plugin", "rollback", "obedient"), "was given up because it was rolled back", " serves on\n")
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), "BRAKE obedient: rolled_back; switchhook plugin reload obedient")

	// What it says to do ends it, although nothing is exchanged.
	r.wantSaid("plugin reload", r.wantRun(0, "plugin", "reload", "obedient"), "it is the program that served before")
	if said := r.wantRun(0, "plugin", "ls"); strings.Contains(said, "rolled_back") {
		t.Errorf("after the reload, plugin ls says\n%s", said)
	}
	r.wantMetric(brake("rolled_back", "obedient"), 0)
}

func TestOfTwoReloadsAtOnceOneWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.install("obedient", "obedient")
	r.start()
	flow := r.keepSending()
	r.replace("obedient 2")
	said := make(chan string, 2)
	for range 2 {
		cmd := r.switchhook("plugin", "reload", "obedient")
		go func() {
			out, err := cmd.CombinedOutput()
			said <- fmt.Sprint(string(out), err)
		}()
	}
	both := <-said + <-said
	flow.stop()
	if strings.Count(both, "obedient is ready, in ") != 2 || strings.Count(both, "it is the program that served before") != 1 ||
		strings.Count(both, "goes back") != 1 {
		t.Errorf("they said\n%s", both)
	}
	if left := r.processes(); len(left) != 2 {
		t.Errorf("%d processes, want 2", len(left))
	}
}

func TestAFileElsewhereIsNoProgramOfAPlugin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.installAs("elsewhere/obedient", "obedient 2")
	r.start()
	for path, want := range map[string]string{
		"elsewhere/obedient":  "elsewhere/obedient does not lie below the plugin directory " + r.path("bin/plugins") + ": copy it to a folder there",
		"bin/plugins/steady":  "is the program of plugin steady",
		"bin/plugins/none":    "no such file",
		filepath.Dir(program): "bin/plugins",
		"bin/plugins/.keep":   "is not executable",
	} {
		said := r.wantRun(1, "plugin", "reload", "obedient", "--path", path)
		r.wantSaid("--path "+path, said, want, " serves on\n")
	}
	r.wantReady("after all", "obedient", "1.0.0")
	r.wantSaid("an unknown one", r.wantRun(1, "plugin", "restart", "obedient2"), `no plugin "obedient2"; the gateway knows obedient, steady`)
}

func TestReplicasAreCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.configure("plugins: {obedient: {replicas: 2}}\n")
	r.start()
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), " 2/2 ")
	r.replace("obedient 2")
	r.wantSaid("plugin reload", r.wantRun(0, "plugin", "reload", "obedient"), ", in 2 processes; it took ")
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), " 2/2 ")
	if left := r.processes(); len(left) != 2 {
		t.Errorf("%d processes, want 2", len(left))
	}
}

func TestAPluginThatMustComeUpEndsTheStart(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("fragile", "fragile")
	r.configure("plugins: {fragile: {on_error: abort, config: {fail: true}}}\n")
	said := r.wantRun(1, append([]string{"serve", "--config", "switchhook.yaml"}, freePorts()...)...)
	r.wantSaid("serve", said, "plugins.fragile.on_error is abort: plugin fragile did not come up: ", "the model file is missing")
	r.checkNothingLeft()
}
