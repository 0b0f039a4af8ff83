package checks_test

import (
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
