package draw

import (
	"slices"
	"strings"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// Sizes in pixels. A unit of Grafana's grid is 30 high with a gap of 8; the
// rows of a page stand closer, for a picture has no mouse to scroll with.
const (
	unit   = 32
	gap    = 8
	margin = 12
	head   = 54
)

// shownBoard is what the page's script gets.
type shownBoard struct {
	Title  string       `json:"title"`
	About  string       `json:"about"`
	From   int64        `json:"from"`
	To     int64        `json:"to"`
	Rows   []shownRow   `json:"rows"`
	Panels []shownPanel `json:"panels"`
	height int
}

type shownRow struct {
	Title string `json:"title"`
	Open  bool   `json:"open"`
	Box   box    `json:"box"`
}

type box struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// arrange gives every row and panel that is drawn its place. A row that is
// shut takes one line, and what is below moves up.
func arrange(board grafana.Dashboard, options Options) shownBoard {
	shown := shownBoard{
		Title: board.Title, About: options.about(board),
		From: options.Over.From.Unix(), To: options.Over.To.Unix(),
	}
	y := head
	y += shown.add(board, "", y, options.Width)
	for _, r := range board.Rows {
		if len(options.Only) > 0 && !slices.Contains(options.Only, r.Title) {
			continue
		}
		open := !r.Collapsed || options.AllRows || len(options.Only) > 0
		shown.Rows = append(shown.Rows, shownRow{r.Title, open, box{margin, y, options.Width - 2*margin, unit - gap}})
		y += unit
		if open {
			y += shown.add(board, r.Title, y, options.Width)
		}
	}
	shown.height = y + margin
	return shown
}

// add places the panels of one row from y on, and returns how high they are.
func (s *shownBoard) add(board grafana.Dashboard, row string, y, width int) int {
	of := slices.DeleteFunc(slices.Clone(board.Panels), func(p grafana.Panel) bool { return p.Row != row })
	if len(of) == 0 {
		return 0
	}
	top := slices.MinFunc(of, func(a, b grafana.Panel) int { return a.Grid.Y - b.Grid.Y }).Grid.Y
	left := func(column int) int { return margin + column*(width-2*margin+gap)/24 }
	height := 0
	for _, p := range of {
		g := p.Grid
		s.Panels = append(s.Panels, shown(p, box{left(g.X), y + (g.Y-top)*unit, left(g.X+g.W) - left(g.X) - gap, g.H*unit - gap}))
		height = max(height, (g.Y-top+g.H)*unit)
	}
	return height
}

// about says which choices were made, of those that the dashboard offers.
func (o Options) about(board grafana.Dashboard) string {
	var said strings.Builder
	for _, v := range board.Variables {
		choice, made := o.Choices[v.Name]
		switch {
		case v.Type == "constant" || v.Type == "datasource":
			continue
		case !made:
			choice = "All"
		}
		said.WriteString(v.Name + ": " + choice + "   ")
	}
	return said.String()
}
