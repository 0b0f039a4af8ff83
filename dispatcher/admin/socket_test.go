package admin_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func TestTheSocketIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), admin.SocketName)
	l, err := admin.ListenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		mode os.FileMode
	}{{path, 0o600}, {filepath.Dir(path), 0o700}} {
		info, err := os.Stat(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != tt.mode {
			t.Errorf("%s has mode %o, want %o", tt.path, got, tt.mode)
		}
	}
	if got := l.Addr().String(); got != path {
		t.Errorf("the address is %s, want %s", got, path)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(names) != 2 { // the socket and its lock
		t.Errorf("the data dir holds %v (%v), want the socket and its lock", names, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the socket outlived its listener: %v", err)
	}
}

func TestListenSocket(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before func(t *testing.T, path string)
		refuse string
	}{
		"replaces what a dead gateway left": {before: func(t *testing.T, path string) {
			t.Helper()
			l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
			if err != nil {
				t.Fatal(err)
			}
			l.SetUnlinkOnClose(false)
			_ = l.Close()
		}},
		"refuses to replace a living one": {refuse: "another gateway answers there", before: func(t *testing.T, path string) {
			t.Helper()
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		}},
		"refuses to replace a file": {refuse: "no socket", before: func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte("notes"), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(shortDir(t), admin.SocketName)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			tt.before(t, path)
			l, err := admin.ListenSocket(t.Context(), path)
			if tt.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refuse) {
					t.Fatalf("ListenSocket: %v, want %q", err, tt.refuse)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = l.Close() }()
			conn, err := net.Dial("unix", path)
			if err != nil {
				t.Fatalf("nobody answers at the new socket: %v", err)
			}
			_ = conn.Close()
		})
	}
}

func TestALongPathIsExplained(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(shortDir(t), strings.Repeat("d", 120))
	if _, err := admin.ListenSocket(t.Context(), filepath.Join(dir, admin.SocketName)); err == nil || !strings.Contains(err.Error(), "shorter --data-dir") {
		t.Errorf("ListenSocket: %v, want advice on --data-dir", err)
	}
	// The longest path that is allowed must work, its longer first name included.
	base := shortDir(t)
	dir = filepath.Join(base, strings.Repeat("d", 99-len(base)-len("/")-len("/"+admin.SocketName)))
	l, err := admin.ListenSocket(t.Context(), filepath.Join(dir, admin.SocketName))
	if err != nil {
		t.Fatalf("a path of 99 bytes: %v", err)
	}
	_ = l.Close()
}

func TestOfManyGatewaysOneGetsTheSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), admin.SocketName)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		open []net.Listener
	)
	for range 16 {
		wg.Go(func() {
			l, err := admin.ListenSocket(t.Context(), path)
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			open = append(open, l)
		})
	}
	wg.Wait()
	if len(open) != 1 {
		t.Errorf("%d gateways hold one socket", len(open))
	}
	for _, l := range open {
		_ = l.Close()
	}
}

func TestAnotherGatewaysSocketSurvivesOurClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(shortDir(t), admin.SocketName)
	ours, err := admin.ListenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	theirs, err := admin.ListenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = theirs.Close() }()
	_ = ours.Close()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("their socket is gone: %v", err)
	}
}
