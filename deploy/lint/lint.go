// Package lint says what is wrong with a dashboard, without a server: what
// Grafana would draw badly, and what Prometheus would answer with nothing.
//
// The rules follow Grafana's dashboard-linter and Cloudflare's pint as far as
// they matter here, with what these dashboards have been bitten by on top: a
// name or a label's value that no series has, and a bucket that is written in
// two ways.
//
// Source: https://github.com/grafana/dashboard-linter/tree/main/docs
package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// Problem is one thing that is wrong.
type Problem struct {
	Dashboard string
	// Panel is the title of the panel, or what else the problem is of.
	Panel string
	// Rule is the short name of the rule that was broken.
	Rule string
	Text string
}

// String gives the problem as one line.
func (p Problem) String() string {
	return fmt.Sprintf("%s: %s: %s: %s", p.Dashboard, p.Panel, p.Rule, p.Text)
}

// Check reads dashboards that stand in one folder, and returns what is wrong
// with each and between them. known are the series that may be asked for.
func Check(all []grafana.Dashboard, known map[string]Series) []Problem {
	var found []Problem
	uids := map[string]string{}
	for _, d := range all {
		c := &checker{board: d, known: known}
		c.dashboard()
		if first, taken := uids[d.UID]; taken {
			c.report("dashboard", "unique-uid", "%q is the uid of %s too", d.UID, first)
		}
		uids[d.UID] = d.Title
		found = append(found, c.found...)
	}
	return found
}

type checker struct {
	board grafana.Dashboard
	known map[string]Series
	found []Problem
}

func (c *checker) report(panel, rule, format string, args ...any) {
	c.found = append(c.found, Problem{
		Dashboard: cmp.Or(c.board.UID, c.board.File), Panel: panel, Rule: rule, Text: fmt.Sprintf(format, args...),
	})
}

func (c *checker) dashboard() {
	if c.board.UID == "" {
		c.report("dashboard", "uid", "has none, so that links to it would change")
	}
	if c.board.Editable {
		c.report("dashboard", "readonly", "may be edited, and the next release would overwrite that")
	}
	if len(c.board.Tags) == 0 {
		c.report("dashboard", "tags", "has none, so that the others do not link to it")
	}
	c.links()
	c.variables()
	c.annotations()
	c.grid()
	for _, p := range c.board.Panels {
		c.panel(p)
	}
}

func (c *checker) links() {
	for _, l := range c.board.Links {
		if !l.KeepTime || !l.IncludeVars {
			c.report("link "+l.Title, "links", "does not carry the range of time and the variables")
		}
	}
}

func (c *checker) variables() {
	for _, name := range []string{"datasource", "job", "instance"} {
		if !slices.ContainsFunc(c.board.Variables, func(v grafana.Variable) bool { return v.Name == name }) {
			c.report("variable "+name, "variables", "is missing")
		}
	}
	for _, v := range c.board.Variables {
		at := "variable " + v.Name
		if v.Type != "query" {
			continue
		}
		if v.Refresh != 2 {
			c.report(at, "refresh", "is not read again when the range of time changes")
		}
		c.datasource(at, v.Datasource)
		if (v.Name == "job" || v.Name == "instance") && (!v.Multi || !v.IncludeAll || v.AllValue != ".+") {
			c.report(at, "variables", "is no choice of several in which all is .+")
		}
		selector, label, err := v.Chosen()
		if err != nil {
			c.report(at, "promql", "%v", err)
			continue
		}
		c.variableQuery(at, v.Name, selector, label)
	}
}

func (c *checker) annotations() {
	for _, a := range c.board.Annotations {
		if a.Expr == "" {
			continue
		}
		at := "annotation " + a.Name
		c.datasource(at, a.Datasource)
		c.query(at, grafana.Query{Expr: a.Expr})
	}
}

func (c *checker) panel(p grafana.Panel) {
	if p.Title == "" {
		c.report(fmt.Sprintf("panel %d", p.ID), "title", "has none")
	}
	if p.Description == "" {
		c.report(p.Title, "description", "has none")
	}
	if p.Type == "text" {
		return
	}
	// A table's columns and a state have units, or words, of their own.
	if p.Unit == "" && p.Type != "table" && p.Type != "state-timeline" {
		c.report(p.Title, "unit", "has none")
	}
	c.datasource(p.Title, p.Datasource)
	if len(p.Queries) == 0 {
		c.report(p.Title, "queries", "has none")
	}
	for _, q := range p.Queries {
		c.datasource(p.Title, q.Datasource)
		c.query(p.Title, q)
	}
}

func (c *checker) datasource(at, uid string) {
	if uid != "${datasource}" {
		c.report(at, "datasource", "%q is not the variable", uid)
	}
}
