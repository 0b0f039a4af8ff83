package checks_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const languages = "docs/other-languages.md"

// How many methods a plugin in another language is told to serve is how many the
// table has, and the example serves the same.
func TestOtherLanguagesAreToldWhichMethods(t *testing.T) {
	t.Parallel()
	table := section(t, languages, "## What to serve")
	var told []string
	for _, name := range matches(table, "(?m)^\\| `(?:[a-z0-9.]+\\.Health/)?([A-Za-z]+)` \\|") {
		told = append(told, strings.ToLower(name))
	}
	example := read(t, "docs/examples/node/plugin.js")
	_, services, _ := strings.Cut(example, "server.addService(PluginService.service")
	if diff := cmp.Diff(told, matches(services, `(?m)^  ([a-z]+): unary\(`)); diff != "" {
		t.Errorf("the table of %s (-) and the example (+) name different methods:\n%s", languages, diff)
	}
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven"}
	if want := "serves " + words[len(told)] + " methods"; !strings.Contains(read(t, languages), want) {
		t.Errorf("%s does not say %q, as its table does", languages, want)
	}
}

// The times that a plugin in another language is told are those that the gateway
// takes when its file says nothing else.
func TestOtherLanguagesAreToldTheGatewaysTimes(t *testing.T) {
	t.Parallel()
	defaults := map[string]string{}
	setting := regexp.MustCompile(`(?m)^\s*default(\w+)\s*=\s*(\d+) \* time\.Second`)
	for _, m := range setting.FindAllStringSubmatch(read(t, "dispatcher/pluginhost/options.go"), -1) {
		defaults[m[1]] = m[2]
	}
	page := strings.Join(strings.Fields(read(t, languages)), " ")
	for name, words := range map[string]string{
		"HealthInterval": "then every N s",
		"HealthTimeout":  "when configured and well, within N s",
		"StopGrace":      "exit with 0, within N s",
	} {
		seconds, ok := defaults[name]
		if !ok {
			t.Errorf("pluginhost has no default%s of whole seconds", name)
		}
		if want := strings.Replace(words, "N", seconds, 1); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q", languages, want)
		}
	}
}
