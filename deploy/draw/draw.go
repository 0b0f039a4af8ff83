// Package draw draws a dashboard of Grafana's without Grafana: it asks every
// query of every panel, puts the answers into one HTML page that needs nothing
// else, and has Chromium take its picture.
//
// It draws plainly the kinds of panel that our dashboards have, in their places
// and with their titles, units, legends, colours and limits. What it shows is
// that a query answers and in what unit, and not how Grafana looks: a panel
// whose query gives nothing says "No data" in red, or in grey the words that
// the dashboard has for it.
package draw

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/switchhook/switchhook/deploy/grafana"
)

// Source answers one PromQL query over a range of time; where From is To, as
// it stands at that moment. It is asked by one goroutine at a time.
type Source func(ctx context.Context, query string, over Range) ([]Series, error)

// Range is a stretch of time, looked at every Step.
type Range struct {
	From, To time.Time
	Step     time.Duration
}

// Series is one line of an answer.
type Series struct {
	Labels map[string]string
	Points []Point
}

// Point is a value at a time. A value that is not finite is drawn as a gap.
type Point struct {
	Time  time.Time
	Value float64
}

// Options say what is drawn of a dashboard.
type Options struct {
	// Over is the range of time; without a Step there are 240 of them.
	Over Range
	// Scrape is how often Prometheus scrapes, 15 s if zero. Rates are taken over
	// four times that, or over the step and once that if it is more, as Grafana does.
	Scrape time.Duration
	// Choices are values of variables beyond what the dashboard opens with, and
	// in their place: command or plugin.
	Choices map[string]string
	// AllRows draws the panels of collapsed rows too.
	AllRows bool
	// Only leaves every row out whose title is not named, and draws those that
	// are; empty means all. Panels above all rows are always drawn.
	Only []string
	// Library is the folder of uPlot's files, as Fetch leaves it.
	Library string
	// Width of the page in pixels, 1600 if zero.
	Width int
}

// Page is a dashboard as HTML.
type Page struct {
	HTML []byte
	// Width and Height in pixels.
	Width, Height int
	// Empty are the titles of panels whose queries gave no finite value.
	Empty []string
}

func (o Options) withDefaults() Options {
	if o.Scrape == 0 {
		o.Scrape = 15 * time.Second
	}
	if o.Over.Step == 0 {
		o.Over.Step = max(o.Over.To.Sub(o.Over.From)/240, time.Second).Round(time.Second)
	}
	if o.Width == 0 {
		o.Width = 1600
	}
	return o
}

// values returns what the variables of the dashboard stand for.
func (o Options) values(board grafana.Dashboard) map[string]string {
	rate := max(4*o.Scrape, o.Over.Step+o.Scrape)
	values := board.Values(grafana.Times{
		Rate: duration(rate), Interval: duration(o.Over.Step), Range: duration(o.Over.To.Sub(o.Over.From)),
	})
	maps.Copy(values, o.Choices)
	return values
}

// duration writes one for PromQL, which knows milliseconds and no fractions.
func duration(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}
