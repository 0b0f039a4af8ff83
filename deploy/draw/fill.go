package draw

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// shownPanel is a panel with its answers, for the page's script.
type shownPanel struct {
	Title      string                  `json:"title"`
	Kind       string                  `json:"kind"`
	Unit       string                  `json:"unit"`
	Box        box                     `json:"box"`
	NoValue    string                  `json:"noValue"`
	Stacked    bool                    `json:"stacked"`
	Limit      bool                    `json:"limit"`
	Log        bool                    `json:"log"`
	Style      string                  `json:"style"`
	Shows      string                  `json:"shows"`
	Decimals   *int                    `json:"decimals"`
	Min        *float64                `json:"min"`
	Max        *float64                `json:"max"`
	Thresholds []grafana.Threshold     `json:"thresholds"`
	Colors     map[string]string       `json:"colors"`
	Words      map[string]grafana.Word `json:"words"`
	Labels     []string                `json:"labels"`
	Columns    []shownColumn           `json:"columns"`
	SortBy     string                  `json:"sortBy"`
	Series     []shownSeries           `json:"series"`
	queries    []grafana.Query
}

type shownColumn struct {
	Title string `json:"title"`
	Unit  string `json:"unit"`
}

// shownSeries is one line; Query is the number of the query that gave it.
type shownSeries struct {
	Name   string            `json:"name"`
	Query  int               `json:"query"`
	Labels map[string]string `json:"labels"`
	// Points are pairs of Unix time and value, nil where it is not finite.
	Points [][2]*float64 `json:"points"`
}

func shown(p grafana.Panel, at box) shownPanel {
	made := shownPanel{
		Title: p.Title, Kind: p.Type, Unit: p.Unit, Box: at, NoValue: p.NoValue, Stacked: p.Stacked, Limit: p.Limit, Log: p.Log,
		Style: p.Style, Shows: p.Shows, Decimals: p.Decimals, Min: p.Min, Max: p.Max, Thresholds: p.Thresholds,
		Colors: p.Colors, Words: p.Words, Labels: p.Labels, SortBy: p.SortBy, queries: p.Queries,
	}
	for _, q := range p.Queries {
		made.Columns = append(made.Columns, shownColumn{q.Column, q.Unit})
	}
	return made
}

// fill asks the panel's queries.
func (p *shownPanel) fill(ctx context.Context, ask Source, values map[string]string, over Range) error {
	if title, err := grafana.Substitute(p.Title, values); err == nil {
		p.Title = title
	}
	for i, q := range p.queries {
		expr, err := grafana.Substitute(q.Expr, values)
		if err != nil {
			return err
		}
		of := over
		if q.Instant {
			of.From = of.To
		}
		answer, err := ask(ctx, expr, of)
		if err != nil {
			return fmt.Errorf("ask %s: %w", expr, err)
		}
		// A legend may name a variable; one that does not is as it was.
		legend, err := grafana.Substitute(q.Legend, values)
		if err != nil {
			legend = q.Legend
		}
		for _, s := range answer {
			p.Series = append(p.Series, shownSeries{Name: named(legend, s.Labels), Query: i, Labels: s.Labels, Points: pairs(s.Points)})
		}
	}
	return nil
}

// named puts a series' labels into a legend. Without one it is what
// distinguishes a series, and Grafana's word for a series without labels.
func named(legend string, labels map[string]string) string {
	if legend == "" {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(labels)) {
			if name != "__name__" && name != "job" {
				all = append(all, labels[name])
			}
		}
		return cmp.Or(strings.Join(all, " "), "Value")
	}
	label := regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
	return label.ReplaceAllStringFunc(legend, func(found string) string {
		return labels[label.FindStringSubmatch(found)[1]]
	})
}

func pairs(points []Point) [][2]*float64 {
	found := make([][2]*float64, 0, len(points))
	for _, p := range points {
		at := float64(p.Time.UnixMilli()) / 1000
		pair := [2]*float64{&at, nil}
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			pair[1] = &p.Value
		}
		found = append(found, pair)
	}
	return found
}

// empty says whether no query gave a value that can be drawn.
func (p *shownPanel) empty() bool {
	for _, s := range p.Series {
		for _, point := range s.Points {
			if point[1] != nil {
				return false
			}
		}
	}
	return true
}
