package wire_test

import (
	"os"
	"path/filepath"
	"strings"
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
	got, err := wire.ReadReattach(file)
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
	for name, test := range map[string]struct{ text, want string }{
		"of another protocol": {`{"protocol": 7}`, "speaks plugin protocol 7, this gateway speaks 1: build it with a matching SDK"},
		"not JSON":            {`protocol`, "read reattach file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "x.json")
			if err := os.WriteFile(file, []byte(test.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := wire.ReadReattach(file); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want %s", err, test.want)
			}
		})
	}
	if _, err := wire.ReadReattach(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	if err := (wire.Reattach{}).Save(filepath.Join(t.TempDir(), "none", "x.json")); err == nil {
		t.Error("a folder that is not there was written to")
	}
}
