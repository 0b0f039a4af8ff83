package apptest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/internal/twin"
)

// Packages of this module that programs are built of.
const (
	module = "github.com/switchhook/switchhook/"

	// Switchhook is the gateway.
	Switchhook = module + "cmd/switchhook"
	// Recorder is a plugin that writes down the events that it has handled.
	Recorder = module + "dispatcher/app/apptest/testdata/recorder"
)

// Programs are programs of this module, each built when the first test wants it, as a
// release is. The zero Programs has none yet. It may be used from many goroutines.
type Programs struct {
	mu    sync.Mutex
	dir   string
	built map[string]error
}

// Path returns the path of a program, which is built of the package with the flags of
// the go command, among which -race brings the race detector. The name is its file's, and
// has to be another for other flags.
func (p *Programs) Path(t *testing.T, name, pkg string, flags ...string) string {
	t.Helper()
	return p.PathBy(t, name, pkg, func(string) ([]string, error) { return flags, nil })
}

// PathBy is Path with flags that have to be prepared, in a directory that stays as long
// as the programs.
func (p *Programs) PathBy(t *testing.T, name, pkg string, prepare func(dir string) (flags []string, err error)) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // it outlives the test
		if err != nil {
			t.Fatal(err)
		}
		p.dir, p.built = dir, make(map[string]error)
	}
	path := filepath.Join(p.dir, name)
	if _, done := p.built[name]; !done {
		flags, err := prepare(p.dir)
		if err == nil {
			err = build(path, pkg, flags)
		}
		p.built[name] = err
	}
	if err := p.built[name]; err != nil {
		t.Fatal(err)
	}
	return path
}

// Watched returns the path of the gateway, which the race detector watches where it
// watches the tests, and as far: SWITCHHOOK_UNWATCHED has the flags that spare SQLite.
func (p *Programs) Watched(t *testing.T) string {
	t.Helper()
	if !twin.Race {
		return p.Path(t, "switchhook", Switchhook)
	}
	spared := strings.Fields(os.Getenv("SWITCHHOOK_UNWATCHED"))
	return p.Path(t, "switchhook", Switchhook, append([]string{"-race"}, spared...)...)
}

// Remove removes the programs, once no test wants them any more.
func (p *Programs) Remove() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir) //nolint:wrapcheck // it says all
}

func build(path, pkg string, flags []string) error {
	cgo := "CGO_ENABLED=0"
	for _, flag := range flags {
		if flag == "-race" {
			cgo = "CGO_ENABLED=1"
		}
	}
	args := append([]string{"build", "-ldflags", "-s -w", "-o", path}, flags...)
	cmd := exec.Command("go", append(args, pkg)...) //nolint:gosec,noctx // a program of this module, which has to be built
	cmd.Env = append(os.Environ(), cgo)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %v %s: %w\n%s", args, pkg, err, out)
	}
	return nil
}
