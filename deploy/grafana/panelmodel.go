package grafana

import (
	"maps"
	"slices"
)

// panelJSON is a panel, or a row with its panels.
type panelJSON struct {
	ID              int                  `json:"id"`
	Title           string               `json:"title"`
	Description     string               `json:"description"`
	Type            string               `json:"type"`
	Collapsed       bool                 `json:"collapsed"`
	Grid            Grid                 `json:"gridPos"`
	Datasource      source               `json:"datasource"`
	Targets         []queryJSON          `json:"targets"`
	Panels          []panelJSON          `json:"panels"`
	FieldConfig     fieldsJSON           `json:"fieldConfig"`
	Transformations []transformationJSON `json:"transformations"`
	Options         struct {
		TextMode string `json:"textMode"`
		SortBy   []struct {
			DisplayName string `json:"displayName"`
		} `json:"sortBy"`
	} `json:"options"`
}

type fieldsJSON struct {
	Defaults struct {
		Unit       string   `json:"unit"`
		Min        *float64 `json:"min"`
		Max        *float64 `json:"max"`
		Decimals   *int     `json:"decimals"`
		NoValue    string   `json:"noValue"`
		Thresholds struct {
			Steps []Threshold `json:"steps"`
		} `json:"thresholds"`
		Mappings []struct {
			Type    string          `json:"type"`
			Options map[string]Word `json:"options"`
		} `json:"mappings"`
		Custom struct {
			DrawStyle       string `json:"drawStyle"`
			Stacking        mode   `json:"stacking"`
			ThresholdsStyle mode   `json:"thresholdsStyle"`
			Scale           struct {
				Type string `json:"type"`
			} `json:"scaleDistribution"`
		} `json:"custom"`
	} `json:"defaults"`
	Overrides []struct {
		Matcher struct {
			ID      string `json:"id"`
			Options any    `json:"options"`
		} `json:"matcher"`
		Properties []struct {
			ID    string `json:"id"`
			Value any    `json:"value"`
		} `json:"properties"`
	} `json:"overrides"`
}

type mode struct {
	Mode string `json:"mode"`
}

func (m mode) on() bool { return m.Mode != "" && m.Mode != "none" && m.Mode != "off" }

type transformationJSON struct {
	Options struct {
		RenameByName map[string]string `json:"renameByName"`
		IndexByName  map[string]int    `json:"indexByName"`
	} `json:"options"`
}

type queryJSON struct {
	RefID      string `json:"refId"`
	Expr       string `json:"expr"`
	Legend     string `json:"legendFormat"`
	Format     string `json:"format"`
	Instant    bool   `json:"instant"`
	Datasource source `json:"datasource"`
}

func (p panelJSON) panel(row string) Panel {
	fields := p.FieldConfig.Defaults
	found := Panel{
		ID: p.ID, Title: p.Title, Description: p.Description, Type: p.Type, Unit: fields.Unit,
		Datasource: p.Datasource.UID, Grid: p.Grid, Row: row, NoValue: fields.NoValue,
		Min: fields.Min, Max: fields.Max, Decimals: fields.Decimals, Thresholds: fields.Thresholds.Steps,
		Stacked: fields.Custom.Stacking.on(), Limit: fields.Custom.ThresholdsStyle.on(),
		Log:   fields.Custom.Scale.Type == "log",
		Style: fields.Custom.DrawStyle, Shows: p.Options.TextMode, Labels: p.labels(),
	}
	if len(p.Options.SortBy) > 0 {
		found.SortBy = p.Options.SortBy[0].DisplayName
	}
	for _, m := range fields.Mappings {
		if m.Type == "value" {
			found.Words = m.Options
		}
	}
	for _, q := range p.Targets {
		column := p.column(q.RefID)
		unit, _ := p.override(column, "unit").(string)
		found.Queries = append(found.Queries, Query{
			RefID: q.RefID, Expr: q.Expr, Legend: q.Legend, Format: q.Format, Instant: q.Instant,
			Datasource: q.Datasource.UID, Column: column, Unit: unit,
		})
	}
	found.Colors = p.colors()
	return found
}

// column returns what a table calls the values of a query.
func (p panelJSON) column(ref string) string {
	for _, field := range []string{"Value #" + ref, "Value"} {
		for _, t := range p.Transformations {
			if name, ok := t.Options.RenameByName[field]; ok {
				return name
			}
		}
	}
	return ""
}

// labels returns the fields of a table that are ordered and not renamed.
func (p panelJSON) labels() []string {
	var found []string
	for _, t := range p.Transformations {
		at := t.Options.IndexByName
		for _, field := range slices.SortedFunc(maps.Keys(at), func(a, b string) int { return at[a] - at[b] }) {
			if _, value := t.Options.RenameByName[field]; !value {
				found = append(found, field)
			}
		}
	}
	return found
}

// override returns a property that one field has for itself, or nil.
func (p panelJSON) override(field, property string) any {
	for _, o := range p.FieldConfig.Overrides {
		for _, set := range o.Properties {
			if o.Matcher.ID == "byName" && o.Matcher.Options == field && set.ID == property {
				return set.Value
			}
		}
	}
	return nil
}

func (p panelJSON) colors() map[string]string {
	var found map[string]string
	for _, o := range p.FieldConfig.Overrides {
		name, _ := o.Matcher.Options.(string)
		set, _ := p.override(name, "color").(map[string]any)
		color, ok := set["fixedColor"].(string)
		if !ok {
			continue
		}
		if found == nil {
			found = map[string]string{}
		}
		found[name] = color
	}
	return found
}
