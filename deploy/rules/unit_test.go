package rules_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unitFile is a file of promtool's unit tests, as promtool spells it.
type unitFile struct {
	RuleFiles []string `yaml:"rule_files"`
	Interval  string   `yaml:"evaluation_interval"`
	Order     []string `yaml:"group_eval_order"`
	Tests     []unit   `yaml:"tests"`
}

type unit struct {
	Name     string           `yaml:"name"`
	Interval string           `yaml:"interval"`
	Series   []map[string]any `yaml:"input_series"`
	Alerts   []alertTest      `yaml:"alert_rule_test,omitempty"`
	Exprs    []exprTest       `yaml:"promql_expr_test,omitempty"`
}

type alertTest struct {
	Alert string     `yaml:"alertname"`
	At    string     `yaml:"eval_time"`
	Want  []expected `yaml:"exp_alerts"`
}

type expected struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

type exprTest struct {
	Expr string           `yaml:"expr"`
	At   string           `yaml:"eval_time"`
	Want []map[string]any `yaml:"exp_samples"`
}

// unitFiles returns the files of unit tests, by name.
func unitFiles(t *testing.T) map[string]unitFile {
	t.Helper()
	paths, err := filepath.Glob("*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no unit tests here: %v", err)
	}
	files := map[string]unitFile{}
	for _, path := range paths {
		var file unitFile
		decode(t, path, &file)
		if len(file.RuleFiles) != 1 || filepath.FromSlash(file.RuleFiles[0]) != ruleFile {
			t.Errorf("%s tests %q, not %s", path, file.RuleFiles, ruleFile)
		}
		files[path] = file
	}
	return files
}

func TestUnitTestsOfTheRulesPass(t *testing.T) {
	t.Parallel()
	for file := range unitFiles(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			if out, err := promtool(t.Context(), "test", "rules", file); err != nil {
				t.Errorf("promtool test rules %s: %v\n%s", file, err, out)
			}
		})
	}
}

// The kinds of unit tests that every alert has, as the names of the tests say them.
const (
	fires    = "fires when"
	silent   = "is silent when"
	boundary = "at its boundary:"
)

// An alert that is always there has no silence and no boundary.
const watchdog = "SwitchhookWatchdog"

// A test says in its name which alert it is about and of which kind it is, and is it: a
// test that fires expects alerts alone, a silent one none, and one at the boundary both.
func TestEveryAlertFiresIsSilentAndHasABoundary(t *testing.T) {
	t.Parallel()
	alerts := load(t).alerts(t)
	tested := map[string][]string{}
	for file, units := range unitFiles(t) {
		for _, u := range units.Tests {
			if len(u.Alerts) == 0 {
				continue
			}
			alert, rest, _ := strings.Cut(u.Name, " ")
			if _, there := alerts[alert]; !there {
				t.Errorf("%s: %q begins with no alert's name", file, u.Name)
			}
			for _, kind := range []string{fires, silent, boundary} {
				if strings.HasPrefix(rest, kind+" ") {
					tested[alert] = append(tested[alert], kind)
					if got := kindsOf(u, alert); !slices.Equal(got, map[string][]bool{fires: {true}, silent: {false}, boundary: {false, true}}[kind]) {
						t.Errorf("%s: %q expects otherwise than it says, or of another alert", file, u.Name)
					}
				}
			}
		}
	}
	for _, alert := range names(alerts) {
		want := []string{boundary, fires, silent}
		if alert == watchdog {
			want = []string{fires}
		}
		slices.Sort(tested[alert])
		if !slices.Equal(tested[alert], want) {
			t.Errorf("%s has tests of the kinds %q, not %q", alert, tested[alert], want)
		}
	}
}

// kindsOf returns whether a test expects silence, alerts or both, and nothing where it asks
// for another alert.
func kindsOf(u unit, alert string) []bool {
	seen := map[bool]bool{}
	for _, at := range u.Alerts {
		if at.Alert != alert {
			return nil
		}
		seen[len(at.Want) > 0] = true
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b bool) int {
		switch {
		case a == b:
			return 0
		case b:
			return -1
		}
		return 1
	})
}

// Every recording rule is compared with samples.
func TestEveryRecordingRuleIsTested(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, units := range unitFiles(t) {
		for _, u := range units.Tests {
			for _, e := range u.Exprs {
				tested[e.Expr] = tested[e.Expr] || len(e.Want) > 0
			}
		}
	}
	for _, group := range load(t).Groups {
		for _, r := range group.Rules {
			if r.Record != "" && !tested[r.Record] {
				t.Errorf("no unit test compares %s with a sample", r.Record)
			}
		}
	}
}
