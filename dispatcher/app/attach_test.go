package app_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk/wire"
)

// byHand starts a test plugin as a person with a debugger does.
func (r *rig) byHand(role, file string) *apptest.Process {
	r.t.Helper()
	cmd := exec.Command(plugins.Path(r.t))
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), roleKey+"="+role, wire.AttachKey+"="+r.path(file), promptExit)
	return r.spawn(cmd, r.log)
}

// interrupt is Ctrl-C at a plugin that was started by hand.
func (r *rig) interrupt(p *apptest.Process) {
	r.t.Helper()
	p.Signal(syscall.SIGINT)
	if code := p.ExitCode(); code != 0 {
		r.t.Errorf("the plugin ended with exit code %d", code)
	}
}

// routed reports whether the plugin's process gets the callbacks of that command:
// it is ready, and the routes, which follow a little later, know what it claims.
func (r *rig) routed(plugin, command string) bool {
	r.t.Helper()
	if r.plugin(plugin).State != string(pluginhost.StateReady) {
		return false
	}
	var routes []admin.Route
	r.ask(func(ctx context.Context, c *admin.Client) (err error) {
		routes, err = c.Routes(ctx)
		return err
	})
	return slices.ContainsFunc(routes, func(route admin.Route) bool {
		return route.Command == command && slices.Contains(route.Handlers, plugin)
	})
}

// A plugin under a debugger gets the callbacks, has the time that somebody at a
// breakpoint needs, and may be started again; the gateway says all the while
// that it is no usual one.
func TestPluginUnderADebugger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("mine", "steady") // what is installed under that name stays where it is
	plugin := r.byHand("obedient", "mine.json")
	r.launch(r.switchhook(slices.Concat([]string{"serve", "--config", "switchhook.yaml", "--reattach", "mine=mine.json"}, freePorts())...))
	attached := func() bool { return r.routed("mine", decision) }
	eventually(t, "the gateway attaches", attached)

	r.want("a callback", r.send(decision, "say how long"), `{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"minutes"}`)
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), "mine  ready (attached)  1.0.0")
	r.wantSaid("route ls", r.wantRun(0, "route", "ls"), "10m")
	r.wantSaid("the log", r.log.String(), `"plugin is in debug: no health checks, and a callback may hold its place for long","plugin":"mine","attached":true`)
	code, said := r.ready()
	if code != 200 || !strings.Contains(strings.Join(said.Degraded, "\n"), "plugin mine is in debug") {
		t.Errorf("/-/ready is %d, degraded by %q", code, said.Degraded)
	}
	r.awaitReasons(admin.ReasonPluginDebug)

	r.interrupt(plugin)
	eventually(t, "the gateway misses it", func() bool { return !attached() })
	r.want("without the plugin", r.send(decision, "refuse"), okReply)
	r.wantMetric(defaulted(decision, "unavailable"), 1)
	plugin = r.byHand("obedient", "mine.json")
	eventually(t, "the gateway is back", attached)
	r.want("with the next", r.send(decision, "refuse"), `{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"refused"}`)

	r.stop()
	if plugin.Ended() {
		t.Errorf("the gateway ended a process that it did not start\n%s", r.log)
	}
	r.interrupt(plugin)
}

// Who tries a gateway whose plugin is not there is not sent to it, and callbacks
// of its commands are those of nobody: the gateway cannot know what it claims.
func TestPluginThatWasNeverThereClaimsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("steady", "steady")
	r.launch(r.switchhook(slices.Concat([]string{"serve", "--app", shopApp, "--reattach", "mine=mine.json"}, freePorts())...))
	const welcome = "Switchhook serves callbacks at "
	eventually(t, "the gateway welcomes who tries it", func() bool { return strings.Contains(r.log.String(), welcome) })
	if !regexp.MustCompile(welcome + `\S+ with steady\.\n`).MatchString(r.log.String()) {
		t.Errorf("the welcome names another plugin than the one that runs\n%s", r.log)
	}
	r.wantSaid("send", r.succeed(r.switchhook("send", gesture)), "goes to NO PLUGIN: none claims the command", "message would be DELIVERED")
}

// A plugin that the gateway starts may be in debug too, for `dlv attach`.
func TestPluginInDebug(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.install("mine", "obedient")
	r.configure("plugins: {mine: {debug: true}}\n")
	r.start()
	eventually(t, "the plugin is ready", func() bool { return r.routed("mine", decision) })
	r.want("a callback", r.send(decision, "say how long"), `{"ActionStatus":"OK","ErrorCode":10100,"ErrorInfo":"minutes"}`)
	r.wantSaid("plugin ls", r.wantRun(0, "plugin", "ls"), "mine  ready (debug)  1.0.0")
	r.wantSaid("the log", r.log.String(), "plugins.mine.debug: takes health checks and deadlines away")
}

// docs/debugging-a-plugin.md says what to type. Without a debugger, the program
// itself takes its place.
func TestDebuggingAsDocumented(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := r.path("switchhook")
	for _, name := range []string{"bin/switchhook", "bin/plugins/blacklist"} {
		r.write(filepath.Join("switchhook", filepath.Dir(name), ".keep"), "")
		if err := os.Symlink(filepath.Join(bin(t), strings.TrimPrefix(name, "bin/")), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	typed := []string{prelude + "mkdir -p tmp\n"}
	for _, b := range blocks(t, "docs/debugging-a-plugin.md") {
		if b.language == "sh" {
			typed = append(typed, b.text)
		}
	}
	script := strings.Join(typed, "")
	for _, s := range slices.Concat(substitutions(t), [][2]string{
		{`/tmp/`, dir + "/tmp/"},
		// A debugger runs what it builds; here it is built already, and waits in the
		// background until the gateway has left.
		{`(?m)^(SWITCHHOOK_ATTACH=\S+) dlv debug \./plugins/blacklist$`, `$1 bin/plugins/blacklist 2>waits & PLUGIN=$$!
until [ -e ` + dir + `/tmp/blacklist.json ]; do kill -0 "$$PLUGIN"; sleep 0.1; done`},
		{`(?m)^bin/switchhook send`, "until bin/switchhook plugin ls | grep -q 'ready (attached)' && bin/switchhook route ls | grep -q blacklist; do sleep 0.1; done\nbin/switchhook send"},
	}) {
		script = regexp.MustCompile(s[0]).ReplaceAllString(script, s[1])
	}
	script += "\ncat waits\nkill -INT $PLUGIN\nwait $PLUGIN\nls tmp\n"
	out, err := runScript(t, dir, script)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("%v\nscript:\n%s\nprinted:\n%s\nlog:\n%s", err, script, out, log)
	}
	for _, part := range []string{
		"ready (attached)", "\ngoes to blacklist\n", "plugin blacklist is in debug", "blacklist waits for a gateway; Ctrl-C ends it.",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("nothing shows %q:\n%s", part, out)
		}
	}
}
