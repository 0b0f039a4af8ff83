package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// Apply takes over a new configuration as one transaction: new plugins are
// started, those whose program, settings or protection changed are started anew
// beside the old process, and when all of them are ready, they take the
// callbacks, and what they replace, and what is no longer named, is drained and
// stopped. If one does not come up, all that was started is stopped again, what
// ran goes on, and the error names it. Plugins that did not change are not
// touched; those of them that wait for a restart or have failed are tried again
// at once, whatever comes of it.
//
// A plugin that calls itself exclusive cannot run beside its successor: it is
// stopped first, and started again, from the file that is there then, if its
// successor fails.
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
	d, err := h.look(dir, configs)
	if err != nil {
		return Changes{}, err
	}
	if d.missing && h.anyFound() {
		return Changes{}, fmt.Errorf("plugin directory %s is gone, and plugins run from it: name another one to stop them", dir)
	}
	c := h.compare(d.plans)
	starting, cancel := h.untilClosing(ctx)
	defer cancel()
	fresh, err := h.tryBeside(starting, c)
	if err == nil {
		err = h.swapAlone(starting, c.alone)
	}
	if err != nil {
		h.stopAll(ctx, fresh)
		h.forgetUnknown(c.added)
		return Changes{}, err
	}
	h.commit(ctx, c, fresh)
	return c.report(), nil
}

// compare finds what is different.
func (h *Host) compare(plans []plan) change {
	h.mu.Lock()
	defer h.mu.Unlock()
	var c change
	wanted := make(map[string]bool, len(plans))
	for _, p := range plans {
		wanted[p.name] = true
		old, ok := h.plugins[p.name]
		switch {
		case !ok:
			c.added = append(c.added, p)
		case old.sameProcess(p):
			if p.runs() {
				c.kicked = append(c.kicked, old)
			}
		case p.runs() && old.exclusive():
			c.alone = append(c.alone, swap{old, p})
		default:
			c.swapped = append(c.swapped, swap{old, p})
		}
	}
	for name, s := range h.plugins {
		if !wanted[name] {
			c.removed = append(c.removed, s)
		}
	}
	return c
}

// sameProcess reports whether p, started anew, would be what runs already. A
// program that cannot be read any more is no reason to stop one that runs.
func (s *supervisor) sameProcess(p plan) bool {
	if !s.plan.same(p) {
		return false
	}
	st := s.report.status()
	if st.State != StateReady || s.plan.reattach != "" {
		return true
	}
	sum, err := s.host.sums.of(p.path)
	if err != nil {
		s.log.Warn("program of a running plugin cannot be read", "err", err)
	}
	return err != nil || sum == st.SHA256
}

// exclusive reports whether the plugin's process is one that cannot stand
// another beside it.
func (s *supervisor) exclusive() bool {
	st := s.report.status()
	return st.PID != 0 && st.Description.Instances == wire.InstancesExclusive
}

// tryBeside starts what is new on probation and returns it, with the errors of
// what did not come up.
func (h *Host) tryBeside(ctx context.Context, c change) ([]*supervisor, error) {
	plans := c.added
	for _, s := range c.swapped {
		plans = append(slices.Clip(plans), s.new)
	}
	fresh := make([]*supervisor, 0, len(plans))
	for _, p := range plans {
		fresh = append(fresh, h.supervise(ctx, p, false))
	}
	var problems []error
	for _, s := range fresh {
		problems = append(problems, s.cameUp(ctx))
	}
	return fresh, errors.Join(problems...)
}

// supervise starts p for a reload.
func (h *Host) supervise(ctx context.Context, p plan, serving bool) *supervisor {
	h.metrics.add(p.name)
	h.mu.Lock()
	sl := h.slotOf(p.name)
	h.mu.Unlock()
	return supervise(ctx, h, p, sl, startReload, serving)
}

// cameUp waits for the first start and returns why it did not succeed.
func (s *supervisor) cameUp(ctx context.Context) error {
	if err := s.awaitFirst(ctx); err != nil {
		return err
	}
	if st := s.report.status(); st.State != StateReady && s.plan.runs() && !s.plan.debug {
		return fmt.Errorf("plugin %s did not come up: %s", st.Name, st.Error)
	}
	return nil
}

// swapAlone exchanges exclusive plugins, one after the other. If one fails, it
// and those before it go back to their old plans.
func (h *Host) swapAlone(ctx context.Context, swaps []swap) error {
	for i, sw := range swaps {
		sw.old.stop(ctx)
		s := h.install(h.supervise(ctx, sw.new, true))
		err := s.cameUp(ctx)
		if err == nil {
			continue
		}
		for _, back := range swaps[:i+1] {
			h.running(back.new.name).stop(ctx)
			again := h.install(h.supervise(ctx, back.old.plan, true))
			err = errors.Join(err, again.cameUp(ctx))
		}
		return err
	}
	return nil
}

// commit gives the callbacks to what is fresh and stops what is not wanted.
func (h *Host) commit(ctx context.Context, c change, fresh []*supervisor) {
	stopping := c.removed
	for _, s := range c.swapped {
		s.old.serve(false)
		stopping = append(slices.Clip(stopping), s.old)
	}
	for _, s := range fresh {
		h.install(s)
		s.serve(true)
	}
	for _, s := range c.kicked {
		s.kick()
	}
	h.mu.Lock()
	for _, s := range c.removed {
		delete(h.plugins, s.plan.name)
	}
	h.mu.Unlock()
	h.options.OnSwitch()
	// What is done is done: whoever asked may go away, and the old processes still
	// finish what they have, unless the host itself is closed.
	ctx, cancel := h.untilClosing(context.WithoutCancel(ctx))
	defer cancel()
	if len(c.removed) > 0 {
		linger(ctx)
	}
	h.stopAll(ctx, stopping)
	for _, s := range c.removed {
		h.metrics.remove(s.plan.name)
	}
	h.changed()
}

// lingering is far more than a callback needs between finding its plugin and
// reaching it.
const lingering = 100 * time.Millisecond

// linger lets callbacks that were sent to a plugin before OnSwitch sent them
// another way reach it while it is still there.
func linger(ctx context.Context) {
	timer := time.NewTimer(lingering)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// install makes s the plugin's supervisor.
func (h *Host) install(s *supervisor) *supervisor {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.plugins[s.plan.name] = s
	return s
}

// running returns the plugin's supervisor.
func (h *Host) running(name string) *supervisor {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plugins[name]
}

// anyFound reports whether a plugin runs because it lay in the directory.
func (h *Host) anyFound() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.plugins {
		if s.plan.found {
			return true
		}
	}
	return false
}

// stopAll stops plugins side by side.
func (h *Host) stopAll(ctx context.Context, all []*supervisor) {
	var stops sync.WaitGroup
	for _, s := range all {
		stops.Go(func() { s.stop(ctx) })
	}
	stops.Wait()
}

// forgetUnknown removes the series of plugins that were tried and do not stay.
func (h *Host) forgetUnknown(plans []plan) {
	for _, p := range plans {
		if h.running(p.name) == nil {
			h.metrics.remove(p.name)
		}
	}
}
