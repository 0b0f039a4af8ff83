// Package boards defines the dashboards of deploy/dashboards: Overview for
// whoever is on call, Command for one command in detail, Plugins for plugins
// and the gateway's own process.
//
// A board is a list of rows of panels. What each panel asks is written here;
// where it stands, its id and Grafana's wording of it follow.
//
// Only classic histogram buckets are asked for, so that the boards show the
// same on Prometheus 2.42 and 3, and no le is a whole number, since that is
// written "1" in one exposition format and "1.0" in another.
package boards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

//go:generate go run ./generate ../dashboards

// Files returns the text of each dashboard by the name of its file.
func Files() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, b := range []board{overview(), command(), plugins()} {
		d, err := b.build()
		if err != nil {
			return nil, fmt.Errorf("build dashboard %s: %w", b.uid, err)
		}
		var text bytes.Buffer
		to := json.NewEncoder(&text)
		to.SetEscapeHTML(false)
		to.SetIndent("", "  ")
		if err := to.Encode(d); err != nil {
			return nil, fmt.Errorf("write dashboard %s: %w", b.uid, err)
		}
		files[b.uid+".json"] = readable(text.Bytes())
	}
	return files, nil
}

// readable undoes the escapes for HTML that the SDK's own encoders write, so
// that an expression in a diff reads as it was written.
func readable(text []byte) []byte {
	return []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text)))
}

// Names returns the names of the files, in order.
func Names(files map[string][]byte) []string {
	return slices.Sorted(maps.Keys(files))
}

// board is a dashboard before Grafana's wording.
type board struct {
	uid, title, about string
	variables         []cog.Builder[dashboard.VariableModel]
	rows              []row
}

// row is a heading with its panels; without a title they stand above all rows.
type row struct {
	title  string
	open   bool
	panels []panel
}

// The schema is the one before dashboardv2, which Grafana 12 writes and earlier
// ones read.
//
//nolint:staticcheck // deprecated for dashboardv2, which Grafana before 12 does not load
func (b board) build() (dashboard.Dashboard, error) {
	to := dashboard.NewDashboardBuilder(b.title).
		Uid(b.uid).
		Description(b.about).
		Tags([]string{tag}).
		Readonly().
		Timezone("browser").
		Refresh("30s").
		Time("now-1h", "now").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		Link(links()).
		Annotations(annotations())
	for _, v := range append(frame(), b.variables...) {
		to = to.WithVariable(v)
	}
	place := &layout{}
	for _, r := range b.rows {
		r.addTo(to, place)
	}
	return to.Build() //nolint:wrapcheck // Files names the dashboard
}

//nolint:staticcheck // as above
func (r row) addTo(to *dashboard.DashboardBuilder, place *layout) {
	if r.title == "" {
		for _, p := range r.panels {
			to.WithPanel(place.panel(p))
		}
		place.endRow()
		return
	}
	heading := dashboard.NewRowBuilder(r.title).Collapsed(!r.open).Id(place.nextID()).GridPos(place.heading())
	if r.open {
		// The panels of an open row stand beside it in the file, those of a collapsed one in it.
		to.WithRow(heading)
	}
	for _, p := range r.panels {
		if r.open {
			to.WithPanel(place.panel(p))
		} else {
			heading.WithPanel(place.panel(p))
		}
	}
	if !r.open {
		to.WithRow(heading)
	}
	place.endRow()
}
