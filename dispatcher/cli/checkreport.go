package cli

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// checkReport is the result of config check, for --output json.
type checkReport struct {
	File     string          `json:"file"`
	Problems []problemReport `json:"problems"`
	Warnings []problemReport `json:"warnings"`
	Apps     []appReport     `json:"apps,omitempty"`
	Plugins  []pluginReport  `json:"plugins,omitempty"`
	Routes   []routeReport   `json:"routes,omitempty"`
}

type problemReport struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Key     string `json:"key"`
	Message string `json:"message"`
	line    string
}

type appReport struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Tokens   int    `json:"tokens"`
	Insecure bool   `json:"insecure"`
}

type pluginReport struct {
	Name    string `json:"name"`
	Path    string `json:"path"`
	Enabled bool   `json:"enabled"`
	MTLS    string `json:"mtls"`
}

// routeReport is one entry below routes: the app is empty for all apps.
type routeReport struct {
	App       string   `json:"app"`
	Pattern   string   `json:"pattern"`
	Handlers  []string `json:"handlers"`
	Timeout   string   `json:"timeout"`
	OnFailure string   `json:"on_failure"`
	Mode      string   `json:"mode"`
}

func problemReports(problems config.Problems) []problemReport {
	reports := make([]problemReport, len(problems))
	for i, p := range problems {
		reports[i] = problemReport{Line: p.Line, Column: p.Column, Key: p.Key, Message: p.Message, line: p.Error()}
	}
	return reports
}

// fill says what a good file configures.
func (r *checkReport) fill(file *config.File) {
	warnings := slices.Clone(file.Warnings)
	if len(file.Apps) == 0 {
		warnings = append(warnings, config.Problem{
			File: r.File, Key: "apps", Message: "no app: serve would refuse to start, unless --app gives it one",
		})
	}
	r.Warnings = problemReports(warnings)
	r.Routes = routeReports("", file.Routes)
	for _, id := range slices.Sorted(maps.Keys(file.Apps)) {
		app := file.Apps[id]
		r.Apps = append(r.Apps, appReport{ID: id, Name: app.Name, Tokens: len(app.Tokens), Insecure: app.Insecure})
		r.Routes = append(r.Routes, routeReports(id, app.Routes)...)
	}
	for _, name := range slices.Sorted(maps.Keys(file.Plugins)) {
		p := file.Plugins[name]
		path := p.Path
		if path == "" {
			path = filepath.Join(file.PluginDir, name)
		}
		r.Plugins = append(r.Plugins, pluginReport{Name: name, Path: path, Enabled: p.Enabled, MTLS: p.MTLS})
	}
}

func (r routeReport) handlers() string {
	if len(r.Handlers) == 0 {
		return "(by claims)"
	}
	return strings.Join(r.Handlers, " → ")
}

// policy is what the file says, or what Tencent does where it says nothing of a
// command that waits for a decision.
func (r routeReport) policy() string {
	if c, ok := imevent.Spec(r.Pattern); ok && r.OnFailure == "" && c.Phase == imevent.Before {
		return c.OnFailure.String() + " (tencent)"
	}
	return r.OnFailure
}

func routeReports(app string, routes map[string]config.Route) []routeReport {
	reports := make([]routeReport, 0, len(routes))
	for _, pattern := range slices.Sorted(maps.Keys(routes)) {
		route := routes[pattern]
		report := routeReport{
			App: app, Pattern: pattern, Handlers: append([]string{}, route.Handlers...),
			OnFailure: route.OnFailure, Mode: route.Mode,
		}
		if route.Timeout != 0 {
			report.Timeout = route.Timeout.String()
		}
		reports = append(reports, report)
	}
	return reports
}

// write puts the report into words: problems in the form that editors follow.
func (r checkReport) write(w io.Writer) error {
	for _, p := range r.Problems {
		if _, err := fmt.Fprintln(w, p.line); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
	}
	for _, p := range r.Warnings {
		if _, err := fmt.Fprintln(w, p.line+" (warning)"); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
	}
	if len(r.Problems) > 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s is fine: %s, %s, %s\n", r.File,
		plural(len(r.Apps), "app"), plural(len(r.Plugins), "plugin"), plural(len(r.Routes), "route")); err != nil {
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	return r.writeTables(w)
}

// writeTables lists what there is, each kind in a table of its own.
func (r checkReport) writeTables(w io.Writer) error {
	var apps, plugins, routes [][]string
	for _, app := range r.Apps {
		tokens := plural(app.Tokens, "token")
		if app.Insecure {
			tokens = "insecure"
		}
		apps = append(apps, []string{app.ID, app.Name, tokens})
	}
	for _, p := range r.Plugins {
		enabled := "enabled"
		if !p.Enabled {
			enabled = "disabled"
		}
		plugins = append(plugins, []string{p.Name, enabled, p.MTLS, p.Path})
	}
	for _, route := range r.Routes {
		app := route.App
		if app == "" {
			app = "all"
		}
		routes = append(routes, []string{app, route.Pattern, route.handlers(), route.policy(), route.Timeout, route.Mode})
	}
	for _, table := range []struct {
		head []string
		rows [][]string
	}{
		{[]string{"APP", "NAME", "SIGN"}, apps},
		{[]string{"PLUGIN", "STATE", "MTLS", "FILE"}, plugins},
		{[]string{"APP", "COMMAND", "HANDLERS", "ON FAILURE", "TIMEOUT", "MODE"}, routes},
	} {
		if len(table.rows) == 0 {
			continue
		}
		if _, err := fmt.Fprintln(w); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
		if err := printTable(w, table.head, table.rows); err != nil {
			return err
		}
	}
	return nil
}
