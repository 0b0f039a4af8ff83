package live_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/live"
)

func TestEveryPanelVariableAndAnnotationHasData(t *testing.T) {
	t.Parallel()
	r := run(t)
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, board := range boards {
		faults, questions := walk(t.Context(), r.asks(), board)
		for _, where := range questions {
			asked[where] = true
		}
		for where, fault := range faults {
			if _, ok := silent()[where]; !ok {
				t.Error(fault)
			}
		}
		for where := range silent() {
			if _, fails := faults[where]; !fails && strings.HasPrefix(where, board.UID) {
				t.Errorf("%s is said to have no data, and has: take it from the list", where)
			}
		}
	}
	for where := range silent() {
		if !asked[where] {
			t.Errorf("%s is said to have no data, and no dashboard has it", where)
		}
	}
	t.Logf("%d queries were asked", len(asked))
}

// walk asks everything that a dashboard asks, for every choice that its reader may
// make, and returns what is wrong by question: a question is well that is well for
// one choice, for no command has everything.
func walk(ctx context.Context, c live.Checker, board grafana.Dashboard) (faults map[string]error, questions []string) {
	faults = map[string]error{}
	choices, wrong := c.Variables(ctx, board, c.Times())
	for i, err := range wrong {
		faults[fmt.Sprintf("%s / variable %d", board.UID, i)] = err
	}
	for i, values := range choices {
		all, err := live.Questions(board, values)
		if err != nil {
			faults[board.UID] = err
		}
		for _, q := range all {
			before, failed := faults[q.Where]
			if i == 0 {
				questions = append(questions, q.Where)
			} else if !failed {
				continue
			}
			if err := c.Check(ctx, q); err == nil {
				delete(faults, q.Where)
			} else {
				faults[q.Where] = least(before, err)
			}
		}
	}
	return faults, questions
}

// least is what speaks of the smaller fault of two: that an answer is empty tells
// less where a selector matches nothing either.
func least(a, b error) error {
	if a == nil || len(b.Error()) < len(a.Error()) {
		return b
	}
	return a
}

// silent are the queries that have no data here, and why. One that has is a fault.
func silent() map[string]string {
	const own = "the gateway has its inbox for itself, and no cluster: fleet_test.go has"
	return map[string]string{
		"switchhook-overview / Cluster / Connected / A":                  own,
		"switchhook-overview / Cluster / Behind the log / A":             own,
		"switchhook-overview / Cluster / Entries behind / A":             own,
		"switchhook-overview / Cluster / Log against its bound / A":      own,
		"switchhook-overview / Cluster / Log against its bound / B":      own,
		"switchhook-overview / Cluster / Log against its bound / C":      own,
		"switchhook-overview / Cluster / Entries since the snapshot / A": own,
		"switchhook-overview / Cluster / Snapshots / A":                  own,
		"switchhook-overview / Cluster / Reconnects / A":                 own,
		"switchhook-plugins / Work / Second attempts / B":                "the budget of second attempts holds for minutes of slow calls, which a run of one minute has not",
	}
}

// A check that lets a wrong panel pass would let all of them.
func TestAWrongPanelIsFound(t *testing.T) {
	t.Parallel()
	r := run(t)
	const labels = `job=~"$job",instance=~"$instance"`
	for name, planted := range map[string]struct{ expr, legend, want string }{
		"a good one":                     {expr: `sum by (command) (rate(switchhook_callbacks_total{` + labels + `}[$__rate_interval]))`, legend: "{{command}}"},
		"a typo in a name":               {expr: `sum(rate(switchhook_callback_total{` + labels + `}[$__rate_interval]))`, want: "nothing matches"},
		"a value that no label has":      {expr: `sum(switchhook_callbacks_total{outcome="success",` + labels + `}) or vector(0)`, want: "nothing matches"},
		"a label that no series has":     {expr: `sum(switchhook_callbacks_total{cmd="x",` + labels + `})`, want: "nothing matches"},
		"nothing divided by nothing":     {expr: `0 * sum(switchhook_callbacks_total{` + labels + `}) / (0 * sum(switchhook_callbacks_total{` + labels + `}))`, want: "no finite value"},
		"a sum of what does not match":   {expr: `switchhook_callbacks_total{` + labels + `} / switchhook_auth_failures_total{` + labels + `}`, want: "empty"},
		"a legend that was summed away":  {expr: `sum(rate(switchhook_callbacks_total{` + labels + `}[$__rate_interval]))`, legend: "{{command}}", want: "label command"},
		"an expression that has no end":  {expr: `sum(rate(switchhook_callbacks_total{` + labels + `}[$__rate_interval])`, want: "parse"},
		"a variable that nobody defines": {expr: `sum(switchhook_callbacks_total{job=~"$cluster"})`, want: "cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			board := grafana.Dashboard{
				UID:       "planted",
				Variables: []grafana.Variable{{Name: "job", AllValue: ".+"}, {Name: "instance", AllValue: ".+"}},
				Panels:    []grafana.Panel{{Title: "Planted", Queries: []grafana.Query{{RefID: "A", Expr: planted.expr, Legend: planted.legend}}}},
			}
			faults, _ := walk(t.Context(), r.asks(), board)
			var found error
			for _, err := range faults {
				found = errors.Join(found, err)
			}
			switch {
			case planted.want == "" && found != nil:
				t.Errorf("it is found wrong: %v", found)
			case planted.want != "" && (found == nil || !strings.Contains(found.Error(), planted.want)):
				t.Errorf("found is %v, want %q", found, planted.want)
			}
		})
	}
}

// A variable that offers nothing leaves its dashboard empty.
func TestAWrongVariableIsFound(t *testing.T) {
	t.Parallel()
	r := run(t)
	for name, query := range map[string]string{
		"of a metric that there is not": `label_values(switchhook_commands, command)`,
		"of a label that there is not":  `label_values(switchhook_callbacks_total, cmd)`,
		"that is no query of labels":    `switchhook_callbacks_total`,
	} {
		board := grafana.Dashboard{Variables: []grafana.Variable{{Name: "wrong", Type: "query", Query: query}}}
		if faults, _ := walk(t.Context(), r.asks(), board); len(faults) == 0 {
			t.Errorf("a variable %s is not found", name)
		}
	}
}
