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
	if err := live.Need("chromium"); err != nil {
		t.Fatal(err)
	}
	into := os.Getenv("SWITCHHOOK_DASHBOARDS")
	if into == "" {
		into = t.TempDir()
	}
	if err := os.MkdirAll(into, 0o750); err != nil {
		t.Fatal(err)
	}
	library, err := draw.Fetch(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, board := range boards {
		page, err := draw.Draw(t.Context(), board, draw.Prometheus(r.stand.Prometheus.URL, nil), draw.Options{
			Over:   draw.Range{From: r.window.Start, To: r.window.End},
			Scrape: rated / 4, AllRows: true, Library: library, // rates are taken over four scrapes
			Choices: r.choice(t, board),
		})
		if err != nil {
			t.Fatal(err)
		}
		picture, _, err := draw.Picture(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(into, board.UID+".png"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, title := range page.Empty {
			if board.UID != "switchhook-command" && !hasNone(board, title) { // no one command has everything
				t.Errorf("%s shows nothing in %s", board.UID, title)
			}
		}
	}
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
			for _, times := range []string{"__rate_interval", "__interval", "__range"} {
				delete(values, times) // the drawing's own
			}
			return values
		}
	}
	t.Fatalf("%s offers no choice", board.UID)
	return nil
}
