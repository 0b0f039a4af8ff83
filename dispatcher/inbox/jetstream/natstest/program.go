package natstest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

var errNoRepository = errors.New("the tests do not run in the repository: no .ci/nats/go.mod beside the go.mod that go env GOMOD names, or above it")

// program is the server, as .ci/nats/go.mod pins it. Go builds it once, for all tests.
//
//nolint:gochecknoglobals // built once
var program = sync.OnceValues(func() (string, error) {
	file, err := run("", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	root, pins := filepath.Dir(file), ""
	for { // the module of the tests may lie below the repository
		pins = filepath.Join(root, ".ci", "nats", "go.mod")
		if _, err := os.Stat(pins); err == nil {
			break
		}
		if up := filepath.Dir(root); up != root {
			root = up
			continue
		}
		return "", errNoRepository
	}
	return run(root, "tool", "-modfile="+pins, "-n", "nats-server")
})

func run(dir string, args ...string) (string, error) {
	var out, said bytes.Buffer
	cmd := exec.Command("go", args...) //nolint:gosec,noctx // a build is waited for
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, &said)
	}
	return strings.TrimSpace(out.String()), nil
}

// tail keeps what was written last.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	const most = 64 << 10
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*most {
		t.text = append([]byte(nil), t.text[len(t.text)-most:]...)
	}
	return len(p), nil
}

func (t *tail) end() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
