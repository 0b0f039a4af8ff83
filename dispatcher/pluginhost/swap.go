package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/switchhook/switchhook/sdk"
)

// carryOut makes a change, all of it or nothing. All of the new processes are ready
// before any callback goes another way, and all callbacks go their new way before
// any of the old processes is told to end: so none is lost, at the price of both
// being there for a moment.
func (h *Host) carryOut(ctx context.Context, c change) error {
	starting, cancel := h.untilClosing(ctx)
	defer cancel()
	beside, alone := c.split()
	err := c.check()
	if err != nil {
		return err
	}
	err = h.bringUp(starting, beside, c)
	if err == nil {
		err = h.swapAlone(starting, alone, c)
	}
	if err != nil {
		h.stopAll(ctx, fresh(beside))
		h.forgetUnknown(beside)
		return err
	}
	h.commit(ctx, c, beside)
	return nil
}

// check finds what is wrong with the change before any process is started or ended.
func (c change) check() error {
	var problems []error
	for _, s := range c.swaps {
		err := checkStored(s.new.plan, s.new.stored)
		if err == nil && s.alone() && s.new.plan.reattach == "" {
			_, err = s.new.staged() // no reason to end the only process for what is no program
		}
		if err != nil {
			problems = append(problems, notUp(s.new.plan, err))
		}
	}
	return errors.Join(problems...)
}

// split tells the swaps that may run side by side from those that may not.
func (c change) split() (beside, alone []swap) {
	for _, s := range c.swaps {
		if s.alone() {
			alone = append(alone, s)
		} else {
			beside = append(beside, s)
		}
	}
	return beside, alone
}

// fresh are the new deployments.
func fresh(swaps []swap) []*deployment {
	all := make([]*deployment, len(swaps))
	for i, s := range swaps {
		all[i] = s.new
	}
	return all
}

// bringUp starts what is new on probation, and returns what did not come up or may
// not take over.
func (h *Host) bringUp(ctx context.Context, swaps []swap, c change) error {
	for _, s := range swaps {
		s.new.begin(ctx, startReload, false)
	}
	for _, s := range swaps { // all of them, before any is judged: one may die while another starts
		if err := s.new.awaitFirst(ctx); err != nil {
			return err
		}
	}
	var problems []error
	for _, s := range swaps {
		err := s.new.cameUp(ctx)
		if err == nil {
			err = h.mayTakeOver(s, c)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// mayTakeOver returns why what came up must not answer callbacks.
func (h *Host) mayTakeOver(s swap, c change) error {
	if !c.dropClaims {
		if err := s.covers(); err != nil {
			return err
		}
	}
	if !c.unasked || !s.new.plan.runs() {
		return nil
	}
	name, said := s.new.plan.name, s.new.status()
	err := h.options.Admit(name, said.Claims)
	if twin := h.namesake(said.Description.Name); s.old == nil && twin != "" {
		err = fmt.Errorf("it calls itself %s, as plugin %s does: take it out of the plugin directory if it is a copy; to run both, "+
			"name it under plugins: and `switchhook config reload`", said.Description.Name, twin)
	}
	if err != nil {
		return fmt.Errorf("plugin %s is not taken up: %w", name, err)
	}
	return nil
}

// namesake returns a plugin that calls itself that, or "".
func (h *Host) namesake(calls string) string {
	for _, s := range h.Status() {
		if s.Description.Name == calls && !s.Gone {
			return s.Name
		}
	}
	return ""
}

// covers returns what the old deployment claims and the new one does not.
func (s swap) covers() error {
	if s.old == nil || !s.new.plan.runs() || s.new.plan.debug || s.old.plan.debug {
		return nil
	}
	lost := missing(s.old.patterns(), s.new.patterns())
	if len(lost) == 0 {
		return nil
	}
	name := s.new.plan.name
	return fmt.Errorf("plugin %s would no longer claim %s, which would then be answered without it: if that is meant, "+
		"`switchhook plugin reload %s` takes --drop-claims", name, strings.Join(lost, ", "), name)
}

// missing returns those patterns of old that no pattern of new covers.
func missing(old, fresh []string) []string {
	var lost []string
	for _, pattern := range old {
		covered := false
		for _, f := range fresh {
			covered = covered || f == pattern || sdk.Claim{Pattern: f}.Matches(pattern)
		}
		if !covered {
			lost = append(lost, pattern)
		}
	}
	return lost
}

// swapAlone exchanges exclusive plugins, one after the other, while their callbacks
// wait. If one fails, it and those before it go back to what they were. Once an old
// process is told to end, nothing but the end of the host cuts the exchange short:
// whoever asked for it may go away.
func (h *Host) swapAlone(ctx context.Context, swaps []swap, c change) error {
	ctx, cancel := h.untilClosing(context.WithoutCancel(ctx))
	defer cancel()
	for i, s := range swaps {
		err := h.exchange(ctx, s.old, s.new, startReload)
		if err == nil {
			err = h.mayTakeOver(s, c)
		}
		if err == nil {
			continue
		}
		for _, back := range swaps[:i+1] {
			err = errors.Join(err, h.exchange(ctx, back.new, back.old.again(), startReload))
		}
		return err
	}
	return nil
}

// exchange ends one deployment and begins another. In between, callbacks wait.
func (h *Host) exchange(ctx context.Context, from, to *deployment, reason startReason) error {
	to.pool.Expect(to, true)
	defer to.pool.Expect(to, false)
	from.stop(ctx)
	to.begin(ctx, reason, true)
	h.install(to)
	return to.cameUp(ctx)
}

// commit gives the callbacks to what is fresh and stops what is not wanted. What has
// no successor answers until the callbacks go another way.
func (h *Host) commit(ctx context.Context, c change, beside []swap) {
	var replaced []*deployment
	leaving := c.removed
	for _, s := range beside {
		h.install(s.new)
		s.new.serve(true)
		switch {
		case s.old == nil:
		case s.new.plan.runs():
			s.old.serve(false)
			replaced = append(replaced, s.old)
		default:
			leaving = append(leaving, s.old)
		}
	}
	for _, d := range c.kicked {
		d.kick()
	}
	h.mu.Lock()
	for _, d := range c.removed {
		delete(h.plugins, d.plan.name)
	}
	h.mu.Unlock()
	h.options.OnSwitch()
	// What is done is done: whoever asked may go away, and the old processes still
	// finish what they have, unless the host itself is closed.
	ctx, cancel := h.untilClosing(context.WithoutCancel(ctx))
	defer cancel()
	if len(leaving) > 0 {
		linger(ctx)
	}
	for _, d := range leaving {
		d.serve(false) // nobody waits for them
	}
	h.stopAll(ctx, append(replaced, leaving...))
	for _, d := range c.removed {
		h.metrics.remove(d.plan.name)
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

// install makes d the plugin's deployment.
func (h *Host) install(d *deployment) {
	h.mu.Lock()
	h.plugins[d.plan.name] = d
	h.mu.Unlock()
	d.tally()
}

// running returns the plugin's deployment, or nil.
func (h *Host) running(name string) *deployment {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plugins[name]
}

// stopAll stops deployments side by side.
func (h *Host) stopAll(ctx context.Context, all []*deployment) {
	var stops sync.WaitGroup
	for _, d := range all {
		stops.Go(func() { d.stop(ctx) })
	}
	stops.Wait()
}

// forgetUnknown removes the series of plugins that were tried and do not stay.
func (h *Host) forgetUnknown(swaps []swap) {
	for _, s := range swaps {
		if h.running(s.new.plan.name) == nil {
			h.metrics.remove(s.new.plan.name)
		}
	}
}
