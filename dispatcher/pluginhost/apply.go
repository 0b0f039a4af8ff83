package pluginhost

import (
	"context"
	"errors"
	"fmt"
)

// Apply takes over a new configuration as one transaction: new plugins are
// started, those whose program, settings or protection changed are started anew
// beside the old processes, and when all of them are ready, they take the
// callbacks, and what they replace, and what is no longer named, is drained and
// stopped. If one does not come up, or claims less than what it replaces, all that
// was started is stopped again, what ran goes on, and the error names it. Plugins
// that did not change are not touched; those of them that wait for a restart or have
// failed are tried again at once, whatever comes of it. What an operator has put in
// force ([Host.Disable], [Host.Rollback], [Host.Reload] with another path) holds.
//
// A plugin that calls itself exclusive cannot run beside its successor: it is
// stopped first, while its callbacks wait, and started again if its successor
// fails.
//
// A plugin whose program is gone, or that the configuration names no longer, is
// stopped and stays known as failed, with its claims, until its stored
// description is removed; see the package doc.
//
// Calls wait for each other. When ctx ends, the old processes that still drain
// are killed.
func (h *Host) Apply(ctx context.Context, dir string, configs []PluginConfig) (Changes, error) {
	if err := h.begin(ctx, hostRunning, errIdle); err != nil {
		return Changes{}, err
	}
	defer h.end()
	plans, err := h.plans(dir, configs)
	if err != nil {
		return Changes{}, err
	}
	c := h.compare(plans)
	if err := h.carryOut(ctx, c); err != nil {
		return Changes{}, err
	}
	h.dir, h.configs = dir, configs
	return c.report(), nil
}

// plans returns what a configuration and its directory ask for.
func (h *Host) plans(dir string, configs []PluginConfig) ([]plan, error) {
	d, err := h.look(dir, configs)
	if err != nil {
		return nil, err
	}
	if d.missing && h.anyFound() {
		return nil, fmt.Errorf("plugin directory %s is gone, and plugins run from it: name another one to stop them", dir)
	}
	return d.plans, nil
}

// Refresh takes up the programs in the plugin directory, and those that the
// configuration names, as their files are now: each plugin by itself, so that one
// whose file is no good holds back no other. One that Options.Admit does not want is
// refused: nobody has asked for it. The error names those that were refused; what they
// replace serves on.
func (h *Host) Refresh(ctx context.Context) (Changes, error) {
	if err := h.begin(ctx, hostRunning, errIdle); err != nil {
		return Changes{}, err
	}
	defer h.end()
	plans, err := h.plans(h.dir, h.configs)
	if err != nil {
		return Changes{}, err
	}
	all := h.compare(plans)
	var done change
	var problems []error
	for _, s := range all.swaps {
		if err := h.takeUp(ctx, change{swaps: []swap{s}, unasked: true}); err != nil {
			problems = append(problems, err)
			continue
		}
		done.swaps = append(done.swaps, s)
	}
	for _, d := range all.kicked {
		if d.unseen() {
			d.kick()
		}
	}
	if len(all.removed) > 0 {
		problems = append(problems, h.carryOut(ctx, change{removed: all.removed}))
		done.removed = all.removed
	}
	return done.report(), errors.Join(problems...)
}

// takeUp makes a change of one plugin that nobody asked for.
func (h *Host) takeUp(ctx context.Context, c change) error {
	s := c.swaps[0]
	if s.old == nil || !s.new.plan.runs() || !s.old.plan.runs() {
		return h.carryOut(ctx, c)
	}
	_, err := h.replaceBy(ctx, c)
	return err
}

// compare finds what is different.
func (h *Host) compare(plans []plan) change {
	var c change
	wanted := make(map[string]bool, len(plans))
	for _, p := range plans {
		wanted[p.name] = true
		old := h.running(p.name)
		switch {
		case old == nil:
			c.swaps = append(c.swaps, swap{new: h.deploy(p)})
		case old.asWanted(p):
			if p.runs() {
				c.kicked = append(c.kicked, old)
			}
		default:
			c.swaps = append(c.swaps, swap{old: old, new: h.deploy(p)})
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, d := range h.plugins {
		if !wanted[name] {
			c.removed = append(c.removed, d)
		}
	}
	return c
}

// asWanted reports whether p, deployed anew, would be what runs already. A program
// that cannot be read any more, or that is passed over, is no reason to stop one
// that runs.
func (d *deployment) asWanted(p plan) bool {
	if !d.plan.same(p) {
		return false
	}
	return !d.settled() || !d.outdated()
}

// unseen reports whether no process has ever come up: there is nothing to exchange, and
// another try does no harm.
func (d *deployment) unseen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.description == nil
}

// hash is that of the program that runs.
func (d *deployment) hash() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.program.sha256
}

// anyFound reports whether a plugin runs because it lay in the directory.
func (h *Host) anyFound() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range h.plugins {
		if d.plan.found {
			return true
		}
	}
	return false
}
