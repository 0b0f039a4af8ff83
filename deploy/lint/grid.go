package lint

import "github.com/switchhook/switchhook/deploy/grafana"

// columns is the width of Grafana's grid.
const columns = 24

// placed is a panel or a row, by where it stands.
type placed struct {
	id    int
	title string
	grid  grafana.Grid
}

func (c *checker) grid() {
	var all []placed
	for _, r := range c.board.Rows {
		all = append(all, placed{r.ID, "row " + r.Title, r.Grid})
	}
	for _, p := range c.board.Panels {
		all = append(all, placed{p.ID, p.Title, p.Grid})
	}
	for i, p := range all {
		if g := p.grid; g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > columns {
			c.report(p.title, "grid", "%+v is not inside %d columns", g, columns)
		}
		for _, other := range all[:i] {
			if p.id == other.id {
				c.report(p.title, "unique-id", "%d is the id of %s too", p.id, other.title)
			}
			if overlap(p.grid, other.grid) {
				c.report(p.title, "overlap", "covers %s", other.title)
			}
		}
	}
}

func overlap(a, b grafana.Grid) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}
