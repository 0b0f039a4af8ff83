package rules_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// mutant is a rule that was changed in one place.
type mutant struct {
	what string
	rule rule
}

// mutantsOf returns all mutants of a rule.
func mutantsOf(t *testing.T, r rule) []mutant {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
	if err != nil {
		t.Fatalf("%s%s: %v", r.Alert, r.Record, err)
	}
	mutants := waits(t, r)
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		// Each change is made in the tree, written down, and taken back.
		changed := func(what string) {
			m := r
			m.Expr = expr.String()
			mutants = append(mutants, mutant{what + ": " + m.Expr, m})
		}
		switch n := node.(type) {
		case *parser.NumberLiteral:
			if !slices.ContainsFunc(path, isVector) {
				changeNumber(n, changed)
			}
		case *parser.BinaryExpr:
			turnRound(n, changed)
			takeOut(n, changed)
		case *parser.VectorSelector:
			flipMatchers(n, changed)
		case *parser.MatrixSelector:
			if r.Record != "" {
				was := n.Range
				n.Range = 2 * was
				changed("it looks back twice as far")
				n.Range = was
			}
		}
		return nil
	})
	return mutants
}

// isVector reports whether a node is vector(), whose number is compared with nothing.
func isVector(n parser.Node) bool {
	call, ok := n.(*parser.Call)
	return ok && call.Func.Name == "vector"
}

func changeNumber(n *parser.NumberLiteral, changed func(string)) {
	was := n.Val
	for _, now := range []float64{was*1.25 + zero(was), was*0.8 - zero(was)} {
		n.Val = now
		changed(fmt.Sprintf("%v is %v", was, now))
	}
	n.Val = was
}

// zero is 1 for 0, which no factor changes.
func zero(value float64) float64 {
	if value == 0 {
		return 1
	}
	return 0
}

// opposite has the comparisons, and what each is turned into.
var opposite = map[parser.ItemType]parser.ItemType{
	parser.GTR: parser.LSS, parser.LSS: parser.GTR, parser.GTE: parser.LSS, parser.LTE: parser.GTR,
	parser.EQLC: parser.NEQ, parser.NEQ: parser.EQLC,
}

func turnRound(n *parser.BinaryExpr, changed func(string)) {
	was := n.Op
	if now, ok := opposite[was]; ok {
		n.Op = now
		changed(fmt.Sprintf("%s is %s", was, now))
		n.Op = was
	}
}

// takeOut leaves one side of an and, an or or an unless: as `side or side`, which is it.
func takeOut(n *parser.BinaryExpr, changed func(string)) {
	if !n.Op.IsSetOperator() {
		return
	}
	was := *n
	n.Op, n.RHS = parser.LOR, was.LHS
	changed("the right side of " + was.Op.String() + " is missing")
	n.LHS, n.RHS = was.RHS, was.RHS
	changed("the left side of " + was.Op.String() + " is missing")
	*n = was
}

// others has the kinds of matchers, and which chooses what the first leaves.
var others = map[labels.MatchType]labels.MatchType{
	labels.MatchEqual: labels.MatchNotEqual, labels.MatchNotEqual: labels.MatchEqual,
	labels.MatchRegexp: labels.MatchNotRegexp, labels.MatchNotRegexp: labels.MatchRegexp,
}

func flipMatchers(n *parser.VectorSelector, changed func(string)) {
	for i, was := range n.LabelMatchers {
		if was.Name == "__name__" {
			continue
		}
		n.LabelMatchers[i] = labels.MustNewMatcher(others[was.Type], was.Name, was.Value)
		changed(was.String() + " is " + n.LabelMatchers[i].String())
		n.LabelMatchers[i] = was
	}
}
