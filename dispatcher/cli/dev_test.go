package cli_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/cli"
	"github.com/switchhook/switchhook/dispatcher/config"
)

// Of the gateway's own file dev takes what a plugin can tell apart: its settings,
// its routes, and what becomes of a request before it is handed on. Who listens
// where and for whom is dev's own.
func TestDevTakesOfTheFileWhatThePluginCanTell(t *testing.T) {
	t.Parallel()
	const name = "mine"
	dir := filepath.Join(t.TempDir(), name)
	file := write(t, "switchhook.yaml", "listen: ':7000'\nmax_body: 12KiB\nstrict_command: true\ncallback_path: /im\ndata_dir: kept\n"+
		"apps:\n  '1400000009': {insecure: true}\n"+
		"plugins:\n  mine: {path: elsewhere, enabled: false, config: {color: red}}\n  other: {}\n"+
		"routes:\n  'Group.*': {handlers: [other, mine], mode: durable}\n  'Sns.*': {handlers: [other]}\n  'C2C.*': {on_failure: deny}\n")
	if err := errors.Join(
		os.Mkdir(dir, 0o700),
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/mine\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	served := errors.New("served")
	var got cli.Serve
	var out, complaints bytes.Buffer
	code := cli.Program{Serve: func(_ context.Context, s cli.Serve) error {
		got = s
		return served
	}}.Execute(t.Context(), []string{"dev", dir, "--listen", "127.0.0.1:7001", "--config", file}, nil, &out, &complaints)
	if code != cli.ExitFailed || !strings.HasSuffix(complaints.String(), "switchhook: served\n") {
		t.Fatalf("exit code %d: %s", code, complaints.String())
	}
	if c := got.Config; c.MaxBody != 12<<10 || !c.StrictCommand || c.CallbackPath != "/im" {
		t.Errorf("max_body %d, strict_command %v, callback_path %s are not the file's", c.MaxBody, c.StrictCommand, c.CallbackPath)
	}
	if c := got.Config; c.Listen != "127.0.0.1:7001" || c.DataDir == "kept" || !c.Apps["1400000001"].Insecure || len(c.Apps) != 1 || !got.LoopbackOnly {
		t.Errorf("listen %s, data in %s, apps %v, loopback alone %v: these are dev's own", c.Listen, c.DataDir, c.Apps, got.LoopbackOnly)
	}
	plugin := got.Config.Plugins[name]
	if len(got.Config.Plugins) != 1 || plugin.Path != "" || !plugin.Enabled || !strings.Contains(string(plugin.Config), "red") {
		t.Errorf("plugins %+v: want mine alone, enabled, with its settings", got.Config.Plugins)
	}
	routes := make(map[string][]string)
	for pattern, route := range got.Config.Routes {
		routes[pattern] = slices.Clone(route.Handlers)
		if route.Mode != "sync" {
			t.Errorf("%s is %q: an author wants to see what the plugin answers", pattern, route.Mode)
		}
	}
	if diff := cmp.Diff(map[string][]string{"*": nil, "Group.*": {name}, "C2C.*": nil}, routes); diff != "" {
		t.Errorf("routes (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(got.Config.DataDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what dev keeps is not gone: %v", err)
	}
	var problems config.Problems
	if err := os.WriteFile(file, []byte("listn: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := got.Reload(); !errors.As(err, &problems) {
		t.Errorf("a wrong file was taken over: %v", err)
	}
}
