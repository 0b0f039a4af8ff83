package live

import "github.com/prometheus/prometheus/promql/parser"

// Relaxed returns an alert's expression with what keeps it silent taken out: the
// left sides of comparisons stand for them, what `unless` or an offset would take
// away stays, and `absent` asks for what is there. It has an answer wherever the
// series exist and their labels fit together, whether the alert fires or not.
func Relaxed(expr string) (string, error) {
	tree, err := parse(expr)
	if err != nil {
		return "", err
	}
	return relax(tree).String(), nil
}

func relax(expr parser.Expr) parser.Expr { //nolint:ireturn // the parser's own
	switch e := expr.(type) {
	case *parser.ParenExpr:
		e.Expr = relax(e.Expr)
	case *parser.AggregateExpr:
		e.Expr = relax(e.Expr)
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = relax(e.Args[i])
		}
		if e.Func.Name == "absent" {
			return e.Args[0]
		}
	case *parser.VectorSelector:
		e.OriginalOffset = 0
	case *parser.MatrixSelector:
		e.VectorSelector = relax(e.VectorSelector)
	case *parser.BinaryExpr:
		return relaxBinary(e)
	}
	return expr
}

func relaxBinary(e *parser.BinaryExpr) parser.Expr { //nolint:ireturn // the parser's own
	e.LHS, e.RHS = relax(e.LHS), relax(e.RHS)
	if e.Op.IsComparisonOperator() && !e.ReturnBool || e.Op == parser.LUNLESS {
		return &parser.ParenExpr{Expr: e.LHS}
	}
	return e
}
