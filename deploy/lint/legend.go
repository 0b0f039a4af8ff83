package lint

import (
	"maps"
	"regexp"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// outcome are the labels of a query's result; open says that it may have others.
type outcome struct {
	labels map[string]bool
	open   bool
}

// legend checks that the result has each label that the legend names.
func (c *checker) legend(at string, q grafana.Query, expr parser.Expr) {
	result := c.result(expr)
	for _, m := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(q.Legend, -1) {
		if !result.open && !result.labels[m[1]] {
			c.report(at, "legend", "the result has no label %s: %s", m[1], q.Expr)
		}
	}
}

// grouping checks that what is grouped by is there.
func (c *checker) grouping(at string, e *parser.AggregateExpr) {
	inner := c.result(e.Expr)
	for _, label := range e.Grouping {
		if !inner.open && !inner.labels[label] {
			c.report(at, "grouping", "there is no label %s in %s", label, e.Expr)
		}
	}
}

// result works out which labels an expression's result has.
func (c *checker) result(expr parser.Expr) outcome {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return c.ofSelector(e)
	case *parser.MatrixSelector:
		return c.result(e.VectorSelector)
	case *parser.SubqueryExpr:
		return c.result(e.Expr)
	case *parser.ParenExpr:
		return c.result(e.Expr)
	case *parser.UnaryExpr:
		return c.result(e.Expr)
	case *parser.AggregateExpr:
		return c.ofAggregate(e)
	case *parser.BinaryExpr:
		return c.ofBinary(e)
	case *parser.Call:
		return c.ofCall(e)
	}
	return outcome{labels: map[string]bool{}}
}

func (c *checker) ofSelector(s *parser.VectorSelector) outcome {
	series, known := lookup(c.known, s.Name)
	found := outcome{labels: map[string]bool{"job": true, "instance": true}, open: !known || series.AnyLabel}
	for label := range series.Labels {
		found.labels[label] = true
	}
	return found
}

func (c *checker) ofAggregate(e *parser.AggregateExpr) outcome {
	inner := c.result(e.Expr)
	switch {
	case e.Op == parser.TOPK || e.Op == parser.BOTTOMK:
		return inner
	case e.Without:
		for _, label := range e.Grouping {
			delete(inner.labels, label)
		}
		return inner
	}
	found := outcome{labels: map[string]bool{}}
	for _, label := range e.Grouping {
		found.labels[label] = inner.open || inner.labels[label]
	}
	return found
}

func (c *checker) ofBinary(e *parser.BinaryExpr) outcome {
	left, right := c.result(e.LHS), c.result(e.RHS)
	switch {
	case e.VectorMatching == nil && e.LHS.Type() == parser.ValueTypeScalar:
		return right
	case e.VectorMatching == nil:
		return left
	}
	switch e.VectorMatching.Card {
	case parser.CardOneToMany:
		return with(right, e.VectorMatching.Include)
	case parser.CardManyToOne:
		return with(left, e.VectorMatching.Include)
	case parser.CardOneToOne:
		if !e.VectorMatching.On || e.Op.IsComparisonOperator() {
			return left
		}
		return with(outcome{labels: map[string]bool{}}, e.VectorMatching.MatchingLabels)
	case parser.CardManyToMany:
		// What the right side adds is there only where the left is not.
		maps.DeleteFunc(left.labels, func(label string, _ bool) bool { return e.Op == parser.LOR && !right.labels[label] })
	}
	return left
}

func with(found outcome, labels []string) outcome {
	for _, label := range labels {
		found.labels[label] = true
	}
	return found
}

func (c *checker) ofCall(e *parser.Call) outcome {
	found := outcome{labels: map[string]bool{}}
	for _, arg := range e.Args {
		if arg.Type() == parser.ValueTypeVector || arg.Type() == parser.ValueTypeMatrix {
			found = c.result(arg)
		}
	}
	switch e.Func.Name {
	case "histogram_quantile":
		delete(found.labels, "le")
	case "label_replace", "label_join":
		found.open = true
	}
	return found
}
