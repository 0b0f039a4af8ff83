package rules_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Debian's Prometheus takes the rules and the configuration that is for it, and
// its Alertmanager takes the example.
func TestPrometheusTakesWhatIsShipped(t *testing.T) {
	t.Parallel()
	for name, check := range map[string][]string{
		"the rules, without a finding of its linter": {"promtool", "prometheus", "check", "rules", "--lint=all", "--lint-fatal", ruleFile},
		"the configuration for 2.42":                 {"promtool", "prometheus", "check", "config", "--lint=all", "--lint-fatal", filepath.Join("..", "prometheus", "scrape-2.yaml")},
		"the routes of Alertmanager":                 {"amtool", "prometheus-alertmanager", "check-config", filepath.Join("..", "alertmanager", "alertmanager.yaml")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out, err := run(t.Context(), check[0], check[1], check[2:]...); err != nil {
				t.Errorf("%s: %v\n%s", strings.Join(check, " "), err, out)
			}
		})
	}
}

// Prometheus 2.42 knows none of the keys for native histograms, and refuses a file
// that has them. So of the configuration for 3.x this holds: what is left without
// these keys is the one for 2.42, which was checked.
func TestTheConfigurationFor3IsTheOneFor2WithNativeHistograms(t *testing.T) {
	t.Parallel()
	two, three := scrape(t, "scrape-2.yaml"), scrape(t, "scrape-3.yaml")
	jobs, ok := three["scrape_configs"].([]any)
	if !ok || len(jobs) != 1 {
		t.Fatalf("scrape-3.yaml has no single job: %v", three["scrape_configs"])
	}
	job, ok := jobs[0].(map[string]any)
	if !ok {
		t.Fatalf("the job is %v", jobs[0])
	}
	for _, key := range []string{"scrape_native_histograms", "always_scrape_classic_histograms"} {
		if job[key] != true {
			t.Errorf("scrape-3.yaml: %s is %v: dashboards and rules read classic buckets, beside the native ones", key, job[key])
		}
		delete(job, key)
	}
	left, err := yaml.Marshal(three)
	if err != nil {
		t.Fatal(err)
	}
	want, err := yaml.Marshal(two)
	if err != nil {
		t.Fatal(err)
	}
	if string(left) != string(want) {
		t.Errorf("scrape-3.yaml, without the keys of 3.x:\n%s\nscrape-2.yaml:\n%s", left, want)
	}
}

func scrape(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "prometheus", name))
	if err != nil {
		t.Fatal(err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return config
}
