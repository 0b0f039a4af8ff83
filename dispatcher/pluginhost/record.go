package pluginhost

import (
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/sdk/wire"
)

// record is what is kept of a plugin between runs of the gateway. The fields of the
// first release stand first; a record of that time lacks the others.
type record struct {
	// Description is what the program that serves said of itself; Path is the file
	// that it came from and SHA256 its hash, empty where none ever served.
	Description wire.Description `json:"description"`
	Path        string           `json:"path"`
	SHA256      string           `json:"sha256"`
	SavedAt     time.Time        `json:"saved_at"`
	// Configured is the path that the configuration, or the plugin directory, named
	// then; Path is another one after a reload with a path of its own.
	Configured string `json:"configured,omitempty"`
	// InPlace is true for a program of which no copy is kept.
	InPlace bool `json:"in_place,omitempty"`
	// Previous is what served before, for a rollback.
	Previous *former `json:"previous,omitempty"`
	// PassedOver are programs that are not taken up from a file again.
	PassedOver []passedOver `json:"passed_over,omitempty"`
	// DisabledSince is when an operator disabled the plugin; zero where it may run.
	DisabledSince time.Time `json:"disabled_since,omitzero"`
}

// former is a program that served once, and of which a copy is kept.
type former struct {
	Path    string `json:"path"`
	SHA256  string `json:"sha256"`
	Version string `json:"version"`
}

// passedOver is a program that was given up, and why: "it was rolled back".
type passedOver struct {
	SHA256 string    `json:"sha256"`
	Why    string    `json:"why"`
	Since  time.Time `json:"since"`
}

// maxPassedOver is how many programs of a plugin are remembered as passed over.
const maxPassedOver = 8

// served reports whether a program of the plugin ever came up.
func (r record) served() bool { return r.SHA256 != "" }

// serve says that prog serves now, and what it says of itself. What served until
// then becomes the previous one.
func (r *record) serve(p plan, prog program, d wire.Description, now time.Time) {
	if r.SHA256 != prog.sha256 {
		r.Previous = nil
		if r.served() && !r.InPlace {
			r.Previous = &former{Path: r.Path, SHA256: r.SHA256, Version: r.Description.Version}
		}
	}
	r.Description, r.SavedAt = d, now
	r.Path, r.SHA256, r.InPlace = prog.path, prog.sha256, prog.inPlace
	r.Configured = p.named()
	r.PassedOver = slices.DeleteFunc(r.PassedOver, func(o passedOver) bool { return o.SHA256 == prog.sha256 })
}

// passOver says that the program with that hash is not to be taken up again, and
// forgets the oldest of too many.
func (r *record) passOver(sum, why string, now time.Time) {
	r.PassedOver = slices.DeleteFunc(r.PassedOver, func(o passedOver) bool { return o.SHA256 == sum })
	r.PassedOver = append(r.PassedOver, passedOver{SHA256: sum, Why: why, Since: now})
	r.PassedOver = slices.Delete(r.PassedOver, 0, max(0, len(r.PassedOver)-maxPassedOver))
}

// accept forgets what was rolled back.
func (r *record) accept() {
	r.PassedOver = slices.DeleteFunc(r.PassedOver, func(o passedOver) bool { return o.Why == whyRolledBack })
}

// passed returns why the program with that hash is passed over.
func (r record) passed(sum string) (passedOver, bool) {
	i := slices.IndexFunc(r.PassedOver, func(o passedOver) bool { return o.SHA256 == sum })
	if i < 0 {
		return passedOver{}, false
	}
	return r.PassedOver[i], true
}

// Why a program is passed over.
const (
	whyRolledBack = "it was rolled back"
	whyRefused    = "it was refused"
	whyNoStart    = "it did not come up when the gateway started"
)

// rolledBack reports whether what served before was rolled back from.
func (r record) rolledBack() bool {
	if r.Previous == nil {
		return false
	}
	given, ok := r.passed(r.Previous.SHA256)
	return ok && given.Why == whyRolledBack
}

// kept are the hashes of the programs of which copies are worth keeping.
func (r record) kept() []string {
	kept := []string{r.SHA256}
	if r.Previous != nil {
		kept = append(kept, r.Previous.SHA256)
	}
	return kept
}

// serves records what serves the plugin now, and removes the copies of what is
// neither that nor the previous one.
func (s store) serves(p plan, prog program, d wire.Description) error {
	var kept []string
	err := s.update(p.name, func(r *record) {
		r.serve(p, prog, d, time.Now())
		kept = r.kept()
	})
	if err != nil {
		return err
	}
	if err := s.prune(p.name, kept...); err != nil {
		return fmt.Errorf("remove old programs: %w", err)
	}
	return nil
}
