package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// filterFlags choose copies of the inbox.
type filterFlags struct {
	filter admin.InboxFilter
	states []string
}

// register adds the flags; states are those that may be chosen, none where the
// command has chosen itself.
func (f *filterFlags) register(cmd *cobra.Command, c *console, states []string) {
	flags := cmd.Flags()
	flags.StringVar(&f.filter.App, "app", "", "only of the app with this `SDKAPPID`")
	flags.StringVar(&f.filter.Command, "command", "", "only of this `COMMAND`, or of those that begin so: 'Sns.*', 'Sns.CallbackBlackList*'")
	flags.StringVar(&f.filter.Plugin, "plugin", "", "only copies of the plugin `NAME`")
	flags.StringVar(&f.filter.Key, "key", "", "only of events with this `KEY`")
	flags.Var(point{&f.filter.Since}, "since", "only what was received from `TIME` on: 2026-01-02T15:04:05Z, 2026-01-02, or 2h or 3d ago")
	flags.Var(point{&f.filter.Until}, "until", "only what was received before `TIME`")
	completeApps(cmd, c)
	completeCommands(cmd)
	offer(cmd, "plugin", c.completeInboxPlugins)
	completeFlag(cmd, "since", "10m", "2h", "1d")
	completeFlag(cmd, "until", "10m", "2h", "1d")
	if len(states) > 0 {
		flags.StringSliceVar(&f.states, "status", nil, "only copies in these `STATES`: "+strings.Join(states, ", "))
		completeFlag(cmd, "status", states...)
	}
	if len(states) == 0 || slices.Contains(states, "dead") {
		flags.StringVar(&f.filter.Reason, "reason", "", "only dead letters that are so for this `REASON`, such as poison")
		completeFlag(cmd, "reason", admin.InboxReasons()...)
	}
}

// registerID adds the flag --id, for commands that take no ids as arguments.
func (f *filterFlags) registerID(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.filter.ID, "id", "", "only the event with this `ID`")
}

// read returns the filter, once it is a possible one.
func (f *filterFlags) read(cmd *cobra.Command) (admin.InboxFilter, error) {
	filter := f.filter
	filter.States = f.states
	if err := filter.Check(); err != nil {
		return filter, usage(cmd, err)
	}
	return filter, nil
}

// guess says which command may have been meant, where a filter chose nothing.
func guess(f admin.InboxFilter) string {
	if _, listed := imevent.Spec(f.Command); f.Command == "" || listed || strings.HasSuffix(f.Command, "*") {
		return ""
	}
	if near := nearCommands(f.Command); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return ""
}

// point is a flag for a point in time.
type point struct{ at *time.Time }

// String returns nothing: the flags have no default.
func (point) String() string { return "" }

// Type names the value in usage texts.
func (point) Type() string { return "TIME" }

// Set reads a time, a date, or how long ago.
func (p point) Set(text string) error {
	at, err := parsePoint(text, time.Now())
	if err != nil {
		return err
	}
	*p.at = at
	return nil
}

// parsePoint reads a point in time. What names no zone is in that of this machine.
func parsePoint(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	for _, layout := range []string{time.DateOnly, time.DateTime, "2006-01-02 15:04", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	if days, whole := strings.CutSuffix(text, "d"); whole {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			return now.AddDate(0, 0, -int(n)), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, fmt.Errorf("%q is no point in time: write 2026-01-02T15:04:05Z, 2026-01-02, or 2h or 3d for so long ago", text)
}
