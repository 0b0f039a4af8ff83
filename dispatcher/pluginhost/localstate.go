package pluginhost

import (
	"errors"
	"fmt"

	"github.com/switchhook/switchhook/sdk/wire"
)

// elsewhere is plans where state on this machine is not wanted, for that reason.
func elsewhere(plans []plan, why string) []plan {
	for i := range plans {
		if !plans[i].allowLocal {
			plans[i].noLocal = why
		}
	}
	return plans
}

// misplaced is the refusal of a plugin for the place of its state. It has said what it
// claims all the same, and what it claims waits for it.
type misplaced struct {
	said wire.Description
	err  error
}

func (m *misplaced) Error() string { return m.err.Error() }
func (m *misplaced) Unwrap() error { return m.err }

// checkPlace refuses a plugin that keeps its state where it is not wanted.
func (p plan) checkPlace(said wire.Description) error {
	if p.noLocal == "" || said.State != wire.StateLocal {
		return nil
	}
	err := fmt.Errorf("it keeps its state on this machine, as it says itself, and %s: have it keep its state where its processes on all machines "+
		"find the same, or say plugins.%s.local_state: allow if each may know only what it was given itself", p.noLocal, p.name)
	return &startError{reason: exitStart, permanent: true, err: &misplaced{said: said, err: err}}
}

// hear takes note of what a plugin said of itself that was refused for the place of its
// state.
func (d *deployment) hear(err error) {
	m, ok := errors.AsType[*misplaced](err)
	if !ok {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.heard = &m.said
}
