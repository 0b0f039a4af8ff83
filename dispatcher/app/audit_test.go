package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/app"
)

// Two files hold the latest lines, whole, however many there were.
func TestTheAuditFileIsPutAsideWhenItIsFull(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	const limit = 100
	for range 50 {
		if err := app.AppendAudit(path, limit, strings.Repeat("x", 28)); err != nil { // 31 bytes with quotes and line break
			t.Fatal(err)
		}
	}
	for _, name := range []string{path, path + ".1"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) == 0 || len(text) > limit || len(text)%31 != 0 {
			t.Errorf("%s has %d bytes, want whole lines of 31, at most %d bytes", name, len(text), limit)
		}
	}
	if all, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(all) != 2 {
		t.Errorf("files: %v, want two", all)
	}
}

func TestALineLongerThanTheAuditFileIsKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	for range 2 {
		if err := app.AppendAudit(path, 10, strings.Repeat("x", 100)); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || len(text) != 103 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// A disk that was full, or a power cut, has left half a line behind: it must not
// make the next one unreadable as well.
func TestHalfALineCostsTheNextOneNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(path, []byte("\"whole\"\n\"cut o"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"next", "last"} {
		if err := app.AppendAudit(path, 1000, line); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "\"whole\"\n\"cut o\n\"next\"\n\"last\"\n" {
		t.Errorf("%q, %v", text, err)
	}
}
