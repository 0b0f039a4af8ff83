package dispatcher

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// choice is who handles a command, in order, and who said so.
type choice struct {
	plugins []string
	source  string
	timeout time.Duration // what the claims suggest, or 0
	problem string
	tie     bool // the problem is that nobody says who is asked first
}

// claimant is a plugin with its closest claim on a subject.
type claimant struct {
	plugin string
	claim  sdk.Claim
	gone   bool
}

// choose picks the handlers of subject. The operator's order is final; without
// one an event goes to every claimant, and a decision to the closest claim.
func (m *tableMaker) choose(w words, subject string, contract *imevent.Contract) choice {
	claimants := m.claimants(subject)
	if handlers, source := w.handlers(); handlers != nil {
		c := choice{plugins: handlers, source: source, timeout: suggestedTimeout(claimants, handlers)}
		c.problem = m.complain(subject, handlers, claimants)
		return c
	}
	if waitedFor(contract) {
		claimants = present(closest(claimants))
	}
	c := choice{source: sourceClaim}
	for _, x := range claimants {
		c.plugins = append(c.plugins, x.plugin)
	}
	if len(c.plugins) == 0 && w.name(subject) && exact(subject) {
		c.problem = subject + " stands under routes and no plugin claims it; put one into plugin_dir that does, or remove the line"
	}
	c.timeout = suggestedTimeout(claimants, c.plugins)
	if waitedFor(contract) && len(c.plugins) > 1 {
		c.tie, c.problem = true, tieProblem(strings.Join(c.plugins, " and "), []string{subject})
	}
	return c
}

// tieProblem says what to write when plugins claim commands equally closely.
func tieProblem(plugins string, commands []string) string {
	var lines strings.Builder
	for _, command := range commands {
		fmt.Fprintf(&lines, "\n  %q: {handlers: [%s]}", command, strings.ReplaceAll(plugins, " and ", ", "))
	}
	return fmt.Sprintf("%s: claimed by %s, and nobody says who is asked first, so none is asked; choose an order and write\nroutes:%s",
		strings.Join(commands, ", "), plugins, lines.String())
}

// claimants returns the plugins that claim subject, the closest claim first and
// equals by name.
func (m *tableMaker) claimants(subject string) []claimant {
	var found []claimant
	for _, p := range m.blueprint.Plugins {
		best, claimed := sdk.Claim{}, false
		for _, c := range p.Claims {
			if c.Matches(subject) && (!claimed || c.Specificity() > best.Specificity()) {
				best, claimed = c, true
			}
		}
		if claimed {
			found = append(found, claimant{p.Name, best, p.Gone})
		}
	}
	slices.SortFunc(found, func(a, b claimant) int {
		return cmp.Or(cmp.Compare(b.claim.Specificity(), a.claim.Specificity()), cmp.Compare(a.plugin, b.plugin))
	})
	return found
}

// closest keeps the claimants that share the closest claim.
func closest(claimants []claimant) []claimant {
	for i, c := range claimants {
		if c.claim.Specificity() < claimants[0].claim.Specificity() {
			return claimants[:i]
		}
	}
	return claimants
}

// present keeps those that are there, if any are: what has gone is no reason to ask
// nobody.
func present(claimants []claimant) []claimant {
	there := slices.DeleteFunc(slices.Clone(claimants), func(c claimant) bool { return c.gone })
	if len(there) == 0 {
		return claimants
	}
	return there
}

// complain says what is wrong with the operator's order, or "".
func (m *tableMaker) complain(subject string, handlers []string, claimants []claimant) string {
	for _, name := range handlers {
		if _, known := m.table.plugins[name]; !known {
			return fmt.Sprintf("routes send %s to %s, and there is no such plugin; put its program into plugin_dir, or write\nplugins:\n  %s: {path: …}",
				subject, name, name)
		}
	}
	var rewriters []string
	for _, c := range claimants {
		if c.claim.Rewrites && slices.Contains(handlers, c.plugin) {
			rewriters = append(rewriters, c.plugin)
		}
	}
	if len(rewriters) > 1 {
		return fmt.Sprintf("%s would be rewritten by %s, and only one handler may; leave the others out of\nroutes:\n  %q: {handlers: [%s]}",
			subject, strings.Join(rewriters, " and by "), subject, strings.Join(handlers, ", "))
	}
	return ""
}

// suggestedTimeout returns the longest timeout that the claims of the plugins
// ask for, or 0 where one of them asks for none.
func suggestedTimeout(claimants []claimant, plugins []string) time.Duration {
	var longest time.Duration
	for _, name := range plugins {
		i := slices.IndexFunc(claimants, func(c claimant) bool { return c.plugin == name })
		if i < 0 || claimants[i].claim.Timeout <= 0 {
			return 0
		}
		longest = max(longest, claimants[i].claim.Timeout)
	}
	return longest
}
