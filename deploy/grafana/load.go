package grafana

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Load reads every dashboard of dir, in the order of the files' names. An error
// names the file; a folder without dashboards is an error.
func Load(dir string) ([]Dashboard, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list dashboards: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("list dashboards: no *.json in %s", dir)
	}
	var found []Dashboard
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // the caller names the folder
		if err != nil {
			return nil, fmt.Errorf("read dashboard: %w", err)
		}
		d, err := Parse(text)
		if err != nil {
			return nil, fmt.Errorf("read dashboard %s: %w", file, err)
		}
		d.File = filepath.Base(file)
		found = append(found, d)
	}
	return found, nil
}

// Parse reads one dashboard from its JSON. What it does not know of Grafana's
// model it passes over.
func Parse(text []byte) (Dashboard, error) {
	var file dashboardJSON
	if err := json.Unmarshal(text, &file); err != nil {
		return Dashboard{}, fmt.Errorf("parse JSON: %w", err)
	}
	d := Dashboard{
		UID: file.UID, Title: file.Title, Tags: file.Tags, Links: file.Links,
		// Grafana lets a dashboard be edited that says nothing.
		Editable: file.Editable == nil || *file.Editable,
	}
	for _, v := range file.Templating.List {
		d.Variables = append(d.Variables, v.variable())
	}
	for _, a := range file.Annotations.List {
		a.Annotation.Datasource = a.Datasource.UID
		d.Annotations = append(d.Annotations, a.Annotation)
	}
	row := ""
	for _, p := range file.Panels {
		if p.Type != "row" {
			d.Panels = append(d.Panels, p.panel(row))
			continue
		}
		row = p.Title
		d.Rows = append(d.Rows, Row{ID: p.ID, Title: p.Title, Collapsed: p.Collapsed, Grid: p.Grid})
		for _, inner := range p.Panels {
			d.Panels = append(d.Panels, inner.panel(row))
		}
	}
	return d, nil
}
