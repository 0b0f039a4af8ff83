package rules_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// Every alert says what it is in the same words each time, and what it is about now; how
// urgent it is, in one of four words; and where its page is.
func TestAlertsAreLabelledAlike(t *testing.T) {
	t.Parallel()
	alerts := load(t).alerts(t)
	for _, name := range names(alerts) {
		r := alerts[name]
		if !strings.HasPrefix(name, "Switchhook") {
			t.Errorf("%s does not say whose alert it is", name)
		}
		if len(r.Labels) != 1 || !slices.Contains([]string{"critical", "warning", "info", "none"}, r.Labels["severity"]) || r.Labels["severity"] == "none" && name != watchdog {
			t.Errorf("%s: labels %v: severity alone, of critical, warning and info", name, r.Labels)
		}
		if s := r.Annotations["summary"]; s == "" || strings.Contains(s, "{{") {
			t.Errorf("%s: the summary %q is not a fixed text", name, s)
		}
		if r.Annotations["description"] == "" {
			t.Errorf("%s has no description", name)
		}
		if got := r.Annotations["runbook_url"]; got != base+name+".md" {
			t.Errorf("%s: runbook_url is %s, not %s", name, got, base+name+".md")
		}
		boards := []string{"", "switchhook-overview", "switchhook-command", "switchhook-plugins"}
		if uid := r.Annotations["dashboard_uid"]; !slices.Contains(boards, uid) {
			t.Errorf("%s: no dashboard is called %s", name, uid)
		}
	}
}

// There is a page for each alert, and an alert for each page. The index links them all,
// with the severity and the summary that the rule has.
func TestEveryAlertHasARunbook(t *testing.T) {
	t.Parallel()
	alerts := load(t).alerts(t)
	index := page(t, "README.md")
	for _, name := range names(alerts) {
		r := alerts[name]
		text := page(t, name+".md")
		for _, want := range []string{
			"# " + name + "\n", r.Annotations["summary"] + ". Severity " + r.Labels["severity"],
			"\n## What it means\n", "\n## What users feel\n", "\n## First look\n", "\n## Causes\n", "\n## A false alarm\n", "\n## How it ends\n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%s.md lacks %q", name, want)
			}
		}
		if row := "| [" + name + "](" + name + ".md) | " + r.Labels["severity"] + " | " + r.Annotations["summary"] + " |"; !strings.Contains(index, row) {
			t.Errorf("the index of runbooks lacks the row %s", row)
		}
	}
	pages, err := filepath.Glob(filepath.Join(runbooks, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range pages {
		name := strings.TrimSuffix(filepath.Base(path), ".md")
		if _, there := alerts[name]; !there && name != "README" {
			t.Errorf("%s is the page of no alert", path)
		}
	}
}

// What a page tells to type can be typed: a query is PromQL, a command is in docs/cli.md.
func TestRunbooksNameWhatThereIs(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "cli.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^## (switchhook .+)$`).FindAllStringSubmatch(string(data), -1)
	if len(commands) == 0 {
		t.Fatal("docs/cli.md has no command: this test cannot read it")
	}
	prom := parser.NewParser(parser.Options{})
	for _, name := range names(load(t).alerts(t)) {
		for _, query := range typed(page(t, name+".md"), "promql") {
			if _, err := prom.ParseExpr(query); err != nil {
				t.Errorf("%s.md: %s: %v", name, query, err)
			}
		}
		for _, line := range typed(page(t, name+".md"), "sh") {
			if !slices.ContainsFunc(commands, func(c []string) bool { return strings.HasPrefix(line+" ", c[1]+" ") }) {
				t.Errorf("%s.md: docs/cli.md has no command as in: %s", name, line)
			}
		}
	}
}

// typed returns the lines of a page's blocks of a language.
func typed(text, language string) []string {
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	return lines
}

func page(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(runbooks, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
