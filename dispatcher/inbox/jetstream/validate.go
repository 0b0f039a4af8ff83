package jetstream

import (
	"fmt"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// validate refuses what a view could not apply. Once it were in the log, no gateway could
// go on.
func validate(b *store.Batch) error {
	for i := range b.Appends {
		if a := &b.Appends[i]; len(a.Plugins) == 0 {
			return fmt.Errorf("event %s is for no plugin", a.Event.ID)
		}
	}
	for i := range b.Results {
		r := &b.Results[i]
		if r.State == store.Ready || int(r.State) >= len(logStates()) || int(r.Reason) >= len(logReasons()) {
			return fmt.Errorf("no attempt at event %d ends as %s (%s)", r.Seq, r.State, r.Reason)
		}
	}
	for i := range b.Requeues {
		if r := &b.Requeues[i]; int(r.Purpose) >= len(logPurposes()) {
			return fmt.Errorf("event %d cannot be requeued for purpose %d", r.Seq, r.Purpose)
		}
	}
	return nil
}

// plugins are those that get a new copy by b, each once.
func plugins(b *store.Batch) []string {
	var all []string
	seen := map[string]struct{}{}
	add := func(plugin string) {
		if _, ok := seen[plugin]; !ok {
			seen[plugin] = struct{}{}
			all = append(all, plugin)
		}
	}
	for i := range b.Appends {
		for _, plugin := range b.Appends[i].Plugins {
			add(plugin)
		}
	}
	return all
}
