package checks_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The checks are listed twice: for people in CONTRIBUTING.md, for the machine
// in .ci/run. Both name the same ones in the same order.
func TestContributingNamesWhatRuns(t *testing.T) {
	t.Parallel()
	told := matches(section(t, "CONTRIBUTING.md", "## The checks"), "(?m)^\\d+\\. `make ([a-z-]+)`")
	run := matches(read(t, ".ci/run"), `(?m)^step +'[^']+' +make ([a-z-]+)`)
	if len(run) == 0 {
		t.Fatal(".ci/run runs no check, or this test cannot read it")
	}
	if diff := cmp.Diff(told, run); diff != "" {
		t.Errorf("CONTRIBUTING.md (-) and .ci/run (+) name different checks:\n%s", diff)
	}
	if n := strings.Count(read(t, ".ci/run"), "\nstep "); n != len(run) {
		t.Errorf(".ci/run has %d steps, %d of them make targets: each has to be one", n, len(run))
	}
}

// `make` alone lists every target with a line on what it does.
func TestMakeListsEveryTarget(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	var phony []string
	for _, line := range matches(makefile, `(?m)^\.PHONY: (.*)$`) {
		phony = append(phony, strings.Fields(line)...)
	}
	listed := matches(makefile, `(?m)^([a-z-]+):.*## .+$`)
	slices.Sort(phony)
	slices.Sort(listed)
	if diff := cmp.Diff(phony, listed); diff != "" {
		t.Errorf(".PHONY (-) and the targets with a ## line (+) disagree:\n%s", diff)
	}
	for _, name := range matches(read(t, "CONTRIBUTING.md"), "`make ([a-z-]+)") {
		if !slices.Contains(listed, name) {
			t.Errorf("CONTRIBUTING.md names make %s, which is no target", name)
		}
	}
}

// Go's ./... leaves out what lies below .ci, and the module deploy. Whatever reads all code is told of them.
func TestCodeBelowDotCIAndInDeployIsReadToo(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, ".ci", "*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no code below .ci (%v): this test can go", err)
	}
	folders := map[string]bool{"deploy": true}
	for _, file := range files {
		folders[".ci/"+filepath.Base(filepath.Dir(file))] = true
	}
	for _, reader := range []struct{ target, tool string }{
		{"fmt", "golangci-lint fmt"}, {"fmt-check", "golangci-lint fmt"}, {"lint", "golangci-lint run"}, {"lint", "deadcode"},
	} {
		var lines strings.Builder
		for line := range strings.Lines(makeWould(t, reader.target)) {
			if strings.Contains(line, reader.tool) {
				lines.WriteString(line)
			}
		}
		words := strings.Fields(strings.ReplaceAll(lines.String(), ";", " ")) // a modfile below .ci is no word of its own
		for folder := range folders {
			if !slices.Contains(words, folder) && !slices.Contains(words, "./"+folder) {
				t.Errorf("make %s: %s does not read %s", reader.target, reader.tool, folder)
			}
		}
	}
}

// makeWould returns the commands that make would run.
func makeWould(t *testing.T, target string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", "--dry-run", "--no-print-directory", target)
	cmd.Dir = root
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("make --dry-run %s: %v", target, err)
	}
	return string(out)
}

// matches returns the first group of every match.
func matches(text, pattern string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	return all
}

// section returns a document's text from a heading to the next of its level.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(read(t, file), heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", file, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	text, _, _ := strings.Cut(after, "\n"+level+" ")
	return text
}
