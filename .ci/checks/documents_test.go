package checks_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// linkTo matches a link of a document, up to the place in what it leads to.
const linkTo = `\]\(([^)#\s]+)(?:#[^)]*)?\)`

// A link from one document to a file of the repository leads somewhere.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, file := range documents(t) {
		for _, link := range matches(read(t, file), linkTo) {
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue
			}
			seen++
			target := filepath.Join(root, filepath.Dir(file), filepath.FromSlash(link))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", file, link, err)
			}
		}
	}
	if seen == 0 {
		t.Error("no link found in any document: this test cannot read them")
	}
}

// A link to a place in a page leads to one of its headings.
func TestLinksLeadToAHeading(t *testing.T) {
	t.Parallel()
	place := regexp.MustCompile(`\]\(([^)#\s:]*)#([^)]+)\)`)
	for _, file := range documents(t) {
		for _, link := range place.FindAllStringSubmatch(read(t, file), -1) {
			page := file
			if link[1] != "" {
				page = filepath.Join(filepath.Dir(file), filepath.FromSlash(link[1]))
			}
			if filepath.Ext(page) == ".md" && !slices.Contains(places(read(t, page)), link[2]) {
				t.Errorf("%s links to #%s of %s, which has no such heading", file, link[2], page)
			}
		}
	}
}

// places are the names that GitHub gives to a page's headings.
func places(page string) []string {
	names := matches(page, `(?m)^#+ (.+)$`)
	for i, heading := range names {
		heading = regexp.MustCompile(`[^\pL\pN_ -]`).ReplaceAllString(strings.ToLower(heading), "")
		names[i] = strings.ReplaceAll(heading, " ", "-")
	}
	return names
}

// Every decision answers the questions of the template, in its order.
func TestDecisionsAnswerTheQuestions(t *testing.T) {
	t.Parallel()
	const template = "docs/decisions/0000-template.md"
	const heading = `(?m)^## (.+)$`
	want := matches(read(t, template), heading)
	if len(want) == 0 {
		t.Fatalf("%s asks nothing", template)
	}
	for _, file := range documents(t) {
		if filepath.ToSlash(filepath.Dir(file)) != "docs/decisions" {
			continue
		}
		if diff := cmp.Diff(want, matches(read(t, file), heading)); diff != "" {
			t.Errorf("%s: headings differ from the template's (-):\n%s", file, diff)
		}
	}
}

// documents returns the Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == ".git" || path == "bin" || path == "data" || entry.Name() == "testdata" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			all = append(all, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
