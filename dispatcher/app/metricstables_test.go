package app_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tableOfSeries is a comment that names the series of a table, by the words that they
// begin with, and the table below it.
var tableOfSeries = regexp.MustCompile(`(?m)^<!-- series: (.*) -->\n(?:\|.*\n)*`)

// fillTables writes the tables of a page anew, and returns the series that no table
// takes. The longest word decides.
func fillTables(page string, all map[string]series) (filled string, homeless []string) {
	home := make(map[string]string)
	for name := range all {
		for _, table := range tableOfSeries.FindAllStringSubmatch(page, -1) {
			for word := range strings.FieldsSeq(table[1]) {
				if strings.HasPrefix(name, "switchhook_"+word) && len(word) > len(home[name]) {
					home[name] = word
				}
			}
		}
		if home[name] == "" {
			homeless = append(homeless, name)
		}
	}
	slices.Sort(homeless)
	listed := make(map[string]bool)
	filled = tableOfSeries.ReplaceAllStringFunc(page, func(table string) string {
		words := strings.Fields(tableOfSeries.FindStringSubmatch(table)[1])
		var out strings.Builder
		fmt.Fprintf(&out, "<!-- series: %s -->\n| series | type | labels | what it tells |\n|---|---|---|---|\n", strings.Join(words, " "))
		for _, name := range inOrder(all, home, words) {
			s := all[name]
			fmt.Fprintf(&out, "| `%s` | %s |%s | %s |\n", name, s.Type, s.labels(listed), s.Help)
		}
		return out.String()
	})
	return filled, homeless
}

// inOrder returns the series of a table, by its words and then by name.
func inOrder(all map[string]series, home map[string]string, words []string) []string {
	var names []string
	for name := range all {
		if slices.Contains(words, home[name]) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(slices.Index(words, home[a]), slices.Index(words, home[b])), cmp.Compare(a, b))
	})
	return names
}

// closedLabels have values that a program compares with, and that are known before the
// first callback.
var closedLabels = []string{"outcome", "reason", "state", "result", "level", "method", "mode"}

// labels writes the labels of a series. Values of a closed set are listed where they
// have not been listed before.
func (s series) labels(listed map[string]bool) string {
	var all []string
	for _, label := range slices.Sorted(maps.Keys(s.Labels)) {
		text := "`" + label + "`"
		values := strings.Join(s.Labels[label], "`, `")
		if slices.Contains(closedLabels, label) && !listed[label+values] {
			listed[label+values] = true
			text += ": `" + values + "`"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return ""
	}
	return " " + strings.Join(all, "; ")
}

// documentedSeries reads the tables of docs/metrics.md. A label has its values where they
// are listed.
func documentedSeries(t *testing.T) map[string]series {
	t.Helper()
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]series)
	for _, row := range regexp.MustCompile("(?m)^\\| `(switchhook_[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		s := series{Type: row[2], Labels: make(map[string][]string)}
		for label := range strings.SplitSeq(row[3], ";") {
			if name, values, _ := strings.Cut(strings.NewReplacer("`", "", " ", "").Replace(label), ":"); name != "" {
				s.Labels[name] = nil
				if values != "" {
					s.Labels[name] = slices.Sorted(strings.SplitSeq(values, ","))
				}
			}
		}
		all[row[1]] = s
	}
	return all
}
