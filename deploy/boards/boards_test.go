package boards_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/switchhook/switchhook/deploy/boards"
	"github.com/switchhook/switchhook/deploy/grafana"
)

const folder = "../dashboards"

func TestTheCommittedDashboardsAreWhatIsDefined(t *testing.T) {
	t.Parallel()
	files, err := boards.Files()
	if err != nil {
		t.Fatal(err)
	}
	committed, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range committed {
		if _, ok := files[filepath.Base(file)]; !ok {
			t.Errorf("%s is defined nowhere", file)
		}
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(string(want), "\n"))
			t.Errorf("%s is stale: go generate ./boards\n%s", name, diff)
		}
	}
}

func TestTheSameDashboardsComeOutEachTime(t *testing.T) {
	t.Parallel()
	first, err := boards.Files()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		again, err := boards.Files()
		if err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(first, again, bytes.Equal) {
			t.Fatal("the files are not the same")
		}
	}
}

// Grafana is not at hand; its types are, and they know every field.
func TestGrafanasOwnTypesReadTheCommittedDashboards(t *testing.T) {
	t.Parallel()
	plugins.RegisterDefaultPlugins()
	for _, d := range load(t) {
		text, err := os.ReadFile(filepath.Join(folder, d.File))
		if err != nil {
			t.Fatal(err)
		}
		var strict dashboard.Dashboard //nolint:staticcheck // deprecated for a schema that few Grafanas load
		// An empty list of faults is an error that says nothing.
		if err := strict.UnmarshalJSONStrict(text); err != nil && err.Error() != "" {
			t.Errorf("%s: %v", d.File, err)
		}
		if err := strict.Validate(); err != nil {
			t.Errorf("%s: %v", d.File, err)
		}
	}
}

func TestEachDashboardOpensWithWhatIsReadAtOnce(t *testing.T) {
	t.Parallel()
	for _, d := range load(t) {
		open := map[string]bool{"": true}
		for _, r := range d.Rows {
			open[r.Title] = !r.Collapsed
		}
		shown := 0
		for _, p := range d.Panels {
			if open[p.Row] && p.Type != "stat" {
				shown++
			}
		}
		if shown > 5 {
			t.Errorf("%s opens with %d panels below its values", d.UID, shown)
		}
	}
}

func TestWhatIsPagedForIsOnTheOverview(t *testing.T) {
	t.Parallel()
	var asked strings.Builder
	for _, d := range load(t) {
		if d.UID != "switchhook-overview" {
			continue
		}
		for _, p := range d.Panels {
			for _, q := range p.Queries {
				asked.WriteString(q.Expr + "\n")
			}
		}
	}
	for _, series := range []string{
		"callbacks_total", "callback_duration_seconds_bucket", "decisions_defaulted_total", "route_info", "auth_failures_total",
		"plugin_up", "plugin_info", "plugin_exits_total", "plugin_process_resident_memory_bytes", "plugin_process_cpu_seconds_total",
		"plugin_calls_in_flight_limit", "inbox_messages", "inbox_oldest_message_age_seconds", "inbox_enqueued_total",
		"inbox_completed_total", "inbox_size_bytes", "inbox_capacity_bytes", "inbox_disk_free_bytes", "http_connections",
		"http_body_in_flight_bytes", "callbacks_in_flight_limit", "request_clock_skew_seconds", "degraded_reasons",
	} {
		if !strings.Contains(asked.String(), "switchhook_"+series+"{") {
			t.Errorf("no panel asks for switchhook_%s", series)
		}
	}
}

func load(t *testing.T) []grafana.Dashboard {
	t.Helper()
	all, err := grafana.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 {
		t.Fatalf("%d dashboards", len(all))
	}
	return all
}
