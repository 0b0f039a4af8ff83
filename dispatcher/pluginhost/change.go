package pluginhost

import "slices"

// change is what a new configuration asks of the host.
type change struct {
	added   []plan
	swapped []swap        // may run side by side
	alone   []swap        // exclusive: the old process ends first
	removed []*supervisor // no longer wanted
	kicked  []*supervisor // unchanged and not running: worth another try
}

// swap is one plugin's change from an old to a new plan.
type swap struct {
	old *supervisor
	new plan
}

// Changes names the plugins that Apply did something to. The lists are sorted,
// and no name stands in two of them.
type Changes struct {
	// Started were not to run before; Replaced run in another process now;
	// Stopped do not run any more, or were forgotten.
	Started, Replaced, Stopped []string
}

// report says what c came to.
func (c change) report() Changes {
	var done Changes
	for _, p := range c.added {
		if p.runs() {
			done.Started = append(done.Started, p.name)
		}
	}
	for _, s := range slices.Concat(c.swapped, c.alone) {
		switch before, after := s.old.plan.runs(), s.new.runs(); {
		case before && after:
			done.Replaced = append(done.Replaced, s.new.name)
		case after:
			done.Started = append(done.Started, s.new.name)
		case before:
			done.Stopped = append(done.Stopped, s.new.name)
		}
	}
	for _, s := range c.removed {
		done.Stopped = append(done.Stopped, s.plan.name)
	}
	for _, names := range [][]string{done.Started, done.Replaced, done.Stopped} {
		slices.Sort(names)
	}
	return done
}
