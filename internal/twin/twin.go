// Package twin builds the binary of a package's tests once more, without the race
// detector: for tests that are processes too, such as plugins, which are started by the
// hundred and which nobody looks into. The detector makes each of them several times as
// dear. Only tests import it.
package twin

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Twin is the other binary, built when the first test wants it. It may be used from many
// goroutines.
type Twin struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// Path returns the path of the twin: of the tests' own binary where the race detector is
// off, or where SWITCHHOOK_SOAK says that it is to watch every process.
func (w *Twin) Path(t *testing.T) string {
	t.Helper()
	w.once.Do(w.build)
	if w.err != nil {
		t.Fatal(w.err)
	}
	return w.path
}

func (w *Twin) build() {
	if !Race || os.Getenv("SWITCHHOOK_SOAK") != "" {
		w.path, w.err = os.Executable()
		return
	}
	if w.dir, w.err = os.MkdirTemp("", "sh"); w.err != nil {
		return
	}
	w.path = filepath.Join(w.dir, "tests")
	cmd := exec.Command("go", "test", "-c", "-ldflags", "-s -w", "-o", w.path, ".") //nolint:gosec,noctx // these tests, which have to be built
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.err = fmt.Errorf("build the tests without the race detector: %w\n%s", err, out)
	}
}

// Remove removes what was built.
func (w *Twin) Remove() error {
	if w.dir == "" {
		return nil
	}
	return os.RemoveAll(w.dir) //nolint:wrapcheck // it says all
}
