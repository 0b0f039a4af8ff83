package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/app/apptest"
)

// rig is a directory with a configuration, plugins and data, and the gateway
// that runs in it: the real program, in a process of its own.
type rig struct {
	t       *testing.T
	dir     string
	log     *apptest.Journal // of every gateway that ran here
	client  *http.Client
	secrets sync.Map // what must never be logged

	durable bool // events are stored, as they are where nobody says otherwise

	process       *apptest.Process
	listen, admin string             // addresses of the running one
	spawned       []*apptest.Process // all that ever ran
}

// newRig makes the directory. A rig with a token needs no more than plugins.
func newRig(t *testing.T) *rig {
	t.Helper()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // short: a socket's path has a limit
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	r := &rig{t: t, dir: dir, log: &apptest.Journal{}, client: &http.Client{Transport: transport}}
	t.Cleanup(r.clear) // whatever the next one comes to
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		r.stop()
		r.checkSecrets()
	})
	r.write("bin/plugins/.keep", "")
	r.secret(shopToken)
	r.write("token", shopToken+"\n")
	r.configure("")
	return r
}

// clear kills what is still there and removes the directory.
func (r *rig) clear() {
	for _, p := range r.spawned {
		p.Kill()
	}
	if r.t.Failed() {
		r.t.Logf("log of %s:\n%s", r.t.Name(), r.log)
	}
	if err := os.RemoveAll(r.dir); err != nil {
		r.t.Error(err)
	}
}

// path returns the absolute path of a file of the rig.
func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o700); err != nil {
		r.t.Fatal(err)
	}
	// In one step: a reload may be reading the file.
	if err := os.WriteFile(r.path(name+".new"), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(r.path(name+".new"), r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) remove(name string) {
	r.t.Helper()
	if err := os.RemoveAll(r.path(name)); err != nil {
		r.t.Fatal(err)
	}
}

// configure writes the configuration: one app whose token stands in a file, and
// what else the test says. Most tests ask what a plugin answers, so events are
// answered by it unless the rig is durable. Files are not watched unless it says so, so that what a
// test does to them is taken up when it wants.
func (r *rig) configure(more string) {
	r.t.Helper()
	if !strings.Contains(more, "watch_plugins:") {
		more += "\nwatch_plugins: false\n"
	}
	r.write("switchhook.yaml", fmt.Sprintf("apps:\n  %q: {tokens: [\"${file:token}\"]}\n%s", shopApp, r.mode(more)))
}

// mode adds to a configuration that events are answered by their plugins, unless the
// rig is durable.
func (r *rig) mode(text string) string {
	const section, all = "routes:\n", "  \"*\": {mode: sync}\n"
	switch {
	case r.durable:
		return text
	case strings.Contains(text, section):
		return strings.Replace(text, section, section+all, 1)
	default:
		return text + "\n" + section + all
	}
}

// install puts a plugin of that role into the plugin directory.
func (r *rig) install(name, role string) { r.installAs(filepath.Join("bin/plugins", name), role) }

func (r *rig) installAs(path, role string) {
	r.t.Helper()
	command := fmt.Sprintf("%s %s='%s' exec '%s'", promptExit, roleKey, role, plugins.Path(r.t))
	if name, _, _ := strings.Cut(role, " "); !slices.Contains([]string{"obedient", "steady", "fragile", "telltale", "liar"}, name) {
		command = "unset SWITCHHOOK_PLUGIN; " + command // the SDK would guard standard output
	}
	r.script(path, command)
}

// script puts a shell script there.
func (r *rig) script(path, command string) {
	r.t.Helper()
	r.write(path, "#!/bin/sh\n"+command+"\n")
	if err := os.Chmod(r.path(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

// installBlacklist puts the real plugin into the plugin directory.
func (r *rig) installBlacklist() {
	r.t.Helper()
	if err := os.Symlink(filepath.Join(bin(r.t), "plugins", "blacklist"), r.path("bin/plugins/blacklist")); err != nil {
		r.t.Fatal(err)
	}
}

// secret notes what must not be logged.
func (r *rig) secret(text string) { r.secrets.Store(text, nil) }

// checkSecrets looks for them in all that was logged.
func (r *rig) checkSecrets() {
	r.t.Helper()
	logged := r.log.String()
	r.secrets.Range(func(secret, _ any) bool {
		if text := fmt.Sprint(secret); strings.Contains(logged, text) {
			r.t.Errorf("the log tells %q", text)
		}
		return true
	})
	if strings.Contains(logged, "DATA RACE") {
		r.t.Error("the gateway has a data race")
	}
}

// ask asks the gateway over its admin socket.
func (r *rig) ask(question func(context.Context, *admin.Client) error) {
	r.t.Helper()
	client, err := admin.NewClient(r.path("data/admin.sock"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer client.Close()
	if err := question(context.Background(), client); err != nil {
		r.t.Fatal(err)
	}
}
