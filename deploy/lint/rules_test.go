package lint_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/deploy/grafana"
	"github.com/switchhook/switchhook/deploy/lint"
)

const (
	scope = `job=~"$job",instance=~"$instance"`
	rate  = `sum by (outcome) (rate(switchhook_callbacks_total{` + scope + `}[$__rate_interval]))`
)

// good is a dashboard of which there is nothing to report.
func good() grafana.Dashboard {
	choice := grafana.Variable{Type: "query", Datasource: "${datasource}", Multi: true, IncludeAll: true, AllValue: ".+", Refresh: 2}
	job, instance, plugin := choice, choice, choice
	job.Name, job.Query = "job", `label_values(switchhook_build_info, job)`
	instance.Name, instance.Query = "instance", `label_values(switchhook_build_info{job=~"$job"}, instance)`
	plugin.Name, plugin.Query = "plugin", `label_values(switchhook_plugin_up{`+scope+`}, plugin)`
	ask := func(expr, legend string) []grafana.Query {
		return []grafana.Query{{Expr: expr, Legend: legend, Datasource: "${datasource}"}}
	}
	return grafana.Dashboard{
		UID: "good", Title: "Good", Tags: []string{"switchhook"},
		Links:       []grafana.Link{{Title: "Others", KeepTime: true, IncludeVars: true}},
		Variables:   []grafana.Variable{{Name: "datasource", Type: "datasource"}, job, instance, plugin, {Name: "window", Type: "constant", Query: "30d"}},
		Annotations: []grafana.Annotation{{Name: "Swaps", Expr: `max by (plugin) (changes(switchhook_plugin_start_time_seconds{` + scope + `}[$__rate_interval])) > 0`, Datasource: "${datasource}"}},
		Rows:        []grafana.Row{{ID: 3, Title: "More", Grid: grafana.Grid{Y: 8, W: 24, H: 1}}},
		Panels: []grafana.Panel{
			{ID: 1, Title: "Rate", Description: "Of callbacks.", Type: "timeseries", Unit: "reqps", Datasource: "${datasource}", Grid: grafana.Grid{W: 12, H: 8}, Queries: ask(rate, "{{outcome}}")},
			{ID: 2, Title: "Up", Description: "Of plugins.", Type: "state-timeline", Datasource: "${datasource}", Grid: grafana.Grid{X: 12, W: 12, H: 8}, Queries: ask(`min by (plugin) (switchhook_plugin_up{`+scope+`,plugin=~"$plugin"})`, "{{plugin}}")},
			{ID: 4, Title: "Fast", Description: "Share.", Type: "stat", Unit: "percentunit", Datasource: "${datasource}", Row: "More", Grid: grafana.Grid{Y: 9, W: 4, H: 3}, Queries: ask(`sum(increase(switchhook_callback_duration_seconds_bucket{`+scope+`,le="0.75"}[$window]))`, "")},
			{ID: 5, Title: "Own", Description: "Of plugins.", Type: "table", Datasource: "${datasource}", Row: "More", Grid: grafana.Grid{Y: 12, W: 4, H: 3}, Queries: ask(`{__name__=~"switchhook_handler_.+",`+scope+`}`, "{{__name__}}")},
		},
	}
}

func asks(expr string) func(*grafana.Dashboard) {
	return func(d *grafana.Dashboard) { d.Panels[0].Queries[0].Expr, d.Panels[0].Queries[0].Legend = expr, "" }
}

