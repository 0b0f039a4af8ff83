package rules_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A rule that was changed where it matters fails its unit tests: each number by a fifth
// or a quarter, each comparison turned round, each condition taken out, each choice of
// label values turned into the others, for twice as long and at once. Otherwise a slip
// of the pen in a threshold passes every check, and is found out in the night.
func TestNoMutantOfARuleSurvives(t *testing.T) {
	t.Parallel()
	all := load(t)
	units := unitFiles(t)
	var killed atomic.Int64
	t.Cleanup(func() { t.Logf("%d mutants were killed", killed.Load()) })
	for _, group := range all.Groups {
		for i, r := range group.Rules {
			t.Run(r.Alert+r.Record, func(t *testing.T) {
				t.Parallel()
				mutants := mutantsOf(t, r)
				left := mutants
				for _, stage := range stagesOf(all, group, i) {
					tests := testsOf(units, r, stage.kinds)
					if len(tests) == 0 {
						continue
					}
					if left = survivors(t, stage.rules, r, left, tests); len(left) == 0 {
						break
					}
				}
				for _, m := range left {
					t.Errorf("no unit test notices that %s", m.what)
				}
				killed.Add(int64(len(mutants) - len(left)))
			})
		}
	}
}

// stage is a way to look for the mutants of a rule: by which tests, among which rules.
type stage struct {
	kinds string // what the name of a test has in it
	rules []group
}

// stagesOf tries the cheap way first: the tests at the boundary, which need the alert
// alone. What they let live is tried with every test, among the recording rules.
func stagesOf(all groups, g group, at int) []stage {
	alone := []group{{Name: g.Name, Rules: g.Rules[at : at+1]}}
	among := append([]group{}, all.Groups[:2]...)
	if g.Rules[at].Alert != "" {
		among = append(among, alone...)
		return []stage{{boundary, alone}, {"", among}}
	}
	return []stage{{"", among}}
}

// testsOf returns the unit tests of a rule, by file.
func testsOf(files map[string]unitFile, r rule, kind string) []unitFile {
	var found []unitFile
	for _, file := range files {
		var own []unit
		for _, u := range file.Tests {
			if r.Alert != "" && strings.HasPrefix(u.Name, r.Alert+" "+kind) {
				own = append(own, u)
			}
			var exprs []exprTest
			for _, e := range u.Exprs {
				if r.Record != "" && e.Expr == r.Record {
					exprs = append(exprs, e)
				}
			}
			if len(exprs) > 0 {
				u.Exprs = exprs
				own = append(own, u)
			}
		}
		if len(own) > 0 {
			found = append(found, unitFile{Interval: file.Interval, Order: file.Order, Tests: own})
		}
	}
	return found
}

// survivors returns the mutants that pass the tests. One promtool takes them all, a rule
// file and a test file for each; the rule itself is the first of them, and has to pass.
func survivors(t *testing.T, among []group, r rule, mutants []mutant, tests []unitFile) []mutant {
	t.Helper()
	dir := t.TempDir()
	alive := map[int]bool{}
	args := []string{"test", "rules"}
	for i, m := range append([]mutant{{what: "it is itself", rule: r}}, mutants...) {
		alive[i] = true
		rules := fmt.Sprintf("rules-%d.yaml", i)
		write(t, filepath.Join(dir, rules), groups{replaced(among, r, m.rule)})
		for j, file := range tests {
			file.RuleFiles = []string{rules}
			path := filepath.Join(dir, fmt.Sprintf("tests-%d-%d.yaml", i, j))
			write(t, path, file)
			args = append(args, path)
		}
	}
	out, err := promtool(t.Context(), args...)
	if err == nil && len(mutants) > 0 {
		return mutants
	}
	reports := strings.Split(out, "Unit Testing:  ")[1:]
	if len(reports) != len(args)-2 {
		t.Fatalf("promtool reports on %d files of %d: %v\n%s", len(reports), len(args)-2, err, out)
	}
	for n, report := range reports {
		i := n / len(tests)
		switch {
		case strings.Contains(report, "SUCCESS"):
		case i == 0:
			t.Fatalf("the rule itself fails:\n%s", report)
		case !strings.Contains(report, "exp:"):
			t.Fatalf("that %s makes a rule that cannot be tested:\n%s", mutants[i-1].what, report)
		default:
			alive[i] = false
		}
	}
	var left []mutant
	for i, m := range mutants {
		if alive[i+1] {
			left = append(left, m)
		}
	}
	return left
}

// replaced returns the groups with a rule exchanged for another one.
func replaced(among []group, old, by rule) []group {
	changed := make([]group, len(among))
	for i, g := range among {
		changed[i] = group{Name: g.Name, Interval: g.Interval}
		for _, r := range g.Rules {
			if r.Alert == old.Alert && r.Record == old.Record {
				r = by
			}
			changed[i].Rules = append(changed[i].Rules, r)
		}
	}
	return changed
}

// waits returns the mutants of how long an alert waits before it fires.
func waits(t *testing.T, r rule) []mutant {
	t.Helper()
	if r.Alert == "" {
		return nil
	}
	if r.For == "" {
		later := r
		later.For = "5m"
		return []mutant{{"it waits for five minutes", later}}
	}
	long, err := time.ParseDuration(r.For)
	if err != nil {
		t.Fatalf("%s: %v", r.Alert, err)
	}
	later, atOnce := r, r
	later.For, atOnce.For = fmt.Sprintf("%ds", int(long.Seconds())*2), ""
	return []mutant{{"it waits twice as long", later}, {"it does not wait", atOnce}}
}
