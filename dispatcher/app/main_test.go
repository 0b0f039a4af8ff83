package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/internal/leaktest"
	"github.com/switchhook/switchhook/internal/twin"
)

// patience bounds every wait of the tests; nothing is ever measured by it.
const patience = 4 * time.Minute

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
	os.Exit(leaktest.Run(m, programs.remove, plugins.Remove))
}

// promptExit keeps the race detector from waiting a second at the end of every
// process.
const promptExit = "GORACE=atexit_sleep_ms=0"

// programs are the real ones, built when the first test wants them.
var programs builder

type builder struct {
	once sync.Once
	dir  string
	err  error
}

// bin returns a directory that holds switchhook and plugins/blacklist, as
// `make build` makes it. With the race detector on, it watches the gateway too.
func (b *builder) bin(t *testing.T) string {
	t.Helper()
	b.once.Do(b.build)
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.dir
}

func (b *builder) build() {
	if b.dir, b.err = os.MkdirTemp("", "sh"); b.err != nil {
		return
	}
	gateway, pure := []string{"-o", b.dir + "/switchhook", "./cmd/switchhook"}, "CGO_ENABLED=0"
	if twin.Race {
		gateway, pure = append([]string{"-race"}, gateway...), "CGO_ENABLED=1"
	}
	if b.err = goBuild(pure, gateway...); b.err != nil {
		return
	}
	b.err = goBuild("CGO_ENABLED=0", "-o", filepath.Join(b.dir, "plugins", "blacklist"), "./plugins/blacklist")
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

func (b *builder) remove() error {
	if b.dir == "" {
		return nil
	}
	return os.RemoveAll(b.dir)
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}
