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
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// series is what docs/metrics.md says of a series, or a gateway shows of it: its type,
// and its labels with the values that are listed.
type series struct {
	Type   string
	Labels map[string][]string
}

// docs/metrics.md is what a gateway exports, by name, type, label, and the values of
// labels that it lists; and no other page names a series that there is not.
func TestMetricsAreAsDocumented(t *testing.T) {
	t.Parallel()
	exported := exportedSeries(t)
	documented := documentedSeries(t)
	for name, s := range documented {
		for label, values := range s.Labels {
			if _, ok := exported[name].Labels[label]; ok && values == nil {
				exported[name].Labels[label] = nil // an open set, or one that another row lists
			}
		}
	}
	if diff := cmp.Diff(documented, exported); diff != "" {
		t.Errorf("docs/metrics.md (-) and /metrics (+) disagree:\n%s", diff)
	}
	for _, page := range []string{"README.md", "CHANGELOG.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/decisions/*.md"} {
		for name := range namedSeries(t, page) {
			if _, ok := exported[name]; !ok {
				t.Errorf("%s names the series %s, which there is not", page, name)
			}
		}
	}
}

// exportedSeries are those of a gateway with a plugin, an inbox and a brake.
func exportedSeries(t *testing.T) map[string]series {
	t.Helper()
	r := durableRig(t, "")
	r.installBlacklist()
	r.start()
	r.wantRun(0, "plugin", "disable", "blacklist")
	_, text := r.get("/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]series)
	for name, family := range families {
		if strings.HasPrefix(name, "switchhook_") {
			all[name] = series{Type: strings.ToLower(family.GetType().String()), Labels: labelsOf(family)}
		}
	}
	return all
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

// documentedSeries reads the tables of docs/metrics.md: series, type, labels, meaning.
// Labels are parted by semicolons, and their values stand behind a colon.
func documentedSeries(t *testing.T) map[string]series {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]series)
	for _, row := range regexp.MustCompile("(?m)^\\| `(switchhook_[a-z_]+)` \\| (\\w+) \\|([^|]*)\\|").FindAllStringSubmatch(string(text), -1) {
		s := series{Type: row[2], Labels: make(map[string][]string)}
		for label := range strings.SplitSeq(row[3], ";") {
			if name, values, _ := strings.Cut(strings.NewReplacer("`", "", " ", "").Replace(label), ":"); name != "" {
				s.Labels[name] = nil
				if values != "" {
					s.Labels[name] = slices.Sorted(strings.SplitSeq(values, ","))
				}
			}
		}
		if _, doubled := all[row[1]]; doubled {
			t.Errorf("docs/metrics.md has two rows for %s", row[1])
		}
		all[row[1]] = s
	}
	return all
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
	for _, name := range regexp.MustCompile(`\bswitchhook_[a-z_]+[a-z]\b`).FindAllString(text, -1) {
		for _, part := range []string{"_bucket", "_count", "_sum"} {
			name = strings.TrimSuffix(name, part)
		}
		names[name] = true
	}
	return names
}
