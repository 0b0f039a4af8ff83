package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/internal/leaktest"
)

// programs holds the plugins that the tests build: as they are released, without
// cgo, whatever the tests are built with.
var programs string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // A temporary directory.
	programs = dir
	for _, args := range [][]string{
		{"-ldflags", "-s -w", "-o", dir + "/", "./testdata/bad", "./testdata/first", "../../plugins/..."},
		{"-o", program("later"), "-ldflags", "-s -w -X main.protocol=2", "./testdata/first"},
	} {
		build := exec.Command("go", append([]string{"build"}, args...)...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%v: %v\n%s", build.Args, err, out)
			return 1
		}
	}
	return leaktest.Run(m)
}

func program(name string) string { return filepath.Join(programs, name) }

// inMood writes a script that runs the bad plugin in a mood.
func inMood(t *testing.T, mood string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plugin")
	script := fmt.Sprintf("#!/bin/sh\nMOOD=\"%s\" exec %q\n", mood, program("bad"))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
