// Package grafana reads the dashboards that stand in deploy/dashboards as
// Grafana reads them: the committed JSON, not what it was made from. What
// checks, runs or draws a dashboard goes through here.
//
//	boards, err := grafana.Load("../dashboards")
//	for _, panel := range boards[0].Panels {
//		for _, query := range panel.Queries {
//			expr, err := grafana.Substitute(query.Expr, boards[0].Values(grafana.Times{Rate: "10s", Interval: "2s", Range: "1m"}))
//
// Source: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
package grafana

// Dashboard is one file of a folder of dashboards.
type Dashboard struct {
	// File is the name of the file, without its folder.
	File string
	// UID is what links and provisioning name the dashboard by.
	UID   string
	Title string
	// Editable is false where Grafana's users may not save over it.
	Editable    bool
	Tags        []string
	Links       []Link
	Variables   []Variable
	Annotations []Annotation
	// Rows are the headings, in the order of the file.
	Rows []Row
	// Panels are all panels, those of collapsed rows too, in the order of the
	// file. Rows are no panels.
	Panels []Panel
}

// Link leads from a dashboard to another.
type Link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Tags        []string `json:"tags"`
	KeepTime    bool     `json:"keepTime"`
	IncludeVars bool     `json:"includeVars"`
}

// Variable is a choice at the head of a dashboard.
type Variable struct {
	Name string
	// Type is Grafana's: datasource, query, constant or custom.
	Type string
	// Query is what gives the choices: of a query variable
	// label_values(SELECTOR, LABEL), of a constant its value.
	Query string
	// Datasource is the uid that the query goes to.
	Datasource string
	Multi      bool
	IncludeAll bool
	// AllValue stands for "All"; empty means the choices joined by "|".
	AllValue string
	// Regex is what a choice has to match, between slashes; its group, if it has
	// one, is the choice.
	Regex string
	// Refresh is when the choices are read again: 1 as the dashboard opens, 2
	// whenever the range of time changes.
	Refresh int
}

// Annotation marks points in time on every graph.
type Annotation struct {
	Name       string `json:"name"`
	Expr       string `json:"expr"`
	Datasource string `json:"-"`
}

// Row is a heading above panels.
type Row struct {
	ID        int
	Title     string
	Collapsed bool
	Grid      Grid
}

// Panel is one drawing with its queries.
type Panel struct {
	ID          int
	Title       string
	Description string
	// Type is Grafana's: stat, timeseries, bargauge, table, heatmap,
	// state-timeline or text.
	Type string
	// Unit is Grafana's: s, bytes, percentunit, reqps and so on.
	Unit       string
	Datasource string
	Grid       Grid
	// Row is the title of the row that the panel stands under, "" above all.
	Row string
	// Stacked says that the series stand on one another.
	Stacked bool
	// NoValue is shown where the queries give nothing.
	NoValue string
	// Min and Max bound the axis, nil for what the data gives.
	Min, Max *float64
	// Thresholds colour values, in rising order; the first has no value.
	Thresholds []Threshold
	// Limit says that a graph shows its thresholds as lines.
	Limit bool
	// Log says that the axis is logarithmic.
	Log bool
	// Style is line or bars, of a graph.
	Style string
	// Shows is name where a single value is less than what it is called.
	Shows string
	// Decimals that are shown, nil for as many as matter.
	Decimals *int
	// Colors are those of single series, by their legend.
	Colors map[string]string
	// Words stand for values.
	Words map[string]Word
	// Labels are the columns of a table that stand before the values, in order.
	Labels []string
	// SortBy is the column that a table is sorted by, falling.
	SortBy  string
	Queries []Query
}

// Word is what is shown for a value, in a colour by Grafana's name.
type Word struct {
	Text  string `json:"text"`
	Color string `json:"color"`
}

// Grid is a place on the 24 columns of a dashboard. An expanded row's height
// counts as if all rows were open.
type Grid struct {
	X int `json:"x"`
	Y int `json:"y"`
	W int `json:"w"`
	H int `json:"h"`
}

// Threshold is the least value that a colour is used for; nil is minus infinity.
type Threshold struct {
	Value *float64 `json:"value"`
	Color string   `json:"color"`
}

// Query is one PromQL expression of a panel, with its variables still in it.
type Query struct {
	RefID  string
	Expr   string
	Legend string
	// Format is time_series, table or heatmap.
	Format string
	// Instant says that only the end of the range is asked for.
	Instant    bool
	Datasource string
	// Column heads the values in a table, "" elsewhere.
	Column string
	// Unit of the column, "" for the panel's.
	Unit string
}
