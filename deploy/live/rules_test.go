package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/live"
)

const ruleFile = "../prometheus/rules.yaml"

func TestEveryRuleHasDataToJudge(t *testing.T) {
	t.Parallel()
	r := run(t)
	rules, err := live.ReadRules(ruleFile)
	if err != nil || len(rules) == 0 {
		t.Fatalf("%d rules: %v", len(rules), err)
	}
	for _, rule := range rules {
		if r.asks().Lacks(rule.Expr) {
			continue
		}
		expr := rule.Expr
		if rule.Alert != "" {
			if expr, err = live.Relaxed(rule.Expr); err != nil {
				t.Fatalf("%s: %v", rule.Name(), err)
			}
		}
		// What the alert reads has to be there, and what is left of it when nothing
		// keeps it silent has to say something.
		for _, q := range append(reads(t, rule), live.Question{Where: rule.Name(), Expr: expr}) {
			if err := r.asks().Check(t.Context(), q); err != nil {
				t.Error(err)
			}
		}
	}
}

// reads asks for every selector of a rule by itself.
func reads(t *testing.T, rule live.Rule) (all []live.Question) {
	t.Helper()
	selectors, err := live.SelectorsOf(rule.Expr)
	if err != nil {
		t.Fatalf("%s: %v", rule.Name(), err)
	}
	for _, selector := range selectors {
		all = append(all, live.Question{Where: rule.Name() + " reads", Expr: selector})
	}
	return all
}

// What went wrong in the run is what these are for.
func TestAlertsFireForWhatWentWrong(t *testing.T) {
	t.Parallel()
	r := run(t)
	for _, name := range []string{
		"SwitchhookDecisionsDefaulted", "SwitchhookDecisionsDefaultedFew", "SwitchhookCommandFailing", "SwitchhookOverloaded",
		"SwitchhookUnknownCommands", "SwitchhookPluginDied", "SwitchhookDeadLetters", "SwitchhookInboxAppendErrors",
		"SwitchhookInboxNotAccepting", "SwitchhookErrorBudgetBurnFast", "SwitchhookWatchdog",
	} {
		q := live.Question{Where: name, Expr: fmt.Sprintf(`ALERTS{alertname=%q,alertstate="firing"}`, name)}
		if err := r.asks().Check(t.Context(), q); err != nil {
			t.Errorf("it never fired: %v", err)
		}
	}
	const harmless = `ALERTS{alertname=~"SwitchhookDown|SwitchhookAbsent|SwitchhookNotReady|SwitchhookClockSkew|SwitchhookInboxLostCommits|SwitchhookPluginChecksumMismatch|SwitchhookCertificateExpiring|SwitchhookNoTraffic"}`
	later := r.window
	later.Start = later.Start.Add(10 * time.Second) // without its `for`, one or another fires while all this starts
	fired, err := r.stand.Prometheus.Range(t.Context(), harmless, later)
	if err != nil {
		t.Fatal(err)
	}
	for _, alert := range fired {
		t.Errorf("nothing of the kind happened, and it fired: %v", alert.Metric)
	}
}
