package live_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/live"
)

// details are the families that no panel and no rule reads, and why.
func details() map[string]string {
	return map[string]string{}
}

func TestEveryFamilyIsUsedOrADetail(t *testing.T) {
	t.Parallel()
	r := run(t)
	used := usedFamilies(t)
	text, _, err := r.stand.Gateway.Metrics(t.Context(), "text/plain")
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok && strings.HasPrefix(name, "switchhook_") {
			name, _, _ = strings.Cut(name, " ")
			exported[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		_, detail := details()[name]
		switch {
		case strings.HasPrefix(name, "switchhook_handler_"): // a plugin's own, shown by pattern
		case used[name] && detail:
			t.Errorf("%s is called a detail, and is used", name)
		case !used[name] && !detail:
			t.Errorf("%s is used by no panel and no rule, and is no detail", name)
		}
	}
	for name := range details() {
		if !exported[name] {
			t.Errorf("%s is called a detail, and the gateway does not export it", name)
		}
	}
}

// usedFamilies returns what panels, variables, annotations and rules read.
func usedFamilies(t *testing.T) map[string]bool {
	t.Helper()
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := live.ReadRules(ruleFile)
	if err != nil {
		t.Fatal(err)
	}
	var exprs []string
	for _, rule := range rules {
		exprs = append(exprs, rule.Expr)
	}
	for _, board := range boards {
		values := board.Values(grafana.Times{Rate: "10s", Interval: "1s", Range: "1m"})
		for _, v := range board.Variables {
			if _, ok := values[v.Name]; !ok {
				values[v.Name] = "any"
			}
		}
		all, err := live.Questions(board, values)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range all {
			exprs = append(exprs, q.Expr)
		}
	}
	used := map[string]bool{}
	for _, expr := range exprs {
		names, err := live.Families(expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			used[name] = true
		}
	}
	return used
}
