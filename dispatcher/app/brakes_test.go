package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// brake is the series that tells a brake.
func brake(name, target string) string {
	return `switchhook_brake_in_force{brake="` + name + `",target="` + target + `"}`
}

// audits returns what the audit file holds.
func (r *rig) audits() (lines []map[string]any) {
	r.t.Helper()
	text, err := os.ReadFile(r.path("data/audit.log"))
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var one map[string]any
		if err := json.Unmarshal(line, &one); err != nil {
			r.t.Fatalf("%q: %v", line, err)
		}
		lines = append(lines, one)
	}
	return lines
}

// A night with a bypass: set, seen everywhere, kept over a restart, ended early.
func TestABypassHoldsOverARestartUntilItIsEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.configure("routes:\n  " + decision + ": {on_failure: allow}\n")
	r.start()
	r.want("before", r.send(decision, ""), okReply)

	r.wantSaid("route bypass", r.wantRun(0, "route", "bypass", decision, "--decision", "deny", "--for", "30m"),
		decision+" of every app is answered with deny until ", "switchhook route bypass "+decision+" --off ends it")
	checkBypassed := func() {
		t.Helper()
		r.want("bypassed, and the plugin would fail", r.send(decision, "fail"), denial(t))
		r.want("another decision of the plugin", r.send(gesture, ""), okReply)
		r.wantSaid("route ls", r.wantRun(0, "route", "ls", "--command", decision), "BYPASS deny until ", "BYPASS "+decision+" of every app: deny until ", ", by ")
		r.wantMetric(brake("bypass", decision), 1)
		if full := strings.Join(r.degraded(), "\n"); !strings.Contains(full, decision+" of every app is bypassed with deny until ") || !strings.Contains(full, ", by ") {
			t.Errorf("degraded: %s", full)
		}
		code, ready := r.ready()
		public := strings.Join(ready.Degraded, "\n")
		if code != http.StatusOK || !strings.Contains(public, decision+" of every app is bypassed with deny until ") || strings.Contains(public, ", by ") {
			t.Errorf("ready says %d %s", code, public)
		}
		r.awaitReasons(admin.ReasonBypass)
	}
	checkBypassed()
	r.wantMetric(outcome(decision, "bypassed"), 1)
	r.wantMetric(defaulted(decision, "bypassed"), 1)

	r.stop()
	r.start()
	checkBypassed()
	r.wantRun(0, "config", "reload")
	checkBypassed()

	r.wantSaid("route bypass --off", r.wantRun(0, "route", "bypass", decision, "--off"), "ended: "+decision+" of every app with deny")
	r.want("after its end", r.send(decision, ""), okReply)
	r.wantMetric(brake("bypass", decision), 0)
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("still degraded: %v", reasons)
	}
	r.stop()
	r.start()
	r.want("after a further restart", r.send(decision, ""), okReply)
}

func TestABypassEndsByItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	r.ask(func(ctx context.Context, c *admin.Client) error {
		_, err := c.Bypass(ctx, admin.BypassOrder{Command: "Group.*", App: shopApp, Decision: "deny", For: admin.Duration(time.Millisecond)})
		return err
	})
	r.log.Await(t, "audit", "clock", "route bypass", "Group.*")
	r.want("after its end", r.send(decision, ""), okReply)
	if said := r.wantRun(0, "route", "ls"); strings.Contains(said, "BYPASS") {
		t.Errorf("route ls still shows it:\n%s", said)
	}
	text, err := os.ReadFile(r.path("data/brakes.json"))
	if err != nil || strings.Contains(string(text), "Group") {
		t.Errorf("it is still kept: %s %v", text, err)
	}
}

func TestBypassesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.start()
	for _, tt := range []struct {
		code int
		args string
		want string
	}{
		{1, event + " --decision deny --for 30m", "nothing is decided at " + event + ": it is an event, of which Tencent awaits no verdict, so disable the plugin instead: switchhook plugin disable steady"},
		{1, "State.StateChange --decision deny --for 30m", "it is an event, of which Tencent awaits no verdict, and no plugin handles it"},
		{1, topic + " --decision deny --for 30m", "no plugin decides " + topic + ", so there is nothing to bypass; plugins decide " + decision},
		{1, "Sns.CallbackPrevFriendAdd --decision deny --for 30m", "plugins decide " + gesture + ", " + decision},
		{1, "Topic.* --decision deny --for 30m", "no plugin decides Topic.*"},
		{1, "* --decision deny --for 30m", `"*" is neither a command nor a family such as Group.*`},
		{1, decision + " --decision deny --for 30m --app 1400000009", "no app 1400000009 is configured; there are " + shopApp},
		{1, decision + " --off", "no bypass is in force"},
		{2, "Group.CallbackBeforeSendMessage --decision deny --for 30m", "did you mean " + decision + "?"},
	} {
		r.wantSaid(tt.args, r.wantRun(tt.code, append([]string{"route", "bypass"}, strings.Fields(tt.args)...)...), tt.want)
	}
	r.wantRun(0, "route", "bypass", "Group.*", "--decision", "deny", "--for", "30m")
	r.wantSaid("an end of another", r.wantRun(1, "route", "bypass", decision, "--off"), "no such bypass is in force; there is one for Group.* of every app")
	r.want("the family's", r.send(decision, ""), denial(t))
}

