package scaffold_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
)

func TestTheCheckoutIsFoundByWhatTheProgramKnowsOfIt(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(repository)
	if err != nil {
		t.Fatal(err)
	}
	gone := t.TempDir()
	const trimmed = scaffold.ModulePath + "/dispatcher/scaffold/source.go"
	tests := map[string]struct{ file, program, want string }{
		"by the file that the compiler read":     {filepath.Join(root, "dispatcher", "scaffold", "source.go"), gone + "/switchhook", root},
		"by the folder that the program lies in": {trimmed, filepath.Join(root, "bin", "switchhook"), root},
		"not when no folder was recorded":        {trimmed, gone + "/switchhook", "does not know the checkout it was built from (go build -trimpath"},
		"not when it was moved":                  {gone + "/source.go", gone + "/switchhook", "does not find the checkout it was built from: " + gone + " is no part"},
		"not from nothing":                       {"", "", "does not know the checkout it was built from"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := scaffold.Birthplace(test.file, test.program)
			if test.want == root {
				if err != nil || source.String() != root {
					t.Errorf("found %s (%v), want %s", source, err, root)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "--sdk PATH") {
				t.Errorf("err = %v, want …%s…", err, test.want)
			}
		})
	}
}
