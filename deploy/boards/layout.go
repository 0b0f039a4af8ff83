package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// columns is the width of every dashboard of Grafana.
const columns = 24

// layout gives panels their ids and their places: left to right, and down where
// the 24 columns are full. Collapsed rows take the room that they have when
// they are open, so that nothing overlaps then.
type layout struct {
	id           uint32
	x, y, height uint32
}

func (l *layout) nextID() uint32 {
	l.id++
	return l.id
}

func (l *layout) heading() dashboard.GridPos {
	l.endRow()
	at := dashboard.GridPos{X: 0, Y: l.y, W: columns, H: 1}
	l.y++
	return at
}

func (l *layout) panel(p panel) cog.Builder[dashboard.Panel] {
	if l.x+p.w > columns {
		l.endRow()
	}
	at := dashboard.GridPos{X: l.x, Y: l.y, W: p.w, H: p.h}
	l.x += p.w
	l.height = max(l.height, p.h)
	return placed{panel: p, id: l.nextID(), at: at}
}

func (l *layout) endRow() {
	l.x, l.y, l.height = 0, l.y+l.height, 0
}

// placed is a panel with its id and its place.
type placed struct {
	panel panel
	id    uint32
	at    dashboard.GridPos
}

// Build makes it a builder of the SDK.
func (p placed) Build() (dashboard.Panel, error) {
	return p.panel.build(p.id, p.at)
}
