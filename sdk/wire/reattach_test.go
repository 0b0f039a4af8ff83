package wire_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/sdk/wire"
)

func TestReattachFileIsReadAsItWasSaved(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.json")
	want := wire.Reattach{Protocol: wire.ProtocolVersion, Plugin: "x", Network: "unix", Address: "/tmp/x", PID: 7}
	if err := os.WriteFile(file, []byte("of an earlier one, and open to all"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := want.Save(file); err != nil {
		t.Fatal(err)
	}
	got, err := wire.ReadReattach(file, os.Geteuid())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside it: %v, %v", left, err)
	}
}

func TestReattachFilesThatNobodyCanUse(t *testing.T) {
	t.Parallel()
	const good = `{"protocol": 1, "network": "unix", "address": "/nowhere"}`
	write := func(text string, mode os.FileMode) func(string) error {
		return func(file string) error {
			return errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chmod(file, mode))
		}
	}
	for name, test := range map[string]struct {
		prepare func(file string) error
		user    int // of the reader, against the file's
		want    string
	}{
		"of another protocol":  {write(`{"protocol": 7}`, 0o600), 0, "speaks plugin protocol 7, this gateway speaks 1: build it with a matching SDK"},
		"not JSON":             {write(`protocol`, 0o600), 0, "read reattach file"},
		"off the unix sockets": {write(`{"protocol": 1, "network": "tcp", "address": "127.0.0.1:80"}`, 0o600), 0, "only a unix socket will do"},
		"of another user":      {write(good, 0o600), 1, "is another user's"},
		"open to a group":      {write(good, 0o620), 0, "can be written by others (mode -rw--w----)"},
		"open to everybody":    {write(good, 0o602), 0, "can be written by others (mode -rw-----w-)"},
		"without an end":       {write(good+strings.Repeat(" ", 64<<10), 0o600), 0, "has more than 65536 bytes"},
		"a pipe":               {func(file string) error { return syscall.Mkfifo(file, 0o600) }, 0, "is no regular file"},
		"a folder":             {func(file string) error { return os.Mkdir(file, 0o700) }, 0, "is no regular file"},
		"a link to a good one": {func(file string) error {
			return errors.Join(write(good, 0o600)(file+".good"), os.Symlink(file+".good", file))
		}, 0, "is a symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "x.json")
			if err := test.prepare(file); err != nil {
				t.Fatal(err)
			}
			if _, err := wire.ReadReattach(file, os.Geteuid()+test.user); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
	if _, err := wire.ReadReattach(filepath.Join(t.TempDir(), "none"), os.Geteuid()); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := (wire.Reattach{}).Save(filepath.Join(t.TempDir(), "none", "x.json")); err == nil {
		t.Error("a folder that is not there was written to")
	}
}

func TestPeerIsKnownByItsUserAtBothEnds(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	caller, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = caller.Close() }()
	called, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = called.Close() }()
	for end, conn := range map[string]net.Conn{"who listens": caller, "who has come": called} {
		if err := wire.CheckPeer(conn, os.Geteuid()); err != nil {
			t.Errorf("%s: %v", end, err)
		}
		if err := wire.CheckPeer(conn, os.Geteuid()+1); err == nil || !strings.Contains(err.Error(), "only one of user") {
			t.Errorf("%s, of another user: %v", end, err)
		}
	}
	one, other := net.Pipe()
	defer func() { _, _ = one.Close(), other.Close() }()
	if err := wire.CheckPeer(one, os.Geteuid()); err == nil {
		t.Error("an end that cannot say who it is was taken")
	}
}
