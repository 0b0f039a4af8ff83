package pluginhost_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// entry is the path of something that the tests change as operators do.
type entry string

// put puts an executable file there as careful tools do, in one step.
func (e entry) put(t *testing.T, text string) {
	t.Helper()
	next := entry(filepath.Join(filepath.Dir(string(e)), ".next"))
	e.must(t, os.WriteFile(string(next), []byte(text), 0o700))
	next.rename(t, string(e))
}

// text puts a file there that is no program.
func (e entry) text(t *testing.T) {
	t.Helper()
	e.must(t, os.WriteFile(string(e), []byte("text"), 0o600))
}

// damage changes a read-only file in its place, as only its owner can.
func (e entry) damage(t *testing.T) {
	t.Helper()
	e.chmod(t, 0o700)
	e.must(t, os.WriteFile(string(e), []byte("else"), 0o700))
}

// link makes a symbolic link in one step.
func (e entry) link(t *testing.T, to string) {
	t.Helper()
	e.must(t, os.Symlink(to, string(e)+".next"))
	(e + ".next").rename(t, string(e))
}

func (e entry) read(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(string(e))
	e.must(t, err)
	return string(raw)
}

func (e entry) stat(t *testing.T) os.FileInfo {
	t.Helper()
	info, err := os.Stat(string(e))
	e.must(t, err)
	return info
}

func (e entry) touch(t *testing.T) {
	t.Helper()
	when := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	e.must(t, os.Chtimes(string(e), when, when))
}

func (e entry) remove(t *testing.T) { t.Helper(); e.must(t, os.Remove(string(e))) }

func (e entry) mkdir(t *testing.T) { t.Helper(); e.must(t, os.Mkdir(string(e), 0o700)) }

func (e entry) mkdirAll(t *testing.T) { t.Helper(); e.must(t, os.MkdirAll(string(e), 0o700)) }

func (e entry) chmod(t *testing.T, mode os.FileMode) {
	t.Helper()
	e.must(t, os.Chmod(string(e), mode))
}

func (e entry) rename(t *testing.T, to string) { t.Helper(); e.must(t, os.Rename(string(e), to)) }

func (entry) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
