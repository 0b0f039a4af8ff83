package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// checkEnd returns an error where there is nothing to end.
func (a *App) checkEnd(o admin.BypassOrder) error {
	all := a.bypasses.inForce(time.Now())
	if len(all) == 0 {
		return errors.New("no bypass is in force")
	}
	names := make([]string, len(all))
	for i, b := range all {
		if b.Command == o.Command && (o.App == "" || b.App == o.App) {
			return nil
		}
		names[i] = b.Command + " of " + appOf(b)
	}
	return fmt.Errorf("no such bypass is in force; there is one for %s", strings.Join(names, ", "))
}

// checkBypass returns an error unless a plugin decides the command.
func (a *App) checkBypass(o admin.BypassOrder) error {
	if err := a.checkScope(o); err != nil {
		return err
	}
	var decided []string
	for _, r := range a.dispatcher.Table().Routes() {
		switch {
		case o.App != "" && r.App != o.App:
		case r.Before && covers(r.Command, o.Command):
			return nil
		case r.Before:
			decided = append(decided, r.Command)
		case r.Command == o.Command && !strings.HasSuffix(o.Command, ".*"):
			return undecided(o.Command, r.Handlers)
		}
	}
	if contract, listed := imevent.Spec(o.Command); listed && contract.Phase != imevent.Before {
		return undecided(o.Command, nil)
	}
	return fmt.Errorf("no plugin decides %s, so there is nothing to bypass; %s", o.Command, nearest(o.Command, decided))
}

// checkScope returns an error unless the order is about something that may be.
func (a *App) checkScope(o admin.BypassOrder) error {
	if !a.life.ready() {
		return errComing // what is decided is not known yet
	}
	apps := a.current().Apps
	if _, known := apps[o.App]; o.App != "" && !known {
		return fmt.Errorf("no app %s is configured; there are %s", o.App, strings.Join(slices.Sorted(maps.Keys(apps)), ", "))
	}
	if strings.Contains(strings.TrimSuffix(o.Command, ".*"), "*") {
		return fmt.Errorf("%q is neither a command nor a family such as Group.*", o.Command)
	}
	return nil
}

// covers reports whether a route is one that a bypass is for: of a command itself, of
// one of its family, or of the pattern that decides a command which nothing names
// exactly.
func covers(route, bypassed string) bool {
	if route == bypassed {
		return true
	}
	if family, ok := strings.CutSuffix(bypassed, "*"); ok {
		return strings.HasPrefix(route, family)
	}
	_, listed := imevent.Spec(bypassed)
	return !listed && imevent.PhaseOf(bypassed) == imevent.Before && (sdk.Claim{Pattern: route}).Matches(bypassed)
}

// undecided says what to do about an event, which cannot be bypassed.
func undecided(command string, handlers []string) error {
	instead := "and no plugin handles it"
	if len(handlers) > 0 {
		instead = "so disable the plugin instead: switchhook plugin disable " + strings.Join(handlers, "|")
	}
	return fmt.Errorf("nothing is decided at %s: it is an event, of which Tencent awaits no verdict, %s", command, instead)
}

// nearest says what plugins decide: of the command's own family where there is any.
func nearest(command string, decided []string) string {
	const most = 5
	slices.Sort(decided)
	decided = slices.Compact(decided)
	family, _, _ := strings.Cut(command, ".")
	near := slices.DeleteFunc(slices.Clone(decided), func(c string) bool { return !strings.HasPrefix(c, family+".") })
	if len(near) == 0 {
		near = decided
	}
	switch {
	case len(near) == 0:
		return "plugins decide nothing here"
	case len(near) > most:
		return fmt.Sprintf("plugins decide %s and %d more: see switchhook route ls", strings.Join(near[:most], ", "), len(near)-most)
	default:
		return "plugins decide " + strings.Join(near, ", ")
	}
}
