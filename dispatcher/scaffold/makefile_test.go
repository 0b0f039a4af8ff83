package scaffold_test

import (
	"debug/buildinfo"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
)

// A gateway never sees half a program: the file is another one afterwards, and
// nothing else is left.
func TestInstallReplacesTheFile(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, SDK: repository})
	dir := t.TempDir()
	path := filepath.Join(dir, "friends")
	if err := os.WriteFile(path, []byte("an old program"), 0o600); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	command(t, made.Dir, "make", "install", "PLUGIN_DIR="+dir)
	if text, err := io.ReadAll(old); err != nil || string(text) != "an old program" {
		t.Errorf("the old file was written to: %q, %v", text, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "friends" {
		t.Errorf("the directory holds %v (%v)", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode()&0o100 == 0 {
		t.Errorf("no program: %v, %v", info, err)
	}
}

func TestInstallSaysWhatStandsInItsWay(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, SDK: repository})
	occupied, missing := t.TempDir(), filepath.Join(t.TempDir(), "missing")
	if err := os.Mkdir(filepath.Join(occupied, "friends"), 0o700); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		"":       "make install: say where: make install PLUGIN_DIR=/path/to/plugins\n",
		missing:  "make install: " + missing + " is not a directory: make it first\n",
		occupied: "make install: " + occupied + "/friends is a directory: remove it first\n",
	} {
		cmd := exec.CommandContext(t.Context(), "make", "install", "PLUGIN_DIR="+dir)
		cmd.Dir = made.Dir
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), want) {
			t.Errorf("PLUGIN_DIR=%s: %v\n%s", dir, err, out)
		}
	}
	if left, err := filepath.Glob(filepath.Join(occupied, "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("it wrote %v (%v)", left, err)
	}
}

// A program with cgo in it needs the C library of the machine that built it.
func TestAPluginIsBuiltWithoutCgo(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, SDK: repository})
	dir := t.TempDir()
	for _, args := range [][]string{{"build"}, {"install", "PLUGIN_DIR=" + dir}} {
		cmd := exec.CommandContext(t.Context(), "make", args...)
		cmd.Dir, cmd.Env = made.Dir, append(os.Environ(), "CGO_ENABLED=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %v: %v\n%s", args, err, out)
		}
	}
	for _, path := range []string{filepath.Join(made.Dir, "bin", "friends"), filepath.Join(dir, "friends")} {
		info, err := buildinfo.ReadFile(path)
		if err != nil || !slices.Contains(info.Settings, debug.BuildSetting{Key: "CGO_ENABLED", Value: "0"}) {
			t.Errorf("%s: %v\n%v", path, err, info)
		}
	}
}

func TestHelpListsTheTargets(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "friends", Commands: []string{"Sns.CallbackFriendAdd"}, SDK: repository})
	out := command(t, made.Dir, "make", "help")
	for _, target := range []string{"help", "test", "build", "install"} {
		if !strings.Contains(out, "  "+target+" ") {
			t.Errorf("no %s in\n%s", target, out)
		}
	}
	if strings.Contains(out, "$") {
		t.Errorf("a variable is left as it is:\n%s", out)
	}
}
