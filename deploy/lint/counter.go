package lint

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// counted checks that a counter is read as one, and nothing else is.
func (c *checker) counted(at string, s *parser.VectorSelector, path []parser.Node) {
	series, known := lookup(c.known, s.Name)
	if !known {
		return
	}
	asCounter := slices.ContainsFunc(path, func(n parser.Node) bool { return isRate(n) })
	switch {
	case series.Type == "counter" && !asCounter:
		c.report(at, "counter", "%s is a counter and stands under no rate or increase", s.Name)
	case series.Type != "counter" && asCounter:
		c.report(at, "counter", "%s is a %s, of which there is no rate", s.Name, series.Type)
	}
}

// call checks the range that a rate is taken over, and that rates are summed up
// before they are shown: each instance has its own.
func (c *checker) call(at string, call *parser.Call, path []parser.Node) {
	if !isRate(call) {
		return
	}
	over, ok := call.Args[0].(*parser.MatrixSelector)
	if !ok || !slices.Contains([]time.Duration{rateInterval, wholeRange, stated}, over.Range) {
		c.report(at, "rate-interval", "%s is taken over neither $__rate_interval nor a variable", call.Func.Name)
	}
	if !slices.ContainsFunc(path, func(n parser.Node) bool { _, ok := n.(*parser.AggregateExpr); return ok }) {
		c.report(at, "aggregated", "%s stands under no aggregation", call)
	}
}

func isRate(n parser.Node) bool {
	call, ok := n.(*parser.Call)
	return ok && slices.Contains([]string{"rate", "increase", "irate"}, call.Func.Name)
}
