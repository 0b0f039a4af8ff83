package app_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
)

// series is what a gateway says of a series: its type, its help, and its labels with
// their values.
type series struct {
	Type   string
	Help   string
	Labels map[string][]string
}

//go:generate go test -run ^TestMetricsPage$ -update .

const metricsPage = "../../docs/metrics.md"

// docs/metrics.md is written by people, but for its tables of series: those are what a
// gateway exports, with the help that it exports. -update rewrites them. And no other page
// names a series that there is not.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	exported := exportedSeries(t)
	text, err := os.ReadFile(metricsPage)
	if err != nil {
		t.Fatal(err)
	}
	page, homeless := fillTables(string(text), exported)
	if len(homeless) > 0 {
		t.Errorf("no table of docs/metrics.md takes %s: name the word after switchhook_ in the comment above one", homeless)
	}
	if *update {
		if err := os.WriteFile(metricsPage, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), page); diff != "" {
		t.Errorf("docs/metrics.md (-) is not what the gateway exports (+): run make generate\n%s", diff)
	}
	for _, pages := range []string{"README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md"} {
		for name := range namedSeries(t, pages) {
			if _, ok := exported[name]; !ok && !strings.HasPrefix(name, ofPlugins) {
				t.Errorf("%s names the series %s, which there is not", pages, name)
			}
		}
	}
}

// ofPlugins begins what plugins measure of themselves, which their own pages list.
const ofPlugins = "switchhook_handler_"

// exportedSeries are those of a gateway with a plugin, an inbox, and then a brake; and
// those that it has besides where it shares its inbox.
func exportedSeries(t *testing.T) map[string]series {
	t.Helper()
	r := durableRig(t, "")
	r.installBlacklist()
	r.install("obedient", "obedient") // is asked for decisions
	r.start()
	all := make(map[string]series)
	for _, then := range []func(){func() {}, func() { r.wantRun(0, "plugin", "disable", "blacklist") }} {
		then()
		_, text := r.get("/metrics")
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		addSeries(all, slices.Collect(maps.Values(families)))
	}
	registry := prometheus.NewRegistry()
	if _, err := jetstream.NewMetrics(registry, func() jetstream.Reading { return jetstream.Reading{Connected: true} }); err != nil {
		t.Fatal(err)
	}
	shared, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	addSeries(all, shared)
	return all
}

func addSeries(all map[string]series, families []*dto.MetricFamily) {
	for _, family := range families {
		if name := family.GetName(); strings.HasPrefix(name, "switchhook_") && !strings.HasPrefix(name, ofPlugins) {
			all[name] = series{strings.ToLower(family.GetType().String()), family.GetHelp(), labelsOf(family)}
		}
	}
}

func labelsOf(family *dto.MetricFamily) map[string][]string {
	labels := make(map[string][]string)
	for _, m := range family.GetMetric() {
		for _, l := range m.GetLabel() {
			if values := labels[l.GetName()]; !slices.Contains(values, l.GetValue()) {
				labels[l.GetName()] = append(values, l.GetValue())
			}
		}
	}
	for _, values := range labels {
		slices.Sort(values)
	}
	return labels
}

// namedSeries are the series that pages name. A histogram's parts are the histogram.
func namedSeries(t *testing.T, pattern string) map[string]bool {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join("../..", pattern))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no page is %s: %v", pattern, err)
	}
	names := make(map[string]bool)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(names, seriesIn(string(text)))
	}
	return names
}

func seriesIn(text string) map[string]bool {
	names := make(map[string]bool)
	text = regexp.MustCompile(`\w+:switchhook_\w+`).ReplaceAllString(text, "") // Prometheus records those by itself
	for _, name := range regexp.MustCompile(`\bswitchhook_[a-z_]+[a-z]\b`).FindAllString(text, -1) {
		for _, part := range []string{"_bucket", "_count", "_sum"} {
			name = strings.TrimSuffix(name, part)
		}
		names[name] = true
	}
	return names
}
