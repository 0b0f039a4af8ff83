package grafana

import "encoding/json"

// What follows is the part of Grafana's JSON that the package reads.
type dashboardJSON struct {
	UID        string   `json:"uid"`
	Title      string   `json:"title"`
	Editable   *bool    `json:"editable"`
	Tags       []string `json:"tags"`
	Links      []Link   `json:"links"`
	Templating struct {
		List []variableJSON `json:"list"`
	} `json:"templating"`
	Annotations struct {
		List []struct {
			Annotation
			Datasource source `json:"datasource"`
		} `json:"list"`
	} `json:"annotations"`
	Panels []panelJSON `json:"panels"`
}

type source struct {
	UID string `json:"uid"`
}

type variableJSON struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Query      json.RawMessage `json:"query"`
	Datasource source          `json:"datasource"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	AllValue   string          `json:"allValue"`
	Refresh    int             `json:"refresh"`
}

func (v variableJSON) variable() Variable {
	found := Variable{
		Name: v.Name, Type: v.Type, Datasource: v.Datasource.UID,
		Multi: v.Multi, IncludeAll: v.IncludeAll, AllValue: v.AllValue, Refresh: v.Refresh,
	}
	// A query is a string, or an object with the string in it.
	var object struct {
		Query string `json:"query"`
	}
	if json.Unmarshal(v.Query, &found.Query) != nil && json.Unmarshal(v.Query, &object) == nil {
		found.Query = object.Query
	}
	return found
}

type panelJSON struct {
	ID          int         `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Type        string      `json:"type"`
	Collapsed   bool        `json:"collapsed"`
	Grid        Grid        `json:"gridPos"`
	Datasource  source      `json:"datasource"`
	Targets     []queryJSON `json:"targets"`
	Panels      []panelJSON `json:"panels"`
	FieldConfig struct {
		Defaults struct {
			Unit       string   `json:"unit"`
			Min        *float64 `json:"min"`
			Max        *float64 `json:"max"`
			NoValue    string   `json:"noValue"`
			Thresholds struct {
				Steps []Threshold `json:"steps"`
			} `json:"thresholds"`
			Custom struct {
				Stacking struct {
					Mode string `json:"mode"`
				} `json:"stacking"`
			} `json:"custom"`
		} `json:"defaults"`
		Overrides []overrideJSON `json:"overrides"`
	} `json:"fieldConfig"`
	Transformations []transformationJSON `json:"transformations"`
}

type overrideJSON struct {
	Matcher struct {
		ID      string `json:"id"`
		Options any    `json:"options"`
	} `json:"matcher"`
	Properties []struct {
		ID    string `json:"id"`
		Value any    `json:"value"`
	} `json:"properties"`
}

type transformationJSON struct {
	ID      string `json:"id"`
	Options struct {
		RenameByName map[string]string `json:"renameByName"`
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
	defaults := p.FieldConfig.Defaults
	stacking := defaults.Custom.Stacking.Mode
	found := Panel{
		ID: p.ID, Title: p.Title, Description: p.Description, Type: p.Type, Unit: defaults.Unit,
		Datasource: p.Datasource.UID, Grid: p.Grid, Row: row, NoValue: defaults.NoValue,
		Stacked: stacking != "" && stacking != "none",
		Min:     defaults.Min, Max: defaults.Max, Thresholds: defaults.Thresholds.Steps,
	}
	for _, q := range p.Targets {
		column := p.column(q.RefID)
		found.Queries = append(found.Queries, Query{
			RefID: q.RefID, Expr: q.Expr, Legend: q.Legend, Format: q.Format, Instant: q.Instant,
			Datasource: q.Datasource.UID, Column: column, Unit: p.columnUnit(column),
		})
	}
	return found
}

// column returns what a table calls the values of a query.
func (p panelJSON) column(ref string) string {
	for _, t := range p.Transformations {
		if name, ok := t.Options.RenameByName["Value #"+ref]; ok {
			return name
		}
	}
	for _, t := range p.Transformations {
		if name, ok := t.Options.RenameByName["Value"]; ok {
			return name
		}
	}
	return ""
}

func (p panelJSON) columnUnit(column string) string {
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID != "byName" || o.Matcher.Options != column {
			continue
		}
		for _, property := range o.Properties {
			if unit, ok := property.Value.(string); ok && property.ID == "unit" {
				return unit
			}
		}
	}
	return ""
}
