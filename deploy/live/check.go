package live

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Checker asks a Prometheus about what was scraped during a window.
type Checker struct {
	Server Server
	Window Window
	// Without begins the names of families that nothing here exports. A selector of one
	// is not missed; an answer that has nothing else is empty all the same.
	Without string
}

// Check returns what is wrong with a question: it does not parse, a selector in
// it matches no series, the answer is empty or has no finite value, or its legend
// names a label that no series of the answer has.
func (c Checker) Check(ctx context.Context, q Question) error {
	tree, err := parse(q.Expr)
	if err != nil {
		return err
	}
	faults := []error{c.selectors(ctx, tree)}
	answer, err := c.Ask(ctx, q)
	switch {
	case err != nil:
		faults = append(faults, err)
	case len(answer) == 0:
		faults = append(faults, errEmpty)
	case !finite(answer):
		faults = append(faults, errors.New("the answer has no finite value"))
	default:
		faults = append(faults, legend(q.Legend, answer))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("%s: %w\n\tin %s", q.Where, err, q.Expr)
	}
	return nil
}

var errEmpty = errors.New("the answer is empty")

// Ask returns the answer to a question, at the window's end or all through it.
func (c Checker) Ask(ctx context.Context, q Question) ([]Series, error) {
	if q.Instant {
		return c.Server.Instant(ctx, q.Expr, c.Window.End)
	}
	return c.Server.Range(ctx, q.Expr, c.Window)
}

func (c Checker) selectors(ctx context.Context, tree parser.Expr) error {
	var faults []error
	for _, selector := range selectorsOf(tree) {
		if c.Lacks(selector) {
			continue
		}
		found, err := c.Server.Matching(ctx, selector, c.Window)
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("nothing matches %s", selector)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Lacks reports whether a selector names a family that nothing here exports.
func (c Checker) Lacks(selector string) bool {
	return c.Without != "" && strings.Contains(selector, c.Without)
}

// SelectorsOf returns every selector of an expression, without range and offset.
func SelectorsOf(expr string) ([]string, error) {
	tree, err := parse(expr)
	if err != nil {
		return nil, err
	}
	return selectorsOf(tree), nil
}

func selectorsOf(tree parser.Expr) (all []string) {
	for _, matchers := range parser.ExtractSelectors(tree) {
		selector := parser.VectorSelector{LabelMatchers: matchers}
		all = append(all, selector.String())
	}
	return all
}

// Families returns the names of the metrics that an expression reads, as /metrics
// has them: a histogram's is that of the whole. A selector by a pattern has none.
func Families(expr string) (all []string, err error) {
	tree, err := parse(expr)
	if err != nil {
		return nil, err
	}
	part := regexp.MustCompile(`_(bucket|sum|count)$`)
	for _, matchers := range parser.ExtractSelectors(tree) {
		for _, m := range matchers {
			if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
				all = append(all, part.ReplaceAllString(m.Value, ""))
			}
		}
	}
	return all, nil
}

func finite(answer []Series) bool {
	for _, s := range answer {
		for _, p := range s.Points {
			if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
				return true
			}
		}
	}
	return false
}

// legend wants every label that a legend names on some series of the answer.
func legend(text string, answer []Series) error {
	var faults []error
	for _, m := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(text, -1) {
		found := false
		for _, s := range answer {
			found = found || s.Metric[m[1]] != ""
		}
		if !found {
			faults = append(faults, fmt.Errorf("no series has the label %s of the legend", m[1]))
		}
	}
	return errors.Join(faults...)
}
