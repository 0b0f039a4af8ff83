package grafana_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/switchhook/switchhook/deploy/grafana"
)

const board = `{
  "uid": "u", "title": "T", "editable": false, "tags": ["a"],
  "links": [{"title": "L", "type": "dashboards", "tags": ["a"], "keepTime": true, "includeVars": true}],
  "templating": {"list": [
    {"name": "datasource", "type": "datasource", "query": "prometheus"},
    {"name": "job", "type": "query", "query": {"query": "label_values(up, job)", "refId": "x"}, "datasource": {"uid": "${datasource}"}, "multi": true, "includeAll": true, "allValue": ".+", "refresh": 2},
    {"name": "plugin", "type": "query", "query": "label_values(p{job=~\"$job\"}, plugin)", "regex": "/a(.+)/", "includeAll": true},
    {"name": "command", "type": "query", "query": "label_values(c, command)"},
    {"name": "window", "type": "constant", "query": "30d"}
  ]},
  "annotations": {"list": [{"name": "Swaps", "expr": "changes(x[1m])", "datasource": {"uid": "${datasource}"}}]},
  "panels": [
    {"id": 1, "type": "timeseries", "title": "A", "description": "D", "datasource": {"uid": "${datasource}"}, "gridPos": {"x": 0, "y": 0, "w": 8, "h": 7},
     "fieldConfig": {"defaults": {"unit": "s", "min": 0, "noValue": "none", "decimals": 1, "custom": {"stacking": {"mode": "normal"}, "drawStyle": "bars", "thresholdsStyle": {"mode": "dashed"}, "scaleDistribution": {"type": "log"}},
       "mappings": [{"type": "value", "options": {"0": {"text": "down", "color": "red"}}}],
       "thresholds": {"steps": [{"value": null, "color": "green"}, {"value": 2, "color": "red"}]}},
       "overrides": [{"matcher": {"id": "byName", "options": "ok"}, "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "green"}}]}]},
     "targets": [{"refId": "A", "expr": "x", "legendFormat": "{{a}}", "format": "time_series", "datasource": {"uid": "${datasource}"}}]},
    {"id": 2, "type": "row", "title": "Open", "gridPos": {"x": 0, "y": 7, "w": 24, "h": 1}},
    {"id": 3, "type": "stat", "title": "B", "gridPos": {"x": 0, "y": 8, "w": 4, "h": 3}, "options": {"textMode": "name"}, "targets": [{"refId": "A", "expr": "y", "instant": true}]},
    {"id": 4, "type": "row", "title": "Shut", "collapsed": true, "gridPos": {"x": 0, "y": 11, "w": 24, "h": 1}, "panels": [
      {"id": 5, "type": "table", "title": "C", "gridPos": {"x": 0, "y": 12, "w": 8, "h": 7},
       "fieldConfig": {"overrides": [{"matcher": {"id": "byName", "options": "late"}, "properties": [{"id": "unit", "value": "s"}]}]},
       "transformations": [{"id": "merge", "options": {}}, {"id": "organize", "options": {"renameByName": {"Value #A": "rate", "Value #B": "late"}, "indexByName": {"Value #A": 9, "plugin": 1, "command": 0}}}],
       "options": {"sortBy": [{"displayName": "late", "desc": true}]},
       "targets": [{"refId": "A", "expr": "r", "format": "table", "instant": true}, {"refId": "B", "expr": "l", "format": "table", "instant": true}]}
    ]}
  ]
}`

