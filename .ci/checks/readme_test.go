package checks_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A reader of the README finds every page of docs: it links each once, or links one
// that leads there. A link to a folder stands for the pages in it.
func TestEveryPageIsFoundFromTheReadme(t *testing.T) {
	t.Parallel()
	const start = "README.md"
	found := map[string]bool{start: true}
	for next := []string{start}; len(next) > 0; next = next[1:] {
		for _, page := range linked(t, next[0]) {
			if strings.HasPrefix(page, "docs/") && !found[page] { // who looks for a page does not read the changelog
				found[page] = true
				next = append(next, page)
			}
		}
	}
	for _, page := range documents(t) {
		if strings.HasPrefix(page, "docs/") && !found[page] {
			t.Errorf("no link leads from %s to %s: add it to the table of the pages, or to a page that is there", start, page)
		}
	}
	direct := linked(t, start)
	slices.Sort(direct)
	for i, page := range direct {
		if i > 0 && page == direct[i-1] && strings.HasPrefix(page, "docs/") {
			t.Errorf("%s links %s twice", start, page)
		}
	}
}

// linked returns the documents that a document links to, in its order.
func linked(t *testing.T, document string) []string {
	t.Helper()
	var pages []string
	for _, link := range matches(read(t, document), linkTo) {
		target := filepath.Join(filepath.Dir(document), filepath.FromSlash(link)) // of an address, a file that is not there
		info, err := os.Stat(filepath.Join(root, target))
		switch {
		case err != nil:
		case info.IsDir():
			inside, err := filepath.Glob(filepath.Join(root, target, "*.md"))
			if err != nil {
				t.Fatal(err)
			}
			for _, page := range inside {
				pages = append(pages, filepath.Join(target, filepath.Base(page)))
			}
		case filepath.Ext(target) == ".md":
			pages = append(pages, target)
		}
	}
	return pages
}

// The map in the README has every room of the house, and no other.
func TestTheReadmesMapHasEveryRoom(t *testing.T) {
	t.Parallel()
	want := make(map[string]bool)
	for _, p := range packages(t, "./...") {
		if room, ok := room(p.ImportPath); ok {
			want[room] = true
		}
	}
	got := make(map[string]bool)
	for _, cell := range matches(section(t, "README.md", "## The rooms"), `(?m)^\| (.+?) \|`) {
		for _, room := range matches(cell, "`([^`]+)`") {
			got[room] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the rooms (-) and the README's map of them (+) disagree:\n%s", diff)
	}
}
