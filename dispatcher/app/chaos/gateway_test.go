package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// gateway is the real program, and a test's.
type gateway struct {
	*apptest.Gateway
	t     *testing.T
	query string // of a signed request, but for the command
}

// newGateway makes the gateway's directory, with the good plugin and a bad one of that
// role.
func newGateway(t *testing.T, role string) *gateway {
	t.Helper()
	query := apptest.Query(shop, "", token)
	query.Del("CallbackCommand")
	g := &gateway{apptest.New(t, programs.Watched(t)), t, query.Encode()}
	g.Client.Timeout = wait
	t.Cleanup(g.Stop)
	g.Write("token", token+"\n")
	g.configure(longest, "")
	g.install("good", "good")
	g.install("bad", role)
	return g
}

// configure writes the configuration: the budget of a misused callback, and what
// else the test says. Others have as much time as there is, since nothing of this
// is about the machine; and a policy that nobody takes for a plugin's answer.
func (g *gateway) configure(budget, more string) {
	g.t.Helper()
	g.Configure("127.0.0.1:0", fmt.Sprintf(`sign_window: 1h
apps:
  %q: {tokens: ["${file:token}"]}
routes:
  "*": {mode: sync}
  %s: {timeout: 20s}
  %s: {timeout: 1.9s, on_failure: deny}
  %s: {timeout: %s, on_failure: deny}
%s`, shop, told, decided, misused, budget, more))
}

// install puts a plugin of that role into the plugin directory.
func (g *gateway) install(name, role string) { g.installBuild(name, role, 0) }

// installBuild is install with a number that makes it another program.
func (g *gateway) installBuild(name, role string, number int) {
	g.t.Helper()
	command := fmt.Sprintf("BADPLUGIN=%s exec '%s'", role, programs.Path(g.t, "badplugin", badplugin))
	switch role {
	case "hog": // loops cannot be interrupted
		command = "export GODEBUG=asyncpreemptoff=1; " + strings.Replace(command, role, "author", 1)
	case "raw", "prints":
		command = "unset SWITCHHOOK_PLUGIN; " + command // the SDK would guard standard output
	}
	g.Write("plugins/"+name, fmt.Sprintf("#!/bin/sh\n# build %d\n%s\n", number, command))
}

// start starts the gateway and waits until it is ready, and its plugins.
func (g *gateway) start() {
	g.t.Helper()
	g.Start()
	g.awaitPlugins()
}

// awaitPlugins waits until both plugins are ready, or what there is of them.
func (g *gateway) awaitPlugins() {
	g.t.Helper()
	for _, name := range []string{"good", "bad"} {
		apptest.Eventually(g.t, "plugin "+name+" has come up or failed", func() bool {
			state := g.Plugin(name).State
			return state == "ready" || state == "failed"
		})
	}
}

// signal sends a signal to a process of a plugin.
func (g *gateway) signal(pid int, s syscall.Signal) {
	g.t.Helper()
	if pid <= 1 { // a whole group of processes, the tests' own for one
		g.t.Fatalf("a plugin has the process id %d", pid)
	}
	if err := syscall.Kill(pid, s); err != nil {
		g.t.Error(err)
	}
}

// states returns the states that a plugin has entered, as they were logged.
func (g *gateway) states(plugin string) (all []string) {
	for _, record := range g.Log.Records("plugin state changed", 0) {
		if record["plugin"] == plugin {
			state, _ := record["state"].(string)
			all = append(all, state)
		}
	}
	return all
}

// unsentSince reports whether a callback that has reached no plugin was logged after
// so many bytes.
func (g *gateway) unsentSince(size int) bool {
	for line := range strings.Lines(g.Log.Since(size)) {
		var record struct{ Msg, Err string }
		if json.Unmarshal([]byte(line), &record) == nil && record.Msg == "callback not handled" &&
			(strings.HasPrefix(record.Err, "wait to send to plugin") || strings.Contains(record.Err, "is not running")) {
			return true
		}
	}
	return false
}

// reload has the gateway take up what has changed.
func (g *gateway) reload() {
	g.t.Helper()
	g.Ask(func(ctx context.Context, c *admin.Client) error {
		_, err := c.Reload(ctx)
		return err
	})
}

// record returns the last record of that message.
func (g *gateway) record(message string) (found map[string]any, ok bool) {
	all := g.Log.Records(message, 0)
	if len(all) == 0 {
		return nil, false
	}
	return all[len(all)-1], true
}
