package boards

import (
	"github.com/grafana/grafana-foundation-sdk/go/bargauge"
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/heatmap"
	prom "github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/table"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// single is one value, as it stands now.
func single(title, about, unit, expr string) panel {
	return panel{
		kind: buildSingle, title: title, about: about, unit: unit, w: 4, h: 3,
		queries: []query{q("", expr)}, instant: true, format: prom.PromQueryFormatTimeSeries,
	}.colored("green")
}

func buildSingle(p panel) cog.Builder[dashboard.Panel] {
	graph := common.BigValueGraphModeNone
	if p.trending {
		graph = common.BigValueGraphModeArea
	}
	text := common.BigValueTextModeValue
	if p.legends() {
		text = common.BigValueTextModeName
	}
	return stat.NewPanelBuilder().
		GraphMode(graph).
		ColorMode(common.BigValueColorModeValue).
		TextMode(text).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// graph shows values over time.
func graph(title, about, unit string, queries ...query) panel {
	return panel{kind: buildGraph, title: title, about: about, unit: unit, w: 8, h: 7, queries: queries, format: prom.PromQueryFormatTimeSeries}
}

func buildGraph(p panel) cog.Builder[dashboard.Panel] {
	to := timeseries.NewPanelBuilder().
		LineWidth(1).FillOpacity(8).
		ShowPoints(common.VisibilityModeNever).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdPaletteClassicByName)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending)).
		Legend(common.NewVizLegendOptionsBuilder().
			ShowLegend(true).
			DisplayMode(common.LegendDisplayModeList).
			Placement(common.LegendPlacementBottom))
	if p.log {
		to = to.ScaleDistribution(common.NewScaleDistributionConfigBuilder().Type(common.ScaleDistributionLog).Log(10))
	} else {
		to = to.AxisSoftMin(0)
	}
	if p.stacked {
		to = to.FillOpacity(60).Stacking(common.NewStackingConfigBuilder().Mode(common.StackingModeNormal).Group("A"))
	}
	if p.bars {
		to = to.DrawStyle(common.GraphDrawStyleBars)
	}
	if p.steps != nil {
		to = to.ThresholdsStyle(common.NewGraphThresholdsStyleConfigBuilder().Mode(common.GraphThresholdsStyleModeDashed))
	}
	return to
}

// ranking compares the latest values of a few series.
func ranking(title, about, unit string, ask query) panel {
	return panel{
		kind: buildRanking, title: title, about: about, unit: unit, w: 8, h: 7,
		queries: []query{ask}, instant: true, format: prom.PromQueryFormatTimeSeries,
	}.colored("green")
}

func buildRanking(panel) cog.Builder[dashboard.Panel] {
	return bargauge.NewPanelBuilder().
		Orientation(common.VizOrientationHorizontal).
		DisplayMode(common.BarGaugeDisplayModeBasic).
		ShowUnfilled(true).
		Min(0).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"}))
}

// heat shows how a histogram's observations lie over time.
func heat(title, about, unit, expr string) panel {
	return panel{
		kind: buildHeat, title: title, about: about, unit: unit, w: 12, h: 8,
		queries: []query{q("{{le}}", expr)}, format: prom.PromQueryFormatHeatmap,
	}
}

func buildHeat(p panel) cog.Builder[dashboard.Panel] {
	return heatmap.NewPanelBuilder().
		Calculate(false).
		ShowValue(common.VisibilityModeNever).
		YAxis(heatmap.NewYAxisConfigBuilder().Unit(p.unit)).
		Color(heatmap.NewHeatmapColorOptionsBuilder().Mode(heatmap.HeatmapColorModeScheme).Scheme("Blues").Steps(32).
			Scale(heatmap.HeatmapColorScaleExponential).Exponent(.5).Fill("blue").Reverse(true)).
		Tooltip(heatmap.NewHeatmapTooltipBuilder().Mode(common.TooltipDisplayModeSingle).YHistogram(false)).
		FilterValues(heatmap.NewFilterValueRangeBuilder().Le(1e-9)).
		ShowLegend().
		ExemplarsColor("rgba(255,0,255,0.7)")
}

// timeline shows which of a few states something was in.
func timeline(title, about string, ask query) panel {
	return panel{
		kind: buildTimeline, title: title, about: about, w: 12, h: 7,
		queries: []query{ask}, format: prom.PromQueryFormatTimeSeries,
	}.colored("red", from(1, "green"))
}

func buildTimeline(panel) cog.Builder[dashboard.Panel] {
	return statetimeline.NewPanelBuilder().
		MergeValues(true).
		ShowValue(common.VisibilityModeAuto).
		RowHeight(.8).
		ColorScheme(dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds))
}

// rows is a table of the latest values: one row for each set of labels, one
// column for each label and each query.
func rows(title, about string, queries ...query) panel {
	return panel{kind: buildRows, title: title, about: about, w: 12, h: 8, queries: queries, format: prom.PromQueryFormatTable}
}

func buildRows(p panel) cog.Builder[dashboard.Panel] {
	to := table.NewPanelBuilder().ShowHeader(true).CellHeight(common.TableCellHeightSm).
		Footer(common.NewTableFooterOptionsBuilder().Show(false).Reducer([]string{}))
	renamed, order := map[string]string{}, map[string]int{}
	for i, ask := range p.queries {
		field := "Value #" + ref(i)
		if len(p.queries) == 1 {
			field = "Value"
		}
		renamed[field] = ask.column
		order[field] = 100 + i
	}
	for i, label := range p.labels {
		order[label] = i
	}
	if len(p.queries) > 1 {
		to = to.WithTransformation(dashboard.DataTransformerConfig{Id: "merge", Options: map[string]any{}})
	}
	to = to.WithTransformation(dashboard.DataTransformerConfig{Id: "organize", Options: map[string]any{
		"excludeByName": map[string]bool{"Time": true}, "renameByName": renamed, "indexByName": order,
	}})
	if p.sortBy != "" {
		to = to.SortBy([]cog.Builder[common.TableSortByFieldState]{
			common.NewTableSortByFieldStateBuilder().DisplayName(p.sortBy).Desc(true),
		})
	}
	return to
}
