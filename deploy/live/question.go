package live

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// Question is one thing that a dashboard or a rule asks Prometheus.
type Question struct {
	// Where names it: dashboard / panel / query, or the rule.
	Where string
	// Expr has no variables any more.
	Expr string
	// Legend names labels of the answer in double braces; it may be empty.
	Legend string
	// Instant asks for the end of the window, and not all through it.
	Instant bool
}

// Times are the durations of a dashboard that shows a window.
func (c Checker) Times() grafana.Times {
	return grafana.Times{Rate: "10s", Interval: "1s", Range: c.Window.Seconds()}
}

// Variables returns what is wrong with the variables of a dashboard, and every
// choice of values that a reader can make: all of everything, and each value of a
// variable that takes one alone.
func (c Checker) Variables(ctx context.Context, board grafana.Dashboard, times grafana.Times) (choices []map[string]string, faults []error) {
	choices = []map[string]string{board.Values(times)}
	for _, v := range board.Variables {
		if v.Type != "query" {
			continue
		}
		where := board.UID + " / $" + v.Name
		var next []map[string]string
		for _, values := range choices {
			found, err := c.values(ctx, v, values)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", where, err))
			}
			switch {
			case v.AllValue != "":
				next = append(next, values)
			case v.Multi:
				next = append(next, with(values, v.Name, "("+strings.Join(quoted(found), "|")+")"))
			default:
				for _, value := range found {
					next = append(next, with(values, v.Name, value))
				}
			}
		}
		choices = next
	}
	return choices, faults
}

// values returns what a variable offers.
func (c Checker) values(ctx context.Context, v grafana.Variable, chosen map[string]string) ([]string, error) {
	query := v
	var err error
	if query.Query, err = grafana.Substitute(v.Query, chosen); err != nil {
		return nil, err
	}
	selector, label, err := query.Chosen()
	if err != nil {
		return nil, err
	}
	if _, err := parse(selector); err != nil {
		return nil, err
	}
	series, err := c.Server.Matching(ctx, selector, c.Window)
	if err != nil {
		return nil, err
	}
	offers, err := offering(v.Regex)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, s := range series {
		if choice := offers(s[label]); choice != "" {
			found[choice] = true
		}
	}
	if len(found) == 0 {
		// A command that no plugin serves has no plugins to choose.
		if strings.Contains(v.Query, "$command") {
			return []string{"none"}, nil
		}
		return nil, fmt.Errorf("nothing to choose in %s", query.Query)
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// offering returns what a variable's pattern makes of a label's value: its group,
// or all of it, or nothing where it does not match.
func offering(pattern string) (func(value string) string, error) {
	if pattern == "" {
		return func(value string) string { return value }, nil
	}
	re, err := regexp.Compile(strings.TrimSuffix(strings.TrimPrefix(pattern, "/"), "/"))
	if err != nil {
		return nil, fmt.Errorf("parse pattern: %w", err)
	}
	return func(value string) string {
		found := re.FindStringSubmatch(value)
		if found == nil {
			return ""
		}
		return found[len(found)-1]
	}, nil
}

func quoted(values []string) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = regexp.QuoteMeta(v)
	}
	return all
}

func with(values map[string]string, name, value string) map[string]string {
	values = maps.Clone(values)
	values[name] = value
	return values
}

// Questions returns what a dashboard asks where the values are chosen, the same
// ones in the same order for every choice: its panels, and its annotations.
func Questions(board grafana.Dashboard, values map[string]string) ([]Question, error) {
	var all []Question
	add := func(where string, q grafana.Query) error {
		expr, err := grafana.Substitute(q.Expr, values)
		all = append(all, Question{Where: board.UID + " / " + where, Expr: expr, Legend: q.Legend, Instant: q.Instant})
		return err
	}
	for _, p := range board.Panels {
		for _, q := range p.Queries {
			if err := add(fmt.Sprintf("%s / %s / %s", p.Row, p.Title, q.RefID), q); err != nil {
				return nil, err
			}
		}
	}
	for _, a := range board.Annotations {
		if err := add("annotation / "+a.Name, grafana.Query{Expr: a.Expr}); err != nil {
			return nil, err
		}
	}
	return all, nil
}
