package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func inboxDeadCommand(c *console) *cobra.Command {
	cmd := group("dead", "Look at dead letters, have them delivered again, or let go of them")
	cmd.AddCommand(inboxListCommand(c, true), inboxShowCommand(c, true), deadReplayCommand(c), deadDropCommand(c))
	return cmd
}

func deadReplayCommand(c *console) *cobra.Command {
	f, r, all := &filterFlags{}, &replaying{}, false
	cmd := &cobra.Command{
		Use:   "replay [ID]...",
		Short: "Have dead letters delivered again",
		Long: "Have dead letters delivered again: those of the events named by ID, or those that the filter\n" +
			"chooses, or, with --yes, all of them. They keep their id, their key and the time they were received.\n\n" +
			"By default they go out as replays, and only to plugins that know replays; what is left out is\n" +
			"named. --as live gives them to any plugin, as if it had never seen them: right where it has not\n" +
			"handled them, and twice the work where it has and said otherwise.\n\n" +
			"Where nothing matches, the exit code is 3.",
		Example: "  switchhook inbox dead replay --plugin blacklist --as live\n" +
			"  switchhook inbox dead replay 0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, ids []string) error {
			filter, err := chosenDead(cmd, f, ids, all)
			if err != nil {
				return err
			}
			order, err := r.order(cmd, filter)
			if err != nil {
				return err
			}
			return c.replay(cmd.Context(), order, ids)
		},
	}
	f.register(cmd, c, nil)
	r.register(cmd)
	cmd.Flags().BoolVar(&all, "yes", false, "all dead letters are meant")
	return cmd
}

// chosenDead is the filter of a command that works on dead letters, once something
// names them.
func chosenDead(cmd *cobra.Command, f *filterFlags, ids []string, all bool) (admin.InboxFilter, error) {
	filter, err := f.read(cmd)
	if err != nil {
		return filter, err
	}
	if slices.Contains(ids, "") { // an unset variable of a script
		return filter, usage(cmd, errors.New("an ID is empty"))
	}
	if filter.Everything() && len(ids) == 0 && !all {
		return filter, usage(cmd, errors.New("which dead letters? Name them by ID, or choose some with a filter such as --plugin, or give --yes for all of them"))
	}
	filter.States = []string{"dead"}
	return filter, nil
}

func deadDropCommand(c *console) *cobra.Command {
	f, all := &filterFlags{}, false
	cmd := &cobra.Command{
		Use:   "drop [ID]...",
		Short: "Let go of dead letters, for good",
		Long: "Let go of dead letters, for good: those of the events named by ID, or those that the filter\n" +
			"chooses, or, with --yes, all of them. Retention never takes a dead letter; this does. Where\n" +
			"nothing matches, the exit code is 3.",
		Example: "  switchhook inbox dead drop --plugin blacklist --reason poison\n" +
			"  switchhook inbox dead drop 0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a",
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, ids []string) error {
			filter, err := chosenDead(cmd, f, ids, all)
			if err != nil {
				return err
			}
			return c.drop(cmd.Context(), admin.InboxDropOrder{Filter: filter, All: all}, ids)
		},
	}
	f.register(cmd, c, nil)
	cmd.Flags().BoolVar(&all, "yes", false, "all dead letters are meant")
	return cmd
}

// drop lets go of what the filter chooses, of each of the events where some are named.
func (c *console) drop(ctx context.Context, order admin.InboxDropOrder, ids []string) error {
	var sum admin.InboxDropReport
	bar := c.begin("dropping")
	err := c.ask(func(client *admin.Client) error {
		for _, id := range eachOr(ids, order.Filter.ID) {
			order.Filter.ID = id
			before := sum.Dropped
			report, err := client.InboxDrop(ctx, order, func(w admin.InboxWork) { bar.to(before+w.Done, w.Total) })
			if err != nil {
				return err
			}
			sum.Dropped += report.Dropped
		}
		return nil
	})
	bar.end()
	if err != nil {
		return soFar(err, "dropped", sum.Dropped)
	}
	if err := c.print(sum, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s dropped\n", letters(sum.Dropped))
		return err //nolint:wrapcheck // print wraps it for every table.
	}); err != nil {
		return err
	}
	if sum.Dropped == 0 {
		return nothing(errors.New("no dead letter matches" + guess(order.Filter)))
	}
	return nil
}

// eachOr returns the ids, or the one that stands for no id in particular.
func eachOr(ids []string, only string) []string {
	if len(ids) == 0 {
		return []string{only}
	}
	return ids
}

// soFar adds to an error what was done before it.
func soFar(err error, what string, n int64) error {
	if n == 0 {
		return err
	}
	return fmt.Errorf("%w (%d %s before that)", err, n, what)
}

func letters(n int64) string {
	if n == 1 {
		return "1 dead letter"
	}
	return fmt.Sprintf("%d dead letters", n)
}