// Changes from several hands at once wait for each other, and cost no callback.
func TestBypassesComeAndGoUnderTraffic(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.install("steady", "steady")
	r.start()
	flow := r.keepSending()
	var hands sync.WaitGroup
	for range 3 {
		hands.Go(func() {
			for range 5 {
				for _, order := range []admin.BypassOrder{{Command: decision, Decision: "deny", For: admin.Duration(time.Hour)}, {Command: decision, Off: true}} {
					r.ask(func(ctx context.Context, c *admin.Client) error {
						_, err := c.Bypass(ctx, order)
						if order.Off {
							return nil // another hand may have been faster
						}
						return err
					})
				}
				if got := r.send(decision, ""); got.body != okReply && got.body != denial(t) {
					t.Errorf("neither allowed nor denied: %s", got)
				}
			}
		})
	}
	hands.Wait()
	flow.more()
	flow.stop()
	if reasons := r.degraded(); len(reasons) > 0 {
		t.Errorf("left behind: %v", reasons)
	}
}

// A file that nobody can read must not keep the gateway from serving, and a bypass
// that nobody can be sure of is none.
func TestABrokenBrakesFileIsReported(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"cut short":         `{"bypasses": [{"command": "` + decision + `", "decis`,
		"another decision":  `{"bypasses": [{"command": "` + decision + `", "decision": "maybe", "until": "` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}]}`,
		"without end":       `{"bypasses": [{"command": "` + decision + `", "decision": "deny", "until": "9999-01-02T03:04:05Z"}]}`,
		"without a command": `{"bypasses": [{"decision": "deny", "until": "` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.install("obedient", "obedient")
			r.write("data/brakes.json", text)
			r.start()
			r.log.Await(t, "bypasses not taken up", "data/brakes.json", "in force")
			r.want("the plugin is asked", r.send(decision, ""), okReply)
			r.wantRun(0, "route", "bypass", decision, "--decision", "deny", "--for", "30m")
			r.want("a new one", r.send(decision, ""), denial(t))
		})
	}
}

func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	r.wantRun(0, "config", "reload")
	r.wantRun(0, "route", "bypass", decision, "--decision", "deny", "--for", "30m")
	r.wantRun(1, "route", "bypass", gift, "--decision", "deny", "--for", "30m")
	r.wantSaid("plugin reload", r.wantRun(1, "plugin", "reload", "ghost"), `no plugin "ghost"; the gateway knows obedient`)
	r.hangUp("audit", "signal", "config reload")
	r.wantRun(0, "plugin", "ls") // a read is none

	type line struct {
		via, what, target string
		ok                bool
	}
	want := []line{
		{"socket", "config reload", "", true},
		{"socket", "route bypass", decision, true},
		{"socket", "route bypass", gift, false},
		{"socket", "plugin reload", "ghost", false},
		{"signal", "config reload", "", true},
	}
	var got []line
	text := func(v any) string { s, _ := v.(string); return s }
	for _, one := range r.audits() {
		ok, _ := one["ok"].(bool)
		got = append(got, line{text(one["via"]), text(one["what"]), text(one["target"]), ok})
		uid, known := one["uid"].(float64)
		if socket := one["via"] == "socket"; socket != known || known && int(uid) != os.Getuid() {
			t.Errorf("who asked for it: %v", one)
		}
		if ok == (one["error"] != nil) {
			t.Errorf("ok and error disagree: %v", one)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("audited\n%v, want\n%v", got, want)
	}
	if n := len(r.log.Records("audit", 0)); n != len(want) {
		t.Errorf("%d audits in the log, want %d", n, len(want))
	}
	if info, err := os.Stat(r.path("data/audit.log")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("audit.log: %v %v", info.Mode(), err)
	}
}

// A brake has to work when the disk does not, and says what that means.
func TestABypassWorksWhereNothingCanBeKept(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("obedient", "obedient")
	r.start()
	for _, name := range []string{"data/brakes.json/taken", "data/audit.log/taken"} { // folders where the files should be
		r.write(name, "")
	}
	r.wantSaid("route bypass", r.wantRun(0, "route", "bypass", decision, "--decision", "deny", "--for", "30m"),
		"WARNING a gateway that is started again would not know of it: write data/brakes.json")
	r.log.Await(t, "audit file not written", "audit.log")
	r.want("bypassed all the same", r.send(decision, ""), denial(t))
	r.wantSaid("route bypass --off", r.wantRun(0, "route", "bypass", decision, "--off"), "WARNING a gateway that is started again would take it up again")
	r.want("ended", r.send(decision, ""), okReply)
}

func TestDriftIsASeriesOfEveryPlugin(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.start()
	if _, text := r.get("/metrics"); !strings.Contains(text, `switchhook_plugin_drift{plugin="steady"} 0`) {
		t.Error("no series tells that there is no drift")
	}
}
