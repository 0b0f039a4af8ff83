package live_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/live"
)

// row begins what the overview asks of a cluster.
const row = "switchhook-overview / Cluster / "

func (f *fleet) asks() live.Checker { return live.Checker{Server: f.Prometheus, Window: f.window} }

// overview is the dashboard that has the row, for all gateways.
func (f *fleet) overview(t *testing.T) (board grafana.Dashboard, values map[string]string) {
	t.Helper()
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(boards, func(b grafana.Dashboard) bool { return b.UID == "switchhook-overview" })
	choices, faults := f.asks().Variables(t.Context(), boards[at], f.asks().Times())
	if len(faults) > 0 || len(choices) != 1 {
		t.Fatalf("%d choices: %v", len(choices), faults)
	}
	return boards[at], choices[0]
}

// questions are what the row asks, by panel and query.
func (f *fleet) questions(t *testing.T) map[string]live.Question {
	t.Helper()
	all, err := live.Questions(f.overview(t))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]live.Question{}
	for _, q := range all {
		if of, ok := strings.CutPrefix(q.Where, row); ok {
			found[of] = q
		}
	}
	return found
}

func (f *fleet) panels(t *testing.T) {
	t.Helper()
	for _, q := range f.questions(t) {
		if err := f.asks().Check(t.Context(), q); err != nil {
			t.Error(err)
		}
	}
}

// shows is how far the values of a query go.
type shows struct {
	series int
	// low is what each series falls to, and high what it reaches, or one of them.
	low, high float64
	each      bool
}

// values wants what the panels show to have gone as far as what happened.
func (f *fleet) values(t *testing.T) {
	t.Helper()
	questions := f.questions(t)
	whatever := math.Inf(1)
	for of, want := range map[string]shows{
		"Connected / A":                  {series: 2, low: 0, high: 1, each: true},
		"Behind the log / A":             {series: 2, low: 0, high: 2},
		"Entries behind / A":             {series: 2, low: 0, high: 1},
		"Log against its bound / A":      {series: 1, low: live.LogBytes / 2, high: .85 * live.LogBytes},
		"Log against its bound / B":      {series: 1, low: .85 * live.LogBytes, high: .85 * live.LogBytes},
		"Log against its bound / C":      {series: 1, low: live.LogBytes, high: live.LogBytes},
		"Entries since the snapshot / A": {series: 1, low: whatever, high: 1},
		"In hand / A":                    {series: 2, low: whatever},
		"Claims / A":                     {series: 2, low: whatever},
		"Claims / B":                     {series: 2, low: whatever},
		"Keeper / A":                     {series: 2, low: 0, high: 1},
		"Snapshots / A":                  {series: 2, low: 0, high: .5, each: true},
		"Reconnects / A":                 {series: 2, low: 0, high: .5},
	} {
		q, ok := questions[of]
		if !ok {
			t.Errorf("no panel has the query %s", of)
			continue
		}
		delete(questions, of)
		answer, err := f.asks().Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if problem := want.misses(answer); problem != "" {
			t.Errorf("%s: %s", of, problem)
		}
	}
	for of := range questions {
		t.Errorf("nothing is known of what %s has to show", of)
	}
}

// misses says what the values of a query do not come to.
func (s shows) misses(answer []live.Series) string {
	if len(answer) != s.series {
		return fmt.Sprintf("it has %d series, want %d", len(answer), s.series)
	}
	reached := 0
	for _, one := range answer {
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range one.Points {
			low, high = min(low, p.Value), max(high, p.Value)
		}
		if low > s.low {
			return fmt.Sprintf("%v never falls to %v: from %v to %v", one.Metric, s.low, low, high)
		}
		if high >= s.high {
			reached++
		}
	}
	if reached == 0 || s.each && reached < len(answer) {
		return fmt.Sprintf("%d of %d series come to %v", reached, len(answer), s.high)
	}
	return ""
}

func (f *fleet) rules(t *testing.T) {
	t.Helper()
	rules, err := live.ReadRules(ruleFile)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, rule := range rules {
		if !strings.Contains(rule.Expr, shared) {
			continue
		}
		asked++
		expr, err := live.Relaxed(rule.Expr)
		if err != nil {
			t.Fatalf("%s: %v", rule.Name(), err)
		}
		for _, q := range append(reads(t, rule), live.Question{Where: rule.Name(), Expr: expr}) {
			if err := f.asks().Check(t.Context(), q); err != nil {
				t.Error(err)
			}
		}
	}
	if asked == 0 {
		t.Error("no rule is about a cluster")
	}
}

func (f *fleet) families(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	promised := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `("+shared+"\\w+)`").FindAllSubmatch(text, -1) {
		promised[string(m[1])] = true
	}
	exposed, _, err := f.Gateways[0].Metrics(t.Context(), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	exported, used := map[string]bool{}, usedFamilies(t)
	for _, m := range regexp.MustCompile("(?m)^# TYPE ("+shared+"\\w+) ").FindAllSubmatch(exposed, -1) {
		name := string(m[1])
		exported[name] = true
		if !used[name] {
			t.Errorf("%s is used by no panel and no rule", name)
		}
	}
	if diff := cmp.Diff(promised, exported); diff != "" || len(promised) == 0 {
		t.Errorf("docs/metrics.md promises (-) and a gateway has (+):\n%s", diff)
	}
}

// runbooks types what the pages of the cluster's alerts say.
func (f *fleet) runbooks(t *testing.T) {
	t.Helper()
	pages, err := filepath.Glob("../../docs/runbooks/SwitchhookCluster*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	queries, commands := map[string]string{}, map[string]string{}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```(promql|sh)\n(.*?)```").FindAllSubmatch(text, -1) {
			into := map[string]map[string]string{"promql": queries, "sh": commands}[string(block[1])]
			for line := range strings.Lines(string(block[2])) {
				into[strings.TrimSpace(line)] = filepath.Base(page)
			}
		}
	}
	for _, expr := range slices.Sorted(maps.Keys(queries)) {
		if err := f.asks().Check(t.Context(), live.Question{Where: queries[expr], Expr: expr}); err != nil {
			t.Error(err)
		}
	}
	for _, command := range slices.Sorted(maps.Keys(commands)) {
		args, ok := strings.CutPrefix(command, "switchhook ")
		if !ok {
			t.Errorf("%s: what is %s", commands[command], command)
			continue
		}
		if out, err := f.Gateways[0].CLI(t.Context(), strings.Fields(args)...); err != nil || len(out) == 0 {
			t.Errorf("%s: %v\n%s", commands[command], err, out)
		}
	}
}

// picture draws the overview of gateways that share an inbox.
func (f *fleet) picture(t *testing.T) {
	t.Helper()
	board, values := f.overview(t)
	for _, title := range drawn(t, board, f.asks(), untimed(values), board.UID+"-cluster", library(t)) {
		if slices.ContainsFunc(board.Panels, func(p grafana.Panel) bool { return p.Title == title && p.Row == "Cluster" }) {
			t.Errorf("nothing is shown in %s", title)
		}
	}
}
