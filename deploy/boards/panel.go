package boards

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	prom "github.com/grafana/grafana-foundation-sdk/go/prometheus"
)

// Units, as Grafana names them.
const (
	perSecond = "reqps"
	events    = "eps"
	count     = "short"
	seconds   = "s"
	bytesIEC  = "bytes"
	share     = "percentunit"
	cores     = "none"
)

// panel is one drawing before Grafana's wording. The verbs below change what
// is not usual.
type panel struct {
	kind               func(panel) cog.Builder[dashboard.Panel]
	title, about, unit string
	w, h               uint32
	queries            []query
	steps              []dashboard.Threshold
	none               string
	min, max           *float64
	decimals           *float64
	stacked, bars, log bool
	// instant asks for the end of the range alone.
	instant bool
	format  prom.PromQueryFormat
	// labels are the columns of a table that stand first, in order.
	labels             []string
	trending, exemplar bool
	sortBy             string
	link               *dashboard.DashboardLink
	linked             string
	colors             map[string]string
	words              []dashboard.ValueMappingResult
}

func (p panel) size(w, h uint32) panel { p.w, p.h = w, h; return p }

// orElse is shown where there is nothing, where that is no fault.
func (p panel) orElse(text string) panel { p.none = text; return p }

// colored gives the colours of values: first, and then from each value on.
func (p panel) colored(first string, steps ...dashboard.Threshold) panel {
	p.steps = append([]dashboard.Threshold{{Color: first}}, steps...)
	return p
}

// limit draws a red line at a value.
func (p panel) limit(at float64) panel { return p.colored("green", from(at, "red")) }

func from(value float64, color string) dashboard.Threshold {
	return dashboard.Threshold{Value: &value, Color: color}
}

// part lets the axis go from nothing to the whole.
func (p panel) part() panel { p.min, p.max = new(0.0), new(1.0); return p }

func (p panel) whole() panel { p.decimals = new(0.0); return p }

// decades keeps milliseconds and seconds apart on one axis.
func (p panel) decades() panel { p.log, p.min = true, new(.001); return p }
func (p panel) stack() panel   { p.stacked = true; return p }
func (p panel) bar() panel     { p.stacked, p.bars = true, true; return p }

// trend lets a single value show how it came about.
func (p panel) trend() panel                     { p.trending, p.instant = true, false; return p }
func (p panel) by(labels ...string) panel        { p.labels = labels; return p }
func (p panel) exemplars() panel                 { p.exemplar = true; return p }
func (p panel) sorted(column string) panel       { p.sortBy = column; return p }
func (p panel) paint(by map[string]string) panel { p.colors = by; return p }

// named writes words for the values 0, 1 and so on, each with its colour.
func (p panel) named(words ...dashboard.ValueMappingResult) panel { p.words = words; return p }

func word(text, color string) dashboard.ValueMappingResult {
	return dashboard.ValueMappingResult{Text: &text, Color: &color}
}

// opens leads from a value, or from the cells of a table's column, to another
// board with one of its variables set.
func (p panel) opens(column, title, uid, variable string) panel {
	value := "${__field.labels." + variable + "}"
	if column != "" {
		value = "${__value.raw}"
	}
	p.linked = column
	url := "/d/" + uid + carried + "&var-" + variable + "=" + value
	p.link = &dashboard.DashboardLink{Title: title, Type: dashboard.DashboardLinkTypeLink, Url: &url}
	return p
}

func (p panel) build(id uint32, at dashboard.GridPos) (dashboard.Panel, error) {
	made, err := p.kind(p).Build()
	if err != nil {
		return made, fmt.Errorf("panel %s: %w", p.title, err)
	}
	made.Id, made.GridPos = &id, &at
	made.Title, made.Description = &p.title, &p.about
	made.Datasource = new(prometheus())
	fields := &fieldsOf(&made).Defaults
	fields.Min, fields.Max, fields.Decimals = p.min, p.max, p.decimals
	if p.unit != "" {
		fields.Unit = &p.unit
	}
	if p.none != "" {
		fields.NoValue = &p.none
	}
	if p.steps != nil {
		fields.Thresholds = &dashboard.ThresholdsConfig{Mode: dashboard.ThresholdsModeAbsolute, Steps: p.steps}
	}
	if p.words != nil {
		fields.Mappings = []dashboard.ValueMapping{{ValueMap: p.valueMap()}}
	}
	p.setFields(&made)
	made.Targets, err = p.targets()
	return made, err
}

// setFields gives single values of the panel a colour, a unit or a link.
func (p panel) setFields(made *dashboard.Panel) {
	for _, name := range slices.Sorted(maps.Keys(p.colors)) {
		set(made, name, "color", map[string]string{"mode": "fixed", "fixedColor": p.colors[name]})
	}
	for _, ask := range p.queries {
		if ask.unit != "" {
			set(made, ask.column, "unit", ask.unit)
		}
	}
	switch {
	case p.link == nil:
	case p.linked == "":
		fieldsOf(made).Defaults.Links = []dashboard.DashboardLink{*p.link}
	default:
		set(made, p.linked, "links", []dashboard.DashboardLink{*p.link})
	}
}

func (p panel) valueMap() *dashboard.ValueMap {
	named := dashboard.NewValueMap()
	for i, w := range p.words {
		named.Options[strconv.Itoa(i)] = w
	}
	return named
}

func (p panel) targets() ([]variants.Dataquery, error) {
	var all []variants.Dataquery
	for i, ask := range p.queries {
		to := prom.NewDataqueryBuilder().
			RefId(ref(i)).
			Datasource(prometheus()).
			EditorMode(prom.QueryEditorModeCode).
			Format(p.format).
			Expr(ask.expr)
		if ask.legend != "" {
			to = to.LegendFormat(ask.legend)
		}
		if p.exemplar {
			to = to.Exemplar(true)
		}
		if p.instant || p.format == prom.PromQueryFormatTable {
			to = to.Instant()
		} else {
			to = to.Range()
		}
		target, err := to.Build()
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", ask.expr, err)
		}
		all = append(all, target)
	}
	return all, nil
}

// legends says whether a legend is what matters of the values.
func (p panel) legends() bool { return p.queries[0].legend != "" }

// ref names the queries of a panel A, B, C and so on, as Grafana does.
func ref(i int) string { return "ABCDEFGHIJ"[i : i+1] }

// fieldsOf returns how the panel's values are shown, which the SDK leaves out
// of a panel that says nothing of them.
func fieldsOf(made *dashboard.Panel) *dashboard.FieldConfigSource {
	if made.FieldConfig == nil {
		made.FieldConfig = dashboard.NewFieldConfigSource()
	}
	return made.FieldConfig
}

// set gives one field of a panel a property of its own.
func set(made *dashboard.Panel, field, property string, value any) {
	fields := fieldsOf(made)
	fields.Overrides = append(fields.Overrides, dashboard.DashboardFieldConfigSourceOverrides{
		Matcher:    dashboard.MatcherConfig{Id: "byName", Options: field},
		Properties: []dashboard.DynamicConfigValue{{Id: property, Value: value}},
	})
}
