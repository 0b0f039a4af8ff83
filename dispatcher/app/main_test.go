package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/internal/twin"
)

// patience bounds every wait of the tests; nothing is ever measured by it.
const patience = apptest.Patience

// plugins is this binary, as far as it is a plugin.
var plugins twin.Twin

// TestMain makes this binary every misbehaving plugin of the tests too: a script
// in a plugin directory runs it again with its role in the environment.
func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(roleKey); ok {
		playPlugin(role)
		os.Exit(0)
	}
	// Nobody debugs what the pages and the authors of the tests build: a third of the
	// time that a build takes goes into what debuggers read.
	_ = os.Setenv("GOFLAGS", strings.TrimSpace(os.Getenv("GOFLAGS")+" -ldflags=-w")) // it is a key
	os.Exit(leaktest.Run(m, programs.Remove, plugins.Remove))
}

// promptExit keeps the race detector from waiting a second at the end of every
// process.
const promptExit = "GORACE=atexit_sleep_ms=0"

// programs are the real ones, built when the first test wants them.
var programs apptest.Programs

// bin returns a directory that holds switchhook and plugins/blacklist, as
// `make build` makes it. With the race detector on, it watches the gateway too.
func bin(t *testing.T) string {
	t.Helper()
	programs.Path(t, "plugins/blacklist", "github.com/switchhook/switchhook/plugins/blacklist")
	return filepath.Dir(programs.Watched(t))
}

// goBuild builds in the repository's root.
func goBuild(env string, args ...string) error {
	cmd := exec.Command("go", append([]string{"build", "-ldflags", "-s -w"}, args...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), env)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %v: %w\n%s", args, err, out)
	}
	return nil
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	apptest.Eventually(t, what, ok)
}
