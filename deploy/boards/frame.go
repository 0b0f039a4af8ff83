package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const (
	overviewUID = "switchhook-overview"
	commandUID  = "switchhook-command"
	pluginsUID  = "switchhook-plugins"
	tag         = "switchhook"

	// The other boards are opened with the choices and the range of this one.
	carried = "?${__url_time_range}&${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
)

// prometheus is whatever is chosen at the head of the dashboard.
func prometheus() common.DataSourceRef {
	return common.DataSourceRef{Type: new("prometheus"), Uid: new("${datasource}")}
}

// frame returns the variables that every board has.
func frame() []cog.Builder[dashboard.VariableModel] {
	return []cog.Builder[dashboard.VariableModel]{
		dashboard.NewDatasourceVariableBuilder("datasource").Label("Data source").Type("prometheus"),
		everyOne("job", "Job", `label_values(switchhook_build_info, job)`),
		everyOne("instance", "Instance", `label_values(switchhook_build_info{job=~"$job"}, instance)`),
	}
}

// everyOne is a choice of several, of which all are chosen at first.
func everyOne(name, label, query string) *dashboard.QueryVariableBuilder {
	return one(name, label, query).Multi(true).IncludeAll(true).AllValue(".+").Current(chosen("All", "$__all"))
}

// one is a choice of one.
func one(name, label, query string) *dashboard.QueryVariableBuilder {
	return dashboard.NewQueryVariableBuilder(name).Label(label).
		Datasource(prometheus()).
		Query(dashboard.StringOrMap{String: new(selectors(query))}).
		Definition(selectors(query)).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).
		Sort(dashboard.VariableSortAlphabeticalAsc)
}

// constant is a value that queries name, and that nobody chooses.
func constant(name, value string) cog.Builder[dashboard.VariableModel] {
	return dashboard.NewConstantVariableBuilder(name).Value(dashboard.StringOrMap{String: new(value)})
}

func chosen(text, value string) dashboard.VariableOption {
	return dashboard.VariableOption{
		Selected: new(true),
		Text:     dashboard.StringOrArrayOfString{String: new(text)},
		Value:    dashboard.StringOrArrayOfString{String: new(value)},
	}
}

func links() cog.Builder[dashboard.DashboardLink] {
	return dashboard.NewDashboardLinkBuilder("Switchhook").
		Type(dashboard.DashboardLinkTypeDashboards).
		Tags([]string{tag}).
		AsDropdown(false).IncludeVars(true).KeepTime(true)
}

func annotations() []cog.Builder[dashboard.AnnotationQuery] {
	return []cog.Builder[dashboard.AnnotationQuery]{
		annotation("Plugin swaps", "blue", "{{plugin}} starts to serve",
			`max by (plugin) (changes(switchhook_plugin_start_time_seconds{@}[$__rate_interval])) > 0`),
		annotation("Configuration reloads", "purple", "configuration reloaded: {{result}}",
			`sum by (result) (increase(switchhook_config_reloads_total{@}[$__rate_interval])) > 0`),
		annotation("Firing alerts", "red", "{{alertname}} ({{severity}})",
			`max by (alertname, severity) (`+firing+`)`),
	}
}

func annotation(name, color, title, expr string) cog.Builder[dashboard.AnnotationQuery] {
	return dashboard.NewAnnotationQueryBuilder().
		Name(name).Enable(true).IconColor(color).
		Datasource(prometheus()).
		Expr(selectors(expr)).TitleFormat(title).Step("30s")
}
