package dispatcher

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// Build makes the table of b. What cannot be served as configured becomes one of
// the table's problems and harms no other command; an error is a blueprint that
// no table can be made of.
func (d *Dispatcher) Build(b Blueprint) (*Table, error) {
	maker := &tableMaker{blueprint: b, metrics: d.metrics, stored: d.accept != nil, ties: make(map[string][]string), table: &Table{
		apps:     make(map[string]*appRoutes, len(b.Apps)),
		plugins:  make(map[string]sdk.Handler, len(b.Plugins)),
		debugged: make(map[string]bool),
		commands: make(map[string]struct{}),
		pairs:    make(map[delivery]struct{}),
	}}
	for _, p := range b.Plugins {
		maker.table.plugins[p.Name] = p.Handler
		maker.table.debugged[p.Name] = p.Debug
	}
	for _, app := range b.Apps {
		if _, twice := maker.table.apps[app.ID]; twice {
			return nil, fmt.Errorf("build table: app %s is listed twice", app.ID)
		}
		if err := maker.addApp(app); err != nil {
			return nil, fmt.Errorf("build table: %w", err)
		}
	}
	maker.finish()
	if d.accept == nil {
		for _, r := range maker.table.routes {
			if r.Mode == ModeDurable {
				return nil, fmt.Errorf("build table: %s of app %s is durable, and there is no inbox to keep it", r.Command, r.App)
			}
		}
	}
	return maker.table, nil
}

// tableMaker holds what building a table shares between its routes.
type tableMaker struct {
	blueprint Blueprint
	metrics   *metrics
	stored    bool // there is somewhere to store callbacks
	table     *Table
	ties      map[string][]string // commands by the plugins that tie on them
}

func (m *tableMaker) addApp(app App) error {
	routes := &appRoutes{
		exact:    make(map[string]*Route),
		unlisted: make(map[unlistedKey]*Route),
		outcomes: m.metrics.app(app.ID),
	}
	routes.limit.max = int64(cmp.Or(app.MaxInFlight, DefaultAppInFlight))
	m.table.apps[app.ID] = routes

	subjects := m.subjects(app)
	for _, subject := range slices.Sorted(maps.Keys(subjects)) {
		if exact(subject) {
			route, err := m.route(app, subject, m.contract(subject))
			if err != nil {
				return err
			}
			if route != nil {
				routes.exact[subject] = route
			}
			continue
		}
		for _, phase := range []imevent.Phase{imevent.After, imevent.Before} {
			route, err := m.route(app, subject, imevent.Unlisted(phase))
			if err != nil {
				return err
			}
			if route != nil {
				routes.unlisted[unlistedKey{subject, phase}] = route
			}
		}
	}
	return nil
}

// subjects returns everything a route may be about: each command of the
// catalogue, and each command or pattern that a claim or the operator names.
func (m *tableMaker) subjects(app App) map[string]struct{} {
	subjects := make(map[string]struct{})
	for _, c := range imevent.Specs() {
		subjects[c.Command] = struct{}{}
	}
	for pattern := range m.blueprint.Routes {
		subjects[pattern] = struct{}{}
	}
	for pattern := range app.Routes {
		subjects[pattern] = struct{}{}
	}
	for _, b := range m.blueprint.Bypasses {
		subjects[b.Command] = struct{}{}
	}
	for _, p := range m.blueprint.Plugins {
		for _, c := range p.Claims {
			subjects[c.Pattern] = struct{}{}
		}
	}
	return subjects
}

// contract returns what is known of command: its row of the catalogue, else what
// its name and the claims on it say.
func (m *tableMaker) contract(command string) *imevent.Contract {
	if c, ok := imevent.Spec(command); ok {
		return c
	}
	phase := imevent.PhaseOf(command)
	for _, p := range m.blueprint.Plugins {
		for _, c := range p.Claims {
			if c.Pattern == command && c.Decides {
				phase = imevent.Before
			}
		}
	}
	return imevent.Unlisted(phase)
}

