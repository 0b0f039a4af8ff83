package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// watched is what the rig's configuration says for files to be watched.
const watched = "watch_plugins: true\n"

// wantFileAudit checks that the last change was a file's, and how it ended.
func (r *rig) wantFileAudit(ok bool, file string) {
	r.t.Helper()
	eventually(r.t, "the change of "+file+" is audited", func() bool {
		if _, err := os.Stat(r.path("data/audit.log")); err != nil {
			return false
		}
		for _, line := range r.audits() {
			args, _ := line["args"].(map[string]any)
			files, _ := args["files"].(string)
			if line["via"] == "file" && line["what"] == "plugin files" && line["ok"] == ok && strings.Contains(files, r.path(file)) {
				return true
			}
		}
		return false
	})
}

func TestAChangedFileIsTakenUpUnderTraffic(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.install("obedient", "obedient")
	r.configure(watched)
	r.start()
	steady := r.plugin("steady").PID
	flow := r.keepSending()
	r.replace("obedient 2")
	r.log.Await(t, "changed plugin files taken up", r.path(program), `{"replaced":["obedient"]}`)
	r.wantReady("taken up", "obedient", "2.0.0")
	r.want("the new claim", r.send(shake, ""), okReply)
	r.wantMetric(outcome(shake, "ok"), 1)
	r.wantFileAudit(true, program)

	// A new file is a new plugin, and an old one that is gone ends its own.
	r.install("fragile", "fragile")
	r.log.Await(t, "changed plugin files taken up", `{"started":["fragile"]}`)
	r.wantReady("new", "fragile", "1.0.0")
	r.remove("bin/plugins/obedient")
	r.log.Await(t, "changed plugin files taken up", `{"stopped":["obedient"]}`)
	if got := r.send(greeting, ""); !strings.Contains(got.body, `"ActionStatus":"FAIL"`) {
		t.Errorf("an event of the plugin whose file is gone: %s", got)
	}
	if p := r.plugin("obedient"); p.State != "failed" || len(p.Claims) == 0 {
		t.Errorf("the plugin whose file is gone is %+v", p)
	}
	r.replace("obedient 2")
	r.log.Await(t, "changed plugin files taken up", `{"started":["obedient"]}`)
	r.want("it is back", r.send(greeting, ""), okReply)
	flow.more()
	flow.stop()
	if now := r.plugin("steady").PID; now != steady {
		t.Error("a plugin whose file did not change has another process")
	}
}

func TestAFileThatIsRefusedChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.configure(watched)
	r.start()
	before := r.plugin("obedient")
	r.script("bin/plugins/.new", "echo 'no licence' >&2; exit 3")
	if err := os.Rename(r.path("bin/plugins/.new"), r.path(program)); err != nil {
		t.Fatal(err)
	}
	r.log.Await(t, "changed plugin files not taken up", "plugin obedient did not come up: ", "no licence", " serves on")
	r.wantFileAudit(false, program)
	if now := r.plugin("obedient"); now.PID != before.PID || !strings.Contains(now.Drift, "because it was refused: plugin obedient did not come up") {
		t.Errorf("it was %+v and is %+v", before, now)
	}
	r.wantSaid("degraded", strings.Join(r.degraded(), "\n"), "plugin obedient is not what its file is: the file is ", "no licence")
	code, public := r.ready()
	if all := strings.Join(public.Degraded, "\n"); code != 200 || !strings.Contains(all, "obedient") || strings.Contains(all, "licence") {
		t.Errorf("ready says %d %s", code, all)
	}
	r.wantMetric(drift("obedient"), 1)
	r.wantMetric("switchhook_degraded", 1)
	r.awaitReasons(admin.ReasonPluginDrift)
	r.awaitReloaded(false)

	r.replace("obedient 2")
	r.log.Await(t, "changed plugin files taken up", `{"replaced":["obedient"]}`)
	r.wantMetric(drift("obedient"), 0)
	r.wantMetric("switchhook_degraded", 0)
	r.awaitReasons()
	r.awaitReloaded(true)

	// A plugin's file that is taken up does not make up for a configuration that was not.
	r.write("switchhook.yaml", "nothing: known\n")
	r.wantRun(1, "config", "reload")
	done, since := r.metric(reloadSeries+`{result="ok"}`), r.metric(reloadedSince)
	r.install("fragile", "fragile")
	eventually(t, "the file is taken up", func() bool { return r.metric(reloadSeries+`{result="ok"}`) > done })
	r.wantMetric(reloadedNow, 0)
	r.wantMetric(reloadedSince, since)
}

func TestAPinHoldsAgainstAChangedFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	pin := func() string {
		text, err := os.ReadFile(r.path(program))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		return hex.EncodeToString(sum[:])
	}
	old := pin()
	r.configure(watched + "plugins: {obedient: {sha256: " + old + "}}\n")
	r.start()
	r.replace("obedient 2")
	r.log.Await(t, "changed plugin files not taken up", "plugins.obedient.sha256 pins "+old, pin(), " serves on")
	r.wantReady("pinned", "obedient", "1.0.0")
	r.want("pinned", r.send(decision, ""), okReply)
	r.wantSaid("plugin reload", r.wantRun(1, "plugin", "reload", "obedient"), "plugins.obedient.sha256 pins "+old, " serves on\n")
	r.wantSaid("config reload", r.wantRun(1, "config", "reload"), "plugins.obedient.sha256 pins "+old)
	r.wantSaid("degraded", strings.Join(r.degraded(), "\n"), "which plugins.obedient.sha256 does not allow")

	r.configure(watched + "plugins: {obedient: {sha256: " + pin() + "}}\n")
	r.wantSaid("config reload", r.wantRun(0, "config", "reload"), "changed plugins.obedient\n")
	r.wantReady("pinned anew", "obedient", "2.0.0")
	eventually(t, "nothing degrades it any more", func() bool { return len(r.degraded()) == 0 })
}

