package live_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/switchhook/switchhook/deploy/live"
)

// Only how long an alert waits, and how far back it looks, is another in the run:
// what fires there is what fires at an operator's.
func TestHastenedRulesJudgeAsTheOthersDo(t *testing.T) {
	t.Parallel()
	hastened := filepath.Join(t.TempDir(), "rules.yaml")
	if err := live.Hasten(ruleFile, hastened); err != nil {
		t.Fatal(err)
	}
	before, err := live.ReadRules(ruleFile)
	if err != nil {
		t.Fatal(err)
	}
	after, err := live.ReadRules(hastened)
	if err != nil || len(before) != len(after) {
		t.Fatalf("%d rules became %d: %v", len(before), len(after), err)
	}
	ranges := regexp.MustCompile(`\[\w+\]`)
	for i, rule := range before {
		want, got := rewritten(t, rule.Expr), rewritten(t, after[i].Expr)
		if rule.Alert != "" {
			want, got = ranges.ReplaceAllString(want, "[]"), ranges.ReplaceAllString(got, "[]")
		}
		if rule.Name() != after[i].Name() || want != got {
			t.Errorf("%s became %s:\n%s\n%s", rule.Name(), after[i].Name(), want, got)
		}
	}
}

// rewritten is an expression as the parser writes it.
func rewritten(t *testing.T, expr string) string {
	t.Helper()
	tree, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		t.Fatal(err)
	}
	return tree.String()
}

func TestARelaxedAlertAsksForWhatIsThere(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`up == 0`: `(up)`,
		`rate(a[5m] offset 1d) / (b > 0) > 0.2 and increase(c[5m]) > 20`: `(rate(a[5m]) / ((b))) and (increase(c[5m]))`,
		`a unless ignoring (state) b > 0`:                                `(a)`,
		`absent(a)`:                                                      `a`,
		`max(a >= bool 60)`:                                              `max(a >= bool 60)`,
	} {
		got, err := live.Relaxed(expr)
		if err != nil || got != want {
			t.Errorf("%s becomes %s (%v), want %s", expr, got, err, want)
		}
	}
}
