package pluginhost

import (
	"slices"
)

// change is what is to become of the plugins, all of it or nothing.
type change struct {
	swaps   []swap
	removed []*deployment // no longer wanted
	kicked  []*deployment // unchanged: worth another try where they do not run
	// dropClaims allows a new program to claim less than the old one.
	dropClaims bool
	// unasked is a change that nobody asked for but a file: what it brings has to be
	// admitted.
	unasked bool
}

// swap is one plugin's change from an old deployment to a new one. There is no old
// one where the plugin is new.
type swap struct{ old, new *deployment }

// alone reports whether the old processes have to end before the new ones begin. Old
// ones that are not ready count too: they may be just starting again, or dying.
func (s swap) alone() bool {
	return s.old != nil && s.new.plan.runs() && s.old.plan.runs() && s.old.solitary()
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
	for _, s := range c.swaps {
		name, before, after := s.new.plan.name, s.old != nil && s.old.plan.runs(), s.new.plan.runs()
		switch {
		case before && after:
			done.Replaced = append(done.Replaced, name)
		case after:
			done.Started = append(done.Started, name)
		case before:
			done.Stopped = append(done.Stopped, name)
		}
	}
	for _, d := range c.removed {
		done.Stopped = append(done.Stopped, d.plan.name)
	}
	for _, names := range [][]string{done.Started, done.Replaced, done.Stopped} {
		slices.Sort(names)
	}
	return done
}
