package scaffold_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
)

// handlersOf returns how many handlers each file of the plugin has.
func handlersOf(t *testing.T, made scaffold.Result) map[string]int {
	t.Helper()
	count := make(map[string]int)
	for _, path := range made.Files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\nfunc on"); n > 0 {
			count[filepath.Base(path)] = n
		}
	}
	return count
}

func brands(n int) []string {
	commands := make([]string, n)
	for i := range commands {
		commands[i] = fmt.Sprintf("Brand.New%d", i)
	}
	return commands
}

// Whatever the commands are called, the files are those of one program, on every
// system.
func TestManyHandlersStandInAFileForEachFamily(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		commands []string
		want     map[string]int
	}{
		"a few do not": {brands(30), map[string]int{"handlers.go": 30}},
		"names that files and systems have": {
			slices.Concat([]string{"Windows.New", "Test.New", "Main.New", "Handlers.New"}, brands(27)),
			map[string]int{"windows_handlers.go": 1, "test_handlers.go": 1, "main_handlers.go": 1, "handlers_handlers.go": 1, "brand_handlers.go": 27},
		},
		"names that not every file system tells apart": {
			append(brands(30), "BRAND.New", "Sns.CallbackFriendAdd"),
			map[string]int{"brand_handlers.go": 30, "brandpart2_handlers.go": 1, "sns_handlers.go": 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := write(t, scaffold.Options{Name: "many", Commands: test.commands, SDK: repository})
			if diff := cmp.Diff(test.want, handlersOf(t, made)); diff != "" {
				t.Errorf("handlers (-want +got):\n%s", diff)
			}
			command(t, made.Dir, "make", "test")
		})
	}
}

func TestTheReadmeSaysWhichFileAHandlerStandsIn(t *testing.T) {
	t.Parallel()
	made := write(t, scaffold.Options{Name: "all", Commands: allCommands(), SDK: repository})
	text, err := os.ReadFile(filepath.Join(made.Dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| command | handler |\n", "| `onSnsFriendAdd` in sns_handlers.go |\n", "| `onC2CBeforeSendMsg` in c2c_handlers.go |\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}
