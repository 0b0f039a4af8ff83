package lint

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// Durations that nobody would write stand for the variables of time, so that
// the parsed query still shows which range came from which.
const (
	rateInterval = 7*time.Minute + 13*time.Second
	interval     = 7*time.Minute + 17*time.Second
	wholeRange   = 7*time.Minute + 19*time.Second
	stated       = 7*time.Minute + 23*time.Second
)

// anything stands for what is chosen of a variable.
const anything = "CHOSEN"

// metricName is the label that holds the name of a series.
const metricName = "__name__"

// parse puts stand-ins for the variables of a query, and parses it.
//
//nolint:ireturn // the parser's own type for every expression
func (c *checker) parse(at, query string) (parser.Expr, bool) {
	values := map[string]string{
		"__rate_interval": rateInterval.String(), "__interval": interval.String(), "__range": wholeRange.String(),
	}
	for _, v := range c.board.Variables {
		values[v.Name] = anything
		if v.Type == "constant" {
			values[v.Name] = stated.String()
		}
	}
	text, err := grafana.Substitute(query, values)
	if err != nil {
		c.report(at, "promql", "%v", err)
		return nil, false
	}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		c.report(at, "promql", "%v", err)
		return nil, false
	}
	return expr, true
}

func (c *checker) query(at string, q grafana.Query) {
	expr, ok := c.parse(at, q.Expr)
	if !ok {
		return
	}
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			c.selector(at, n, true)
			c.counted(at, n, path)
		case *parser.Call:
			c.call(at, n, path)
		case *parser.AggregateExpr:
			c.grouping(at, n)
		}
		return nil
	})
	c.legend(at, q, expr)
}

// variableQuery checks the selector of label_values, and that the series has
// the label.
func (c *checker) variableQuery(at, name, selector, label string) {
	expr, ok := c.parse(at, selector)
	if !ok {
		return
	}
	s, ok := expr.(*parser.VectorSelector)
	if !ok {
		c.report(at, "promql", "%s is no selector", selector)
		return
	}
	// The choice of jobs depends on none, that of instances on the job alone.
	c.selector(at, s, name != "job" && name != "instance")
	if series, known := lookup(c.known, s.Name); known && !series.has(label, "") && series.Labels[label] == nil {
		c.report(at, "label", "%s has no label %s", s.Name, label)
	}
}

// selector checks a selector's name, matchers and buckets.
func (c *checker) selector(at string, s *parser.VectorSelector, scoped bool) {
	if scoped {
		c.scope(at, s)
	}
	for _, m := range s.LabelMatchers {
		if m.Name == "le" && wholeNumber(m.Value) {
			c.report(at, "integral-le", "le=%q is written in another way in OpenMetrics", m.Value)
		}
	}
	if s.Name == "" || strings.HasSuffix(s.Name, anything) {
		c.handler(at, s)
		return
	}
	series, known := lookup(c.known, s.Name)
	if !known {
		c.report(at, "series", "%s is no series that is documented", s.Name)
		return
	}
	for _, m := range s.LabelMatchers {
		c.matcher(at, s.Name, series, m)
	}
}

// scope checks that a selector keeps to the jobs and instances that are chosen.
func (c *checker) scope(at string, s *parser.VectorSelector) {
	for _, label := range []string{"job", "instance"} {
		if !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
			return m.Name == label && m.Type == labels.MatchRegexp && strings.HasPrefix(m.Value, anything)
		}) {
			c.report(at, "matchers", `%s does not match %s=~"$%s"`, s, label, label)
		}
	}
}

// handler lets a query ask for names by a pattern or a choice only where they
// are a plugin's, which nobody knows.
func (c *checker) handler(at string, s *parser.VectorSelector) {
	if !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool {
		return m.Name == metricName && (m.Type == labels.MatchRegexp || m.Type == labels.MatchEqual) && strings.HasPrefix(m.Value, "switchhook_handler_")
	}) {
		c.report(at, "series", "%s names no series", s)
	}
}

// matcher checks that the series has the label, and that its closed set has
// each value that the matcher names in so many words.
func (c *checker) matcher(at, name string, series Series, m *labels.Matcher) {
	if m.Name == metricName {
		return
	}
	values := []string{m.Value}
	if m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp {
		values = strings.Split(m.Value, "|")
	}
	for _, value := range values {
		words := regexp.MustCompile(`^\w+$`).MatchString(value) && value != anything
		switch {
		case !series.has(m.Name, value) && series.Labels[m.Name] == nil:
			c.report(at, "label", "%s has no label %s", name, m.Name)
			return
		case words && !series.has(m.Name, value):
			c.report(at, "label", "%s has no %s=%q", name, m.Name, value)
		}
	}
}

func wholeNumber(le string) bool {
	return slices.ContainsFunc(strings.Split(le, "|"), regexp.MustCompile(`^\d+(\\?\.0+)?$`).MatchString)
}
