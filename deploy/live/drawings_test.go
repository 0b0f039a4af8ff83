package live_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/draw"
	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/live"
)

// rated is the time over which dashboards take rates here, when asked and drawn.
const rated = 10 * time.Second

// Each dashboard is drawn from the run, with all its rows. SWITCHHOOK_DASHBOARDS
// names the folder where the pictures are kept.
func TestEveryDashboardIsDrawn(t *testing.T) {
	t.Parallel()
	r := run(t)
	library := library(t)
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		for _, title := range drawn(t, board, r.asks(), r.choice(t, board), board.UID, library) {
			if board.UID != "switchhook-command" && !hasNone(board, title) { // no one command has everything
				t.Errorf("%s shows nothing in %s", board.UID, title)
			}
		}
	}
}

// library is what dashboards are drawn with, beside chromium.
func library(t *testing.T) string {
	t.Helper()
	if err := live.Need("chromium"); err != nil {
		t.Fatal(err)
	}
	library, err := draw.Fetch(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// drawn draws a dashboard into a file of that name, and returns the titles of the panels that
// show nothing.
func drawn(t *testing.T, board grafana.Dashboard, of live.Checker, choice map[string]string, name, library string) (empty []string) {
	t.Helper()
	into := os.Getenv("SWITCHHOOK_DASHBOARDS")
	if into == "" {
		into = t.TempDir()
	}
	if err := os.MkdirAll(into, 0o750); err != nil {
		t.Fatal(err)
	}
	page, err := draw.Draw(t.Context(), board, draw.Prometheus(of.Server.URL, nil), draw.Options{
		Over:   draw.Range{From: of.Window.Start, To: of.Window.End},
		Scrape: rated / 4, AllRows: true, Library: library, // rates are taken over four scrapes
		Choices: choice,
	})
	if err != nil {
		t.Fatal(err)
	}
	picture, _, err := draw.Picture(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(into, name+".png"), picture, 0o600); err != nil {
		t.Fatal(err)
	}
	return page.Empty
}

// hasNone reports whether a panel is said to have no data here, in any of its queries.
func hasNone(board grafana.Dashboard, title string) bool {
	for _, p := range board.Panels {
		for _, q := range p.Queries {
			if _, ok := silent()[fmt.Sprintf("%s / %s / %s / %s", board.UID, p.Row, p.Title, q.RefID)]; p.Title == title && !ok {
				return false
			}
		}
	}
	return true
}

// choice is what a reader who looks at the command ruled has chosen.
func (r result) choice(t *testing.T, board grafana.Dashboard) map[string]string {
	t.Helper()
	choices, _ := r.asks().Variables(t.Context(), board, r.asks().Times())
	for _, values := range choices {
		if command, ok := values["command"]; !ok || command == ruled {
			return untimed(values)
		}
	}
	t.Fatalf("%s offers no choice", board.UID)
	return nil
}

// untimed leaves out what is the drawing's own.
func untimed(values map[string]string) map[string]string {
	for _, times := range []string{"__rate_interval", "__interval", "__range"} {
		delete(values, times)
	}
	return values
}
