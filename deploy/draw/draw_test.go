package draw_test

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/draw"
	"github.com/switchhook/switchhook/deploy/grafana"
)

// look names a folder for the pictures, for whoever wants to see them.
const look = "SWITCHHOOK_PICTURES"

func TestEveryDashboardIsDrawnWithAllItsPanels(t *testing.T) {
	t.Parallel()
	boards, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	options := over(fetched(t))
	ask := draw.Prometheus(prometheus(t), nil)
	for _, board := range boards {
		keep(t, board.UID+".png", func() []byte { picture, _ := taken(t, drawn(t, board, ask, options)); return picture })
		all := options
		all.AllRows = true
		page := drawn(t, board, ask, all)
		if len(page.Empty) > 0 {
			t.Errorf("%s: without data: %q", board.UID, page.Empty)
		}
		picture, dom := taken(t, page)
		if got := strings.Count(dom, `class="panel drawn"`); got != len(board.Panels) {
			t.Errorf("%s: %d of %d panels are drawn", board.UID, got, len(board.Panels))
		}
		keep(t, board.UID+"-all.png", func() []byte { return picture })
	}
}

func TestAPanelWithoutDataSaysSo(t *testing.T) {
	t.Parallel()
	board := small()
	page := drawn(t, board, draw.Prometheus(prometheus(t, "switchhook_ready", "switchhook_plugin_drift"), nil), over(fetched(t)))
	if got := strings.Join(page.Empty, ", "); got != "Ready, Drift, Undefined" {
		t.Errorf("without data: %s", got)
	}
	picture, dom := taken(t, page)
	for text, want := range map[string]int{
		`<div class="nothing bad">No data</div>`: 2,
		`<div class="nothing">none</div>`:        1,
		`class="panel drawn"`:                    2,
		"cannot be drawn":                        0,
		"&lt;/script&gt; req/s &lt;b&gt;":        1,
	} {
		if got := strings.Count(dom, text); got != want {
			t.Errorf("%q stands there %d times instead of %d", text, got, want)
		}
	}
	if !red(t, picture) {
		t.Error("nothing of the picture is red")
	}
	keep(t, "small.png", func() []byte { return picture })
}

func TestAKindThatIsNotKnownIsNoPanelThatIsDrawn(t *testing.T) {
	t.Parallel()
	board := small()
	board.Panels = board.Panels[:1]
	board.Panels[0].Type = "geomap"
	_, dom := taken(t, drawn(t, board, draw.Prometheus(prometheus(t), nil), over(fetched(t))))
	if strings.Contains(dom, `class="panel drawn"`) || !strings.Contains(dom, "cannot be drawn") {
		t.Error("a map was drawn")
	}
}

// small is a dashboard with panels that have data, and others that have none.
func small() grafana.Dashboard {
	ask := func(expr string) []grafana.Query { return []grafana.Query{{Expr: expr}} }
	grid := func(x int) grafana.Grid { return grafana.Grid{X: x, W: 4, H: 4} }
	return grafana.Dashboard{UID: "small", Title: "</script> req/s <b>", Panels: []grafana.Panel{
		{Title: "Rate", Type: "timeseries", Unit: "reqps", Grid: grid(0), Queries: ask(`sum by (command) (x)`)},
		{Title: "Ready", Type: "stat", Grid: grid(4), Queries: ask("switchhook_ready{}")},
		{Title: "Drift", Type: "stat", Grid: grid(8), NoValue: "none", Queries: ask("switchhook_plugin_drift")},
		{Title: "Undefined", Type: "stat", Grid: grid(12), Queries: ask("not_a_number")},
		{Title: "Up", Type: "state-timeline", Grid: grid(16), Queries: ask(`sum by (plugin) (switchhook_plugin_up)`)},
	}}
}

func over(library string) draw.Options {
	to := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	return draw.Options{
		Over:    draw.Range{From: to.Add(-time.Hour), To: to},
		Choices: map[string]string{"command": "Group.CallbackBeforeSendMsg", "metric": "words_matched_total"}, Library: library,
	}
}

func fetched(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	library, err := draw.Fetch(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return library
}

func drawn(t *testing.T, board grafana.Dashboard, ask draw.Source, options draw.Options) draw.Page {
	t.Helper()
	page, err := draw.Draw(t.Context(), board, ask, options)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// taken takes a page's picture, and checks that it is one of the page's size.
func taken(t *testing.T, page draw.Page) (picture []byte, dom string) {
	t.Helper()
	picture, html, err := draw.Picture(t.Context(), page)
	if err != nil {
		t.Fatal(err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil || size.Width != page.Width || size.Height != page.Height {
		t.Fatalf("the picture is %dx%d instead of %dx%d, %v", size.Width, size.Height, page.Width, page.Height, err)
	}
	return picture, string(html)
}

// red says whether a picture has something in the red of what is wrong.
func red(t *testing.T, picture []byte) bool {
	t.Helper()
	image, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	for x := range image.Bounds().Dx() {
		for y := range image.Bounds().Dy() {
			if r, g, b, _ := image.At(x, y).RGBA(); r>>8 == 0xd4 && g>>8 == 0x18 && b>>8 == 0x3d {
				return true
			}
		}
	}
	return false
}

// keep writes a picture for whoever asked for them.
func keep(t *testing.T, name string, picture func() []byte) {
	t.Helper()
	dir := os.Getenv(look)
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture(), 0o600); err != nil {
		t.Fatal(err)
	}
}
