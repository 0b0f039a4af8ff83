package draw_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/deploy/draw"
	"github.com/switchhook/switchhook/deploy/grafana"
)

// files are stand-ins for uPlot's, where nothing is drawn.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"uPlot.iife.min.js", "uPlot.min.css"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("/* "+name+" */"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rows() grafana.Dashboard {
	panel := func(title, row string, y int) grafana.Panel {
		return grafana.Panel{Title: title, Type: "stat", Row: row, Grid: grafana.Grid{Y: y, W: 4, H: 4}, Queries: []grafana.Query{{Expr: "rate(x[$__rate_interval])"}}}
	}
	now := panel("Now", "", 0)
	now.Queries = []grafana.Query{{Expr: `y{plugin=~"$plugin"}[$window:$__interval]`, Instant: true}}
	return grafana.Dashboard{
		UID: "rows", Title: "Rows",
		Variables: []grafana.Variable{{Name: "plugin", Type: "query", AllValue: ".+"}, {Name: "window", Type: "constant", Query: "30d"}},
		Rows:      []grafana.Row{{Title: "Open"}, {Title: "Shut", Collapsed: true}, {Title: "Other", Collapsed: true}},
		Panels:    []grafana.Panel{now, panel("In open", "Open", 5), panel("In shut", "Shut", 10), panel("In other", "Other", 15)},
	}
}

func TestOnlyWhatIsDrawnIsAsked(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct {
		set    func(*draw.Options)
		panels []string
	}{
		"as the dashboard opens": {func(*draw.Options) {}, []string{"Now", "In open"}},
		"with all rows":          {func(o *draw.Options) { o.AllRows = true }, []string{"Now", "In open", "In shut", "In other"}},
		"with one row":           {func(o *draw.Options) { o.Only = []string{"Other"} }, []string{"Now", "In other"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options := over(files(t))
			way.set(&options)
			page := drawn(t, rows(), func(context.Context, string, draw.Range) ([]draw.Series, error) { return nil, nil }, options)
			if !slices.Equal(page.Empty, way.panels) {
				t.Errorf("drew %q", page.Empty)
			}
			if least := 100 * len(way.panels); page.Height < least || page.Width != 1600 {
				t.Errorf("the page is %dx%d", page.Width, page.Height)
			}
		})
	}
}

func TestQueriesAreAskedAsGrafanaAsksThem(t *testing.T) {
	t.Parallel()
	options := over(files(t))
	options.Choices = map[string]string{"plugin": "(a|b)"}
	options.Scrape = time.Second
	asked := map[string]draw.Range{}
	drawn(t, rows(), func(_ context.Context, query string, of draw.Range) ([]draw.Series, error) {
		asked[query] = of
		return nil, nil
	}, options)
	now, ok := asked[`y{plugin=~"(a|b)"}[30d:15s]`]
	if !ok || !now.From.Equal(now.To) || !now.To.Equal(options.Over.To) {
		t.Errorf("the single value was asked for otherwise: %v", asked)
	}
	graph, ok := asked["rate(x[16s])"]
	if !ok || graph.From != options.Over.From || graph.Step != 15*time.Second {
		t.Errorf("the graph was asked for otherwise: %v", asked)
	}
}

func TestWhatCannotBeDrawnIsAnErrorThatNamesThePanel(t *testing.T) {
	t.Parallel()
	ask := draw.Prometheus(prometheus(t), nil)
	for name, plant := range map[string]func(*grafana.Dashboard){
		"a query that Prometheus refuses": func(d *grafana.Dashboard) { d.Panels[0].Queries[0].Expr = "broken(" },
		"a choice that nobody made":       func(d *grafana.Dashboard) { d.Panels[0].Queries[0].Expr = "x{command=\"$command\"}" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			board, options := rows(), over(files(t))
			options.Choices = nil
			plant(&board)
			if _, err := draw.Draw(t.Context(), board, ask, options); err == nil || !strings.Contains(err.Error(), "panel Now") {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := draw.Draw(t.Context(), rows(), ask, over(t.TempDir())); err == nil || !strings.Contains(err.Error(), "uPlot") {
		t.Errorf("without uPlot: %v", err)
	}
}

// The name is short: Chromium has a socket below this folder.
func TestAPictureGivenUp(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	page := draw.Page{HTML: []byte("<script>for (;;) {}</script>"), Width: 100, Height: 100}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, _, err := draw.Picture(ctx, page); err == nil || ctx.Err() == nil {
		t.Errorf("a page that never ends gave a picture, or another fault: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	for running := processes(t, dir); len(running) > 0; running = processes(t, dir) {
		select {
		case <-t.Context().Done():
			t.Fatalf("still running: %q", running)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// processes returns the command lines that name a folder.
func processes(t *testing.T, dir string) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, line := range lines {
		// A process may be gone by now.
		if text, err := os.ReadFile(line); err == nil && strings.Contains(string(text), dir) {
			found = append(found, string(text))
		}
	}
	return found
}
