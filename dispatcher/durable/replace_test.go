package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/durable"
)

func TestReplaceMakesAFileAndThenAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "state.json")
	for _, want := range []string{"old", "", "new, and longer"} {
		if err := durable.Replace(file, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("there is %q (%v), want %q", got, err, want)
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	alone(t, dir)
}

func TestReplaceKeepsTheOldFileWhereItFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken := filepath.Join(dir, "folder") // a file cannot take the name of a folder
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.Replace(taken, []byte("x")); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("the error does not name the path: %v", err)
	}
	if info, err := os.Stat(taken); err != nil || !info.IsDir() {
		t.Errorf("the folder is gone: %v", err)
	}
	alone(t, dir)
}

func TestWhereThereIsNoFolderTheErrorNamesThePath(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	for what, err := range map[string]error{
		"Replace": durable.Replace(filepath.Join(missing, "file"), nil),
		"SyncDir": durable.SyncDir(missing),
	} {
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// alone wants one name in dir: what a replacement is written to has gone.
func alone(t *testing.T, dir string) {
	t.Helper()
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
