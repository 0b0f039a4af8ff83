package draw

import (
	"context"
	_ "embed" // what the page is made of
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/switchhook/switchhook/deploy/grafana"
)

//go:embed page.html
var frame string

//go:embed page.css
var style string

//go:embed format.js
var format string

//go:embed panels.js
var panels string

// Draw asks every query of what is drawn of a dashboard, one after the other,
// and returns the page. A query that cannot be asked is an error that names its
// panel; one that gives nothing is none, and stands in the page's Empty.
func Draw(ctx context.Context, board grafana.Dashboard, ask Source, options Options) (Page, error) {
	options = options.withDefaults()
	shown := arrange(board, options)
	page := Page{Width: options.Width, Height: shown.height}
	values := options.values(board)
	for i := range shown.Panels {
		p := &shown.Panels[i]
		if err := p.fill(ctx, ask, values, options.Over); err != nil {
			return Page{}, fmt.Errorf("draw %s: panel %s: %w", board.UID, p.Title, err)
		}
		if p.empty() {
			page.Empty = append(page.Empty, p.Title)
		}
	}
	var err error
	page.HTML, err = render(shown, options)
	return page, err
}

// render puts the page together: one file, with everything in it.
func render(shown shownBoard, options Options) ([]byte, error) {
	// Encoded JSON has no "<" in it, and so no end of the script.
	data, err := json.Marshal(shown)
	if err != nil {
		return nil, fmt.Errorf("draw: %w", err)
	}
	library, err := os.ReadFile(filepath.Join(options.Library, "uPlot.iife.min.js"))
	if err != nil {
		return nil, fmt.Errorf("draw: read uPlot: %w", err)
	}
	looks, err := os.ReadFile(filepath.Join(options.Library, "uPlot.min.css"))
	if err != nil {
		return nil, fmt.Errorf("draw: read uPlot: %w", err)
	}
	return []byte(strings.NewReplacer(
		"/*style*/", string(looks)+style,
		"/*library*/", string(library),
		"/*format*/", format,
		"/*panels*/", panels,
		"/*data*/", string(data),
	).Replace(frame)), nil
}