// A plugin that never came up gets the next program of its file too.
func TestAFileThatIsMendedIsTakenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.script(program, "exec /nowhere/interpreter")
	r.configure(watched)
	r.start()
	if p := r.plugin("obedient"); p.State == "ready" {
		t.Fatalf("it is %+v", p)
	}
	r.replace("obedient")
	eventually(t, "it is ready", func() bool { return r.plugin("obedient").State == "ready" })
	eventually(t, "its claims are routes", func() bool { return strings.Contains(r.wantRun(0, "route", "ls"), greeting) })
	r.want("an event", r.send(greeting, ""), okReply)
}

// Whether files are watched is a live key; what changed while they were not is taken
// up by the reload that switches it on.
func TestTheWatchIsSwitchedByAReload(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	r.replace("obedient 2")
	if p := r.plugin("obedient"); p.Version != "1.0.0" || !strings.Contains(p.Drift, "not taken up yet") {
		t.Errorf("it is %+v", p)
	}
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("a file that is not taken up yet degrades: %v", reasons)
	}
	r.configure(watched)
	r.wantRun(0, "config", "reload")
	r.wantReady("after the reload", "obedient", "2.0.0")
	r.replace("obedient")
	r.log.Await(t, "changed plugin files not taken up", "would no longer claim "+shake)
	r.wantRun(0, "plugin", "reload", "obedient", "--drop-claims")
	r.wantReady("after all", "obedient", "1.0.0")
}

// So does one that comes up and crashes again and again: what runs is the file's next
// program, and not the old one once more.
func TestTheFileOfACrashLoopingPluginIsTakenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.configure(watched + "plugins: {obedient: {restart: {budget: 1, window: 1h}}}\n")
	r.start()
	eventually(t, "it is crash-looping", func() bool {
		if r.plugin("obedient").State == "ready" {
			r.send(decision, "exit")
		}
		return r.plugin("obedient").State == "crash_looping"
	})
	r.replace("obedient 2")
	r.log.Await(t, "changed plugin files taken up", `{"replaced":["obedient"]}`)
	r.wantReady("taken up", "obedient", "2.0.0")
	r.want("a decision", r.send(decision, ""), okReply)
}

// What never came up never served, whatever is done with it.
func TestAPluginThatNeverServedIsPutRight(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.script(program, "exit 3")
	r.start()
	r.wantSaid("plugin restart", r.wantRun(1, "plugin", "restart", "obedient"), "plugin obedient did not come up: ", "; plugin obedient is ")
	r.wantSaid("plugin rollback", r.wantRun(1, "plugin", "rollback", "obedient"), "no program served before the present one")
	r.replace("obedient")
	said := r.wantRun(0, "plugin", "restart", "obedient")
	r.wantSaid("plugin restart", said, "obedient is ready, in ", ", version 1.0.0\n", "claims "+decision+" now\n")
	if strings.Contains(said, "before") {
		t.Errorf("something is said to have served before:\n%s", said)
	}
	r.want("a decision", r.send(decision, ""), okReply)

	r.remove(program)
	r.wantRun(0, "config", "reload")
	r.wantRun(0, "plugin", "disable", "obedient")
	r.wantSaid("plugin enable", r.wantRun(1, "plugin", "enable", "obedient"), "is missing; put it back")
}

// The end of the gateway does not wait for a plugin that takes its time, and what it
// cuts short is no failure.
func TestAStopCutsAnUpgradeShort(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.configure(watched)
	r.start()
	before := r.log.Size()
	r.script("bin/plugins/.new", "exec sleep 1000")
	if err := os.Rename(r.path("bin/plugins/.new"), r.path(program)); err != nil {
		t.Fatal(err)
	}
	r.log.AwaitAfter(t, before, "plugin state changed", "obedient", "starting", "reload")
	r.stop()
	if said := r.log.Records("changed plugin files not taken up", before); len(said) > 0 {
		t.Errorf("a failure is logged: %v", said)
	}
	r.replace("obedient 2")
	r.start()
	r.wantReady("after the restart", "obedient", "2.0.0")
}

// What was rolled back stays so, however the program that serves in its stead is.
func TestAKickTakesUpNothingThatWasRolledBack(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.script(program, fmt.Sprintf("test -e '%s' && exit 3; %s %s=obedient exec '%s'", r.path("broken"), promptExit, roleKey, plugins.Path(t)))
	r.start()
	r.replace("obedient 2")
	r.wantRun(0, "plugin", "reload", "obedient")
	r.wantRun(0, "plugin", "rollback", "obedient")
	r.stop()
	r.write("broken", "")
	r.start()
	r.wantRun(0, "config", "reload")
	r.wantRun(1, "plugin", "restart", "obedient")
	r.remove("broken")
	r.wantRun(0, "plugin", "restart", "obedient")
	r.wantReady("rolled back", "obedient", "1.0.0")
}

// Whoever keeps a copy beside a plugin's file must not switch its decisions off.
func TestACopyBesideAPluginIsNotTakenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.configure(watched)
	r.start()
	r.install("obedient.bak", "obedient")
	r.log.Await(t, "changed plugin files not taken up", "plugin obedient.bak is not taken up: it calls itself obedient, as plugin obedient does")
	r.want("a decision", r.send(decision, "refuse"), `{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"refused"}`)
	if _, said := r.ready(); len(said.Degraded) != 0 {
		t.Errorf("degraded: %q", said.Degraded)
	}
	r.wantFileAudit(false, "bin/plugins/obedient.bak")
}
