package pluginhost_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/pluginhost"
)

const isolatedName = "iso"

// isolated is a plugin as authors write it, which does as it is told (see attempt).
func isolated(i pluginhost.Isolation) pluginhost.PluginConfig {
	return pluginhost.PluginConfig{Name: isolatedName, Env: map[string]string{moodKey: "sdk"}, Isolation: i}
}

// buildIsolated makes a host with one plugin, whose program is this test binary.
func buildIsolated(t *testing.T, c pluginhost.PluginConfig, more ...func(*pluginhost.Options)) *house {
	t.Helper()
	h := build(t, func(o *pluginhost.Options) {
		o.Plugins = []pluginhost.PluginConfig{c}
		for _, change := range more {
			change(o)
		}
	})
	if err := os.Symlink(self(t), filepath.Join(h.dir, isolatedName)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(h.data), 0o711); err != nil {
		t.Fatal(err)
	}
	return h
}

// attempt does what a plugin may not be allowed to, and says how it went.
func attempt(b body) string {
	var err error
	switch b.Do {
	case "read":
		var text []byte
		if text, err = os.ReadFile(b.Text); err == nil {
			return string(text)
		}
	case "write":
		err = os.WriteFile(b.Text, []byte("x"), 0o600)
	case "dial":
		var c net.Conn
		if c, err = (&net.Dialer{}).Dial("tcp", b.Text); err == nil {
			err = c.Close()
		}
	case "open many":
		err = openMany()
	case "eat":
		return eat()
	default:
		return ""
	}
	if err != nil {
		return err.Error()
	}
	return "done"
}

// openMany opens files until it may not, and closes them.
func openMany() error {
	for range 1000 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // Only opened.
	}
	return nil
}

// eat takes memory until it is refused, which ends a Go program.
func eat() string {
	var all [][]byte
	for range 1 << 10 {
		piece := make([]byte, 1<<20)
		for i := 0; i < len(piece); i += 4096 {
			piece[i] = 1
		}
		all = append(all, piece)
	}
	return fmt.Sprintf("ate %d MiB", len(all))
}
