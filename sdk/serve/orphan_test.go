package serve_test

import (
	"bufio"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/sdk/wire"
)

// becomeParent starts the plugin as a gateway would, passes its handshake on,
// and dies when its stdin ends.
func becomeParent() {
	path, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), roleKey+"=plugin", wire.CookieKey+"="+wire.CookieValue,
		"PLUGIN_PROTOCOL_VERSIONS=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestPluginEndsWhenItsParentDies(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sh") //nolint:usetesting // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	parent := exec.Command(self(t))
	parent.Env = []string{roleKey + "=parent", "PLUGIN_UNIX_SOCKET_DIR=" + dir}
	stdin, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for { // the parent prints too: it is not a plugin
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "|grpc|") {
			break
		}
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	// The plugin holds the other end of stdout for as long as it lives.
	if _, err := io.Copy(io.Discard, lines); err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	_ = parent.Wait()
	if left, _ := filepath.Glob(filepath.Join(dir, "plugin*")); len(left) > 0 {
		t.Errorf("sockets left behind: %v", left)
	}
}