func TestEachRuleSeesWhatBreaksIt(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]struct {
		plant func(*grafana.Dashboard)
		rule  string
	}{
		"a dashboard without a uid":               {func(d *grafana.Dashboard) { d.UID = "" }, "uid"},
		"a dashboard that may be edited":          {func(d *grafana.Dashboard) { d.Editable = true }, "readonly"},
		"a dashboard that the others do not link": {func(d *grafana.Dashboard) { d.Tags = nil }, "tags"},
		"a link that forgets the range":           {func(d *grafana.Dashboard) { d.Links[0].KeepTime = false }, "links"},
		"a link that forgets the choices":         {func(d *grafana.Dashboard) { d.Links[0].IncludeVars = false }, "links"},
		"no choice of the data source":            {func(d *grafana.Dashboard) { d.Variables = d.Variables[1:] }, "variables"},
		"a choice of one instance":                {func(d *grafana.Dashboard) { d.Variables[2].Multi = false }, "variables"},
		"all instances by another pattern":        {func(d *grafana.Dashboard) { d.Variables[2].AllValue = "" }, "variables"},
		"a choice that is read once":              {func(d *grafana.Dashboard) { d.Variables[1].Refresh = 1 }, "refresh"},
		"a choice from a fixed data source":       {func(d *grafana.Dashboard) { d.Variables[1].Datasource = "P1" }, "datasource"},
		"a choice of every job's plugins":         {func(d *grafana.Dashboard) { d.Variables[3].Query = "label_values(switchhook_plugin_up, plugin)" }, "matchers"},
		"a choice of a label that is not there": {func(d *grafana.Dashboard) {
			d.Variables[3].Query = "label_values(switchhook_plugin_up{" + scope + "}, plugn)"
		}, "label"},
		"a choice that is no query": {func(d *grafana.Dashboard) { d.Variables[3].Query = "plugins()" }, "promql"},
		"a choice from a sum": {func(d *grafana.Dashboard) {
			d.Variables[3].Query = "label_values(sum(switchhook_plugin_up{" + scope + "}), plugin)"
		}, "promql"},
		"a panel without a title":                   {func(d *grafana.Dashboard) { d.Panels[0].Title = "" }, "title"},
		"a panel without a description":             {func(d *grafana.Dashboard) { d.Panels[0].Description = "" }, "description"},
		"a panel without a unit":                    {func(d *grafana.Dashboard) { d.Panels[0].Unit = "" }, "unit"},
		"a panel that asks nothing":                 {func(d *grafana.Dashboard) { d.Panels[0].Queries = nil }, "queries"},
		"a panel with a fixed data source":          {func(d *grafana.Dashboard) { d.Panels[0].Datasource = "P1" }, "datasource"},
		"a query with a fixed data source":          {func(d *grafana.Dashboard) { d.Panels[0].Queries[0].Datasource = "P1" }, "datasource"},
		"an annotation with a fixed data source":    {func(d *grafana.Dashboard) { d.Annotations[0].Datasource = "P1" }, "datasource"},
		"two panels of one id":                      {func(d *grafana.Dashboard) { d.Panels[1].ID = 1 }, "unique-id"},
		"a panel with the id of a row":              {func(d *grafana.Dashboard) { d.Panels[1].ID = 3 }, "unique-id"},
		"a panel that leaves the grid":              {func(d *grafana.Dashboard) { d.Panels[1].Grid.W = 13 }, "grid"},
		"a panel without height":                    {func(d *grafana.Dashboard) { d.Panels[1].Grid.H = 0 }, "grid"},
		"a panel that covers another":               {func(d *grafana.Dashboard) { d.Panels[1].Grid.X = 11 }, "overlap"},
		"a panel that covers a row":                 {func(d *grafana.Dashboard) { d.Panels[0].Grid.H = 9 }, "overlap"},
		"an expression that does not parse":         {asks(`sum(`), "promql"},
		"a variable that is not there":              {asks(`switchhook_plugin_up{` + scope + `,plugin="$plugn"}`), "promql"},
		"a series that is not there":                {asks(`sum(rate(switchhook_callback_total{` + scope + `}[$__rate_interval]))`), "series"},
		"a pattern of names that are the gateway's": {asks(`{__name__=~"switchhook_.+",` + scope + `}`), "series"},
		"a name that is chosen among all":           {asks(`{__name__="switchhook_$plugin",` + scope + `}`), "series"},
		"a selector without the job":                {asks(`switchhook_plugin_up{instance=~"$instance"}`), "matchers"},
		"a selector of one instance":                {asks(`switchhook_plugin_up{job=~"$job",instance="a"}`), "matchers"},
		"an annotation without matchers":            {func(d *grafana.Dashboard) { d.Annotations[0].Expr = "switchhook_plugin_up" }, "matchers"},
		"a label that the series has not":           {asks(`switchhook_plugin_up{` + scope + `,command="x"}`), "label"},
		"a value that the label has not":            {asks(`switchhook_inbox_messages{` + scope + `,state="raedy"}`), "label"},
		"a value of several that it has not":        {asks(`switchhook_inbox_messages{` + scope + `,state=~"ready|dad"}`), "label"},
		"a rate over a fixed range":                 {asks(`sum(rate(switchhook_callbacks_total{` + scope + `}[5m]))`), "rate-interval"},
		"an increase over the step":                 {asks(`sum(increase(switchhook_callbacks_total{` + scope + `}[$__interval]))`), "rate-interval"},
		"a rate that is not summed up":              {asks(`rate(switchhook_callbacks_total{` + scope + `}[$__rate_interval])`), "aggregated"},
		"a counter that is read as a gauge":         {asks(`sum(switchhook_callbacks_total{` + scope + `})`), "counter"},
		"a histogram's count read as a gauge":       {asks(`sum(switchhook_callback_duration_seconds_count{` + scope + `})`), "counter"},
		"a rate of a gauge":                         {asks(`sum(rate(switchhook_plugin_up{` + scope + `}[$__rate_interval]))`), "counter"},
		"a grouping by what is not there":           {asks(`sum by (plugin) (rate(switchhook_callbacks_total{` + scope + `}[$__rate_interval]))`), "grouping"},
		"a legend that was summed away":             {func(d *grafana.Dashboard) { d.Panels[0].Queries[0].Legend = "{{command}}" }, "legend"},
		"a legend that a join does not bring":       {func(d *grafana.Dashboard) { d.Panels[1].Queries[0].Legend = "{{version}}" }, "legend"},
		"a bucket of a whole number":                {asks(`sum(rate(switchhook_callback_duration_seconds_bucket{` + scope + `,le="5"}[$__rate_interval]))`), "integral-le"},
		"a bucket in the other format":              {asks(`sum(rate(switchhook_callback_duration_seconds_bucket{` + scope + `,le=~"5.0"}[$__rate_interval]))`), "integral-le"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			board := good()
			broken.plant(&board)
			found := lint.Check([]grafana.Dashboard{board}, known(t))
			if !slices.ContainsFunc(found, func(p lint.Problem) bool { return p.Rule == broken.rule }) {
				t.Errorf("no problem of the rule %s, but %v", broken.rule, found)
			}
			if slices.ContainsFunc(found, func(p lint.Problem) bool { return p.Rule != broken.rule }) && broken.rule != "series" && broken.rule != "promql" {
				t.Errorf("problems of other rules than %s: %v", broken.rule, found)
			}
		})
	}
}

func TestAGoodDashboardHasNothingToReport(t *testing.T) {
	t.Parallel()
	for _, problem := range lint.Check([]grafana.Dashboard{good()}, known(t)) {
		t.Error(problem)
	}
}

func TestTwoDashboardsOfOneUIDAreReported(t *testing.T) {
	t.Parallel()
	found := lint.Check([]grafana.Dashboard{good(), good()}, known(t))
	if len(found) != 1 || !strings.Contains(found[0].String(), "unique-uid") {
		t.Errorf("got %v", found)
	}
}