func TestADashboardIsReadWithThePanelsOfItsRows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "t.json"), []byte(board), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := grafana.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	zero, one, two, source := 0.0, 1, 2.0, "${datasource}"
	want := []grafana.Dashboard{{
		File: "t.json", UID: "u", Title: "T", Tags: []string{"a"},
		Links: []grafana.Link{{Title: "L", Type: "dashboards", Tags: []string{"a"}, KeepTime: true, IncludeVars: true}},
		Variables: []grafana.Variable{
			{Name: "datasource", Type: "datasource", Query: "prometheus"},
			{Name: "job", Type: "query", Query: "label_values(up, job)", Datasource: source, Multi: true, IncludeAll: true, AllValue: ".+", Refresh: 2},
			{Name: "plugin", Type: "query", Query: `label_values(p{job=~"$job"}, plugin)`, Regex: "/a(.+)/", IncludeAll: true},
			{Name: "command", Type: "query", Query: `label_values(c, command)`},
			{Name: "window", Type: "constant", Query: "30d"},
		},
		Annotations: []grafana.Annotation{{Name: "Swaps", Expr: "changes(x[1m])", Datasource: source}},
		Rows: []grafana.Row{
			{ID: 2, Title: "Open", Grid: grafana.Grid{Y: 7, W: 24, H: 1}},
			{ID: 4, Title: "Shut", Collapsed: true, Grid: grafana.Grid{Y: 11, W: 24, H: 1}},
		},
		Panels: []grafana.Panel{
			{
				ID: 1, Title: "A", Description: "D", Type: "timeseries", Unit: "s", Datasource: source, Grid: grafana.Grid{W: 8, H: 7},
				Style: "bars", Limit: true, Log: true, Decimals: &one, Colors: map[string]string{"ok": "green"},
				Words:   map[string]grafana.Word{"0": {Text: "down", Color: "red"}},
				Stacked: true, NoValue: "none", Min: &zero, Thresholds: []grafana.Threshold{{Color: "green"}, {Value: &two, Color: "red"}},
				Queries: []grafana.Query{{RefID: "A", Expr: "x", Legend: "{{a}}", Format: "time_series", Datasource: source}},
			},
			{ID: 3, Title: "B", Type: "stat", Row: "Open", Shows: "name", Grid: grafana.Grid{Y: 8, W: 4, H: 3}, Queries: []grafana.Query{{RefID: "A", Expr: "y", Instant: true}}},
			{
				ID: 5, Title: "C", Type: "table", Row: "Shut", Grid: grafana.Grid{Y: 12, W: 8, H: 7}, Labels: []string{"command", "plugin"}, SortBy: "late",
				Queries: []grafana.Query{
					{RefID: "A", Expr: "r", Format: "table", Instant: true, Column: "rate"},
					{RefID: "B", Expr: "l", Format: "table", Instant: true, Column: "late", Unit: "s"},
				},
			},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read otherwise (-want +got):\n%s", diff)
	}
}

func TestAFolderWithoutDashboardsAndAFileThatIsNoneAreErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := grafana.Load(dir); err == nil {
		t.Error("an empty folder was read without a fault")
	}
	if err := os.WriteFile(filepath.Join(dir, "torn.json"), []byte(`{"uid": "u"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := grafana.Load(dir); err == nil || !strings.Contains(err.Error(), "torn.json") {
		t.Errorf("a torn file gave %v", err)
	}
}

func TestVariablesAreSubstituted(t *testing.T) {
	t.Parallel()
	d, err := grafana.Parse([]byte(board))
	if err != nil {
		t.Fatal(err)
	}
	values := d.Values(grafana.Times{Rate: "10s", Interval: "2s", Range: "1m"})
	for written, want := range map[string]string{
		`rate(x{job=~"$job"}[$__rate_interval])`:       `rate(x{job=~".+"}[10s])`,
		`x{plugin=~"${plugin}"}[$__range:$__interval]`: `x{plugin=~".+"}[1m:2s]`,
		`x{job=~"${job:regex}|"}[${window}]`:           `x{job=~".+|"}[30d]`,
		`label_replace(x, "a", "$1", "b", "(.*)")`:     `label_replace(x, "a", "$1", "b", "(.*)")`,
	} {
		if got, err := grafana.Substitute(written, values); err != nil || got != want {
			t.Errorf("%s became %q, %v", written, got, err)
		}
	}
	if _, err := grafana.Substitute(`x{command="$command"}`, values); err == nil || !strings.Contains(err.Error(), "command") {
		t.Errorf("a choice that nobody made gave %v", err)
	}
}

func TestAChoiceIsTakenApart(t *testing.T) {
	t.Parallel()
	d, err := grafana.Parse([]byte(board))
	if err != nil {
		t.Fatal(err)
	}
	selector, label, err := d.Variables[2].Chosen()
	if selector != `p{job=~"$job"}` || label != "plugin" || err != nil {
		t.Errorf("got %q, %q, %v", selector, label, err)
	}
	if _, _, err := d.Variables[4].Chosen(); err == nil {
		t.Error("a constant was taken for a query")
	}
}
