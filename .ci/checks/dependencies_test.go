package checks_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/dependencies.md names every module that we asked for, at the version
// that go.mod has, and no other.
func TestDependenciesAreDocumented(t *testing.T) {
	t.Parallel()
	want := modules(t, "go.mod", true)
	maps.Copy(want, modules(t, ".ci/lint/go.mod", false))
	maps.Copy(want, modules(t, ".ci/proto/go.mod", false))
	maps.Copy(want, modules(t, ".ci/api/go.mod", true))
	maps.Copy(want, modules(t, "deploy/go.mod", true))

	got := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (v\\S+) \\|")
	for _, m := range row.FindAllStringSubmatch(read(t, "docs/dependencies.md"), -1) {
		got[m[1]] = m[2]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/dependencies.md (+) and the go.mod files (-) disagree:\n%s", diff)
	}
}

// modules returns the version of each module behind a tool of a go.mod, and of
// each that our own packages import where direct is true. Our own module, which deploy uses as
// it lies beside it, is none.
func modules(t *testing.T, file string, direct bool) map[string]string {
	t.Helper()
	var mod struct {
		Require []struct {
			Path     string `json:"Path"`
			Version  string `json:"Version"`
			Indirect bool   `json:"Indirect"`
		} `json:"Require"`
		Tool []struct {
			Path string `json:"Path"`
		} `json:"Tool"`
	}
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json", file), &mod); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, tool := range mod.Tool {
		best, version := "", ""
		for _, r := range mod.Require {
			if strings.HasPrefix(tool.Path+"/", r.Path+"/") && len(r.Path) > len(best) {
				best, version = r.Path, r.Version
			}
		}
		if best == "" {
			t.Fatalf("%s: no module for the tool %s", file, tool.Path)
		}
		found[best] = version
	}
	for _, r := range mod.Require {
		if direct && !r.Indirect && r.Path != module {
			found[r.Path] = r.Version
		}
	}
	return found
}
