// Package checks_test holds what is true of the repository as a whole: its
// floors, its documents and its lists agree with the code. `make test` runs it
// with all other tests.
package checks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// module is the import path that all of ours begin with.
const module = "github.com/switchhook/switchhook"

// root is the repository, from where the tests run.
var root = filepath.Join("..", "..")

// read returns a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// goCommand runs the go command in the repository and returns what it printed.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q: %v", args, err)
	}
	return out
}