// route makes the route of subject for app, or nil where nobody wants it.
func (m *tableMaker) route(app App, subject string, contract *imevent.Contract) (*Route, error) {
	words := m.words(app, subject)
	chosen, bypass := m.choose(words, subject, contract), m.bypass(app, subject, contract)
	if len(chosen.plugins) == 0 && chosen.problem == "" && !bypass.names(subject) {
		return nil, nil //nolint:nilnil // nobody claims the command: no route is the answer
	}
	mode, modeSource, err := words.mode(subject, waitedFor(contract), m.stored)
	if err != nil {
		return nil, err
	}
	timeout, timeoutSource := words.timeout(chosen.timeout)
	if m.debugged(chosen.plugins) {
		timeout, timeoutSource = DebugTimeout, sourceDebug
	}
	policy, policySource := words.policy()
	inFlight, inFlightSource := words.inFlight()
	r := &Route{
		contract:  contract,
		mode:      mode,
		timeout:   timeout,
		onFailure: policy.decide(contract.OnFailure),
		metrics:   m.metrics.route(m.label(subject), contract, mode),
		info: RouteInfo{
			App: app.ID, Command: subject, Handlers: chosen.plugins, Mode: mode, Timeout: timeout,
			MaxInFlight: inFlight, Before: contract.Phase == imevent.Before, Problem: chosen.problem, Bypass: bypass,
			Sources: RouteSources{Handlers: chosen.source, Mode: modeSource, Timeout: timeoutSource, MaxInFlight: inFlightSource},
		},
	}
	r.limit.max = int64(inFlight)
	if r.info.Before {
		r.info.OnFailure, r.info.Sources.OnFailure = r.onFailure.String(), policySource
	}
	for _, name := range chosen.plugins {
		r.targets = append(r.targets, m.target(subject, name, contract))
	}
	m.table.routes = append(m.table.routes, r.info)
	if chosen.problem != "" {
		r.targets = nil // the command alone is unavailable until the operator has decided; a durable one waits
		m.report(subject, chosen)
	}
	return r, nil
}

// debugged reports whether one of the plugins is in debug.
func (m *tableMaker) debugged(plugins []string) bool {
	return slices.ContainsFunc(plugins, func(name string) bool { return m.table.debugged[name] })
}

// report adds a route's problem to the table's, unless another app has it too.
// Ties between the same plugins become one problem, since two catch-alls tie on
// every decision there is.
func (m *tableMaker) report(subject string, c choice) {
	switch {
	case c.tie && exact(subject):
		plugins := strings.Join(c.plugins, " and ")
		if !slices.Contains(m.ties[plugins], subject) {
			m.ties[plugins] = append(m.ties[plugins], subject)
		}
	case c.tie: // on commands that Tencent has not invented yet
	case !slices.Contains(m.table.problems, c.problem):
		m.table.problems = append(m.table.problems, c.problem)
	}
}

// exact reports whether subject is one command rather than a pattern.
func exact(subject string) bool {
	return (sdk.Claim{Pattern: subject}).Specificity() == sdk.SpecificityExact
}

// waitedFor reports whether Tencent reads the reply, so that one answer has to
// come out of it at once.
func waitedFor(c *imevent.Contract) bool { return c.Phase == imevent.Before || c.ReadsReply }

func (m *tableMaker) target(subject, plugin string, contract *imevent.Contract) target {
	label := m.label(subject)
	m.table.pairs[delivery{label, plugin}] = struct{}{}
	return target{plugin: plugin, handler: m.table.plugins[plugin], metrics: m.metrics.target(label, plugin, contract)}
}

// label returns the metric label of subject, and notes the command that has one of
// its own.
func (m *tableMaker) label(subject string) string {
	label := labelOf(subject)
	if label != labelOther {
		m.table.commands[label] = struct{}{}
	}
	return label
}

func (m *tableMaker) finish() {
	for plugins, commands := range m.ties {
		m.table.problems = append(m.table.problems, tieProblem(plugins, commands))
	}
	slices.SortFunc(m.table.routes, func(a, b RouteInfo) int {
		return cmp.Or(cmp.Compare(a.App, b.App), cmp.Compare(a.Command, b.Command))
	})
	slices.Sort(m.table.problems)
	m.table.serving = servingOf(m.table.routes)
}
