package checks_test

import (
	"slices"
	"strings"
	"testing"
)

// The sections of a release in CHANGELOG.md stand in the order that its head gives,
// each once and with something in it. Two branches that both add a section merge
// without a conflict, and leave it there twice.
func TestChangelogHasEachSectionOnceAndInOrder(t *testing.T) {
	t.Parallel()
	const file = "CHANGELOG.md"
	inUse := matches(read(t, file), `(?m)^Sections in use: (.+)\.$`)
	if len(inUse) != 1 {
		t.Fatalf("%s does not say once which sections are in use", file)
	}
	releases := matches(read(t, file), `(?m)^## (.+)$`)
	if len(releases) == 0 || releases[0] != "Unreleased" || len(slices.Compact(slices.Clone(releases))) != len(releases) {
		t.Fatalf("the releases of %s are %q: Unreleased comes first, and each stands once", file, releases)
	}
	for _, release := range releases {
		for _, flaw := range flawsOfRelease(section(t, file, "## "+release), strings.Split(inUse[0], ", ")) {
			t.Errorf("%s: %s: %s", file, release, flaw)
		}
	}
}

func TestFlawsOfAChangelogAreSeen(t *testing.T) {
	t.Parallel()
	order := []string{"Breaking", "Added", "Changed"}
	for text, want := range map[string]string{
		"\n### Added\n\n- a\n\n### Changed\n\n- b\n":                     "",
		"\n### Added\n\n- a\n\n### Added\n\n- b\n":                       "Added stands twice",
		"\n### Added\n\n- a\n\n### Changed\n\n- b\n\n### Added\n\n- c\n": "Added stands below Changed; Added stands twice",
		"\n### Changed\n\n- a\n\n### Breaking\n\n- b\n":                  "Breaking stands below Changed",
		"\n### New\n\n- a\n":                                             "New is no section in use",
		"\n### Added\n\n### Changed\n\n- a\n":                            "Added is empty",
		"\n### Added\n\n- a\n  b\n- c\n- a\n":                            "Added has an item twice: - a",
		"\n### Added\n\n- a\nFor some:\n\n- b\n":                         "Added has a line outside of its list: For some:",
		"\n- a\n\n### Added\n\n- b\n":                                    "something stands above the first section",
	} {
		if got := strings.Join(flawsOfRelease(text, order), "; "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// flawsOfRelease says what is wrong with the sections of a release.
func flawsOfRelease(text string, order []string) []string {
	var flaws []string
	parts := strings.Split("\n"+text, "\n### ")
	if strings.TrimSpace(parts[0]) != "" {
		flaws = append(flaws, "something stands above the first section")
	}
	last := -1
	var seen []string
	for _, part := range parts[1:] {
		name, body, _ := strings.Cut(part, "\n")
		place := slices.Index(order, name)
		if place < 0 {
			flaws = append(flaws, name+" is no section in use")
		} else if place < last {
			flaws = append(flaws, name+" stands below "+order[last])
		}
		if slices.Contains(seen, name) {
			flaws = append(flaws, name+" stands twice")
		}
		if strings.TrimSpace(body) == "" {
			flaws = append(flaws, name+" is empty")
		}
		flaws = append(flaws, flawsOfList(name, body)...)
		seen, last = append(seen, name), max(last, place)
	}
	return flaws
}

// flawsOfList says what is wrong with a section, which is one list: a merge that kept
// both sides leaves the same item twice, or a sentence of its own in between.
func flawsOfList(name, body string) []string {
	var flaws []string
	var seen []string
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "", strings.HasPrefix(line, "  "):
		case !strings.HasPrefix(line, "- "):
			flaws = append(flaws, name+" has a line outside of its list: "+line)
		case slices.Contains(seen, line):
			flaws = append(flaws, name+" has an item twice: "+line)
		default:
			seen = append(seen, line)
		}
	}
	return flaws
}
