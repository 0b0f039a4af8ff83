package lint_test

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/lint"
)

// known are the series that the gateway's documents list, and Prometheus's own.
func known(t *testing.T) map[string]lint.Series {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	listed, err := lint.Documented(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	all := lint.Prometheus()
	maps.Copy(all, listed)
	return all
}

func TestTheCommittedDashboardsHaveNothingWrong(t *testing.T) {
	t.Parallel()
	all, err := grafana.Load("../dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range lint.Check(all, known(t)) {
		t.Error(problem)
	}
}

func TestAPanelWithATypoFailsInTheCommittedDashboards(t *testing.T) {
	t.Parallel()
	for written, typo := range map[string]string{
		"switchhook_callbacks_total": "switchhook_callback_total",
		"sum by (outcome)":           "sum by (outcom)",
		`state=\"ready\"`:            `state=\"raedy\"`,
		"[$__rate_interval]":         "[$__rate_intervall]",
	} {
		t.Run(typo, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile("../dashboards/switchhook-overview.json")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), written) {
				t.Fatalf("the dashboard does not have %s", written)
			}
			board, err := grafana.Parse([]byte(strings.ReplaceAll(string(text), written, typo)))
			if err != nil {
				t.Fatal(err)
			}
			if lint.Check([]grafana.Dashboard{board}, known(t)) == nil {
				t.Error("nothing was reported")
			}
		})
	}
}

func TestTheListOfSeriesIsReadWithLabelsAndTheirValues(t *testing.T) {
	t.Parallel()
	listed := known(t)
	if got := listed["switchhook_callbacks_total"]; got.Type != "counter" || got.Labels["command"] != nil || len(got.Labels["outcome"]) < 10 {
		t.Errorf("switchhook_callbacks_total was read as %+v", got)
	}
	if _, err := lint.Documented(strings.NewReader("# Metrics\n\nnone\n")); err == nil {
		t.Error("a page without tables was read without a fault")
	}
}
