package scaffold_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
)

// readme returns the README of a plugin that handles command.
func readme(t *testing.T, command string) string {
	t.Helper()
	made := write(t, scaffold.Options{Name: "one", Commands: []string{command}, SDK: repository})
	text, err := os.ReadFile(filepath.Join(made.Dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheReadmeNamesThePrograms(t *testing.T) {
	t.Parallel()
	text := readme(t, "Sns.CallbackFriendAdd")
	need := regexp.MustCompile(`(?m)^You need .*\.$`).FindString(text)
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for line := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n") {
			program, _, _ := strings.Cut(line, " ")
			if !slices.Contains([]string{"mkdir", "echo"}, program) && !strings.Contains(need, program) {
				t.Errorf("%q runs %s, but it says %q", line, program, need)
			}
		}
	}
}

// What it says can be typed as it stands, even where Tencent documents no body.
func TestTheReadmeSendsABodyEachTime(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]string{
		"Sns.CallbackFriendAdd": "\nswitchhook send Sns.CallbackFriendAdd",
		"Brand.CallbackNew":     "\necho '{\"CallbackCommand\": \"Brand.CallbackNew\"}' | switchhook send Brand.CallbackNew --body -",
	} {
		text := readme(t, command)
		for _, way := range []string{want + " --app 1400000001 --url http://127.0.0.1:8080/\n", want + "\n"} {
			if strings.Count(text, way) != 1 {
				t.Errorf("%s: it does not say %q once:\n%s", command, way, text)
			}
		}
	}
}
