package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk"
)

func inboxSubscriptionsCommand(c *console) *cobra.Command {
	cmd := group("subscriptions", "Look at who gets which events, and change it")
	list := &cobra.Command{
		Use:   "ls",
		Short: "List which plugin gets which events, since when, and what waits for it",
		Long: "List the subscriptions: which plugin gets which events, since when, and how many copies wait or\n" +
			"are dead. One is made when a plugin claims an event, or a route names it, and lasts until it is\n" +
			"removed: a plugin that is gone keeps its copies. `switchhook inbox subscriptions` alone does the\n" +
			"same.",
		Example:           "  switchhook inbox subscriptions ls",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return c.listSubscriptions(cmd.Context()) },
	}
	cmd.AddCommand(list, subscriptionMoveCommand(c), subscriptionRemoveCommand(c), subscriptionBackfillCommand(c))
	insisted := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return insisted(cmd, args)
		}
		return c.listSubscriptions(cmd.Context())
	}
	return cmd
}

func (c *console) listSubscriptions(ctx context.Context) error {
	status, err := c.inboxStatus(ctx)
	if err != nil {
		return err
	}
	type list struct {
		Subscriptions []admin.InboxSubscription `json:"subscriptions"`
	}
	return c.print(list{status.Subscriptions}, func(w io.Writer) error {
		if len(status.Subscriptions) == 0 {
			_, err := fmt.Fprintln(w, "no subscriptions: no plugin has claimed an event yet")
			return err //nolint:wrapcheck // print wraps it for every table.
		}
		return subscriptionTable(w, status.Subscriptions)
	})
}

func subscriptionTable(w io.Writer, all []admin.InboxSubscription) error {
	rows, reasons := make([][]string, len(all)), atLength{}
	for i, s := range all {
		rows[i] = []string{s.Plugin, s.Pattern, stamp(s.Since), number(s.Waiting), number(s.Dead), inShort(s.Why)}
		reasons.add(s.Plugin, s.Why)
	}
	if err := printTable(w, []string{"PLUGIN", "PATTERN", "SINCE", "WAITING", "DEAD", "WHY NOT"}, rows); err != nil || len(reasons.said) == 0 {
		return err
	}
	_, err := io.WriteString(w, "\n"+reasons.text.String())
	return err //nolint:wrapcheck // print wraps it for every table.
}

func subscriptionMoveCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "move OLD NEW",
		Short: "Give everything of one plugin to another name",
		Long: "Give the subscriptions and the copies of one plugin to another name: after a plugin was renamed,\n" +
			"or when another one takes its work over. Of an event that both have a copy of, the one of NEW\n" +
			"stays. Where OLD has nothing the exit code is 3.",
		Example: "  switchhook inbox subscriptions move blacklist blocks",
		Args:    two("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			order := admin.InboxMoveOrder{From: args[0], To: args[1]}
			if err := order.Check(); err != nil {
				return usage(cmd, err)
			}
			moved := "moved from " + order.From + " to " + order.To
			return c.changeSubscriptions(func(client *admin.Client) (admin.InboxChangeReport, error) {
				return client.InboxMove(cmd.Context(), order)
			}, moved, moved)
		},
	}
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 1 {
			return nil, noFiles
		}
		return c.completeInboxPlugins(cmd, args, start)
	}
	return cmd
}

func subscriptionRemoveCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "remove PLUGIN PATTERN",
		Short: "End a subscription; what waits becomes dead letters",
		Long: "End a subscription, of a plugin that does not come back. Its copies that wait, and that no other\n" +
			"subscription of the plugin covers, become dead letters (unsubscribed), which `inbox dead drop` lets\n" +
			"go of. A plugin that still claims the pattern is subscribed again. Where there is no such\n" +
			"subscription the exit code is 3.",
		Example:           "  switchhook inbox subscriptions remove blacklist 'Sns.*'",
		Args:              two("PLUGIN", "PATTERN"),
		ValidArgsFunction: c.completeSubscription,
		RunE: func(cmd *cobra.Command, args []string) error {
			order := admin.InboxSubscriptionOrder{Plugin: args[0], Pattern: args[1]}
			ended := "; the subscription of " + order.Plugin + " to " + order.Pattern + " has ended"
			err := c.changeSubscriptions(func(client *admin.Client) (admin.InboxChangeReport, error) {
				return client.InboxUnsubscribe(cmd.Context(), order)
			}, "became dead letters"+ended, "became a dead letter"+ended)
			if err != nil {
				return err
			}
			return c.noteStillWanted(cmd.Context(), order)
		},
	}
}

func subscriptionBackfillCommand(c *console) *cobra.Command {
	var since time.Time
	cmd := &cobra.Command{
		Use:   "backfill PLUGIN PATTERN",
		Short: "Give a plugin earlier events, those that it has no copy of",
		Long: "Give a plugin the kept events of a pattern that it has no copy of, received from --since on. They\n" +
			"are delivered like any other. No event is older than the retention.",
		Example:           "  switchhook inbox subscriptions backfill archive 'Sns.*' --since 2d",
		Args:              two("PLUGIN", "PATTERN"),
		ValidArgsFunction: c.completeSubscription,
		RunE: func(cmd *cobra.Command, args []string) error {
			if since.IsZero() {
				return usage(cmd, errors.New("--since is missing: say from when on, such as --since 2d"))
			}
			order := admin.InboxSubscriptionOrder{Plugin: args[0], Pattern: args[1], Since: since}
			bar := c.begin("copying")
			defer bar.end()
			return c.changeSubscriptions(func(client *admin.Client) (admin.InboxChangeReport, error) {
				report, err := client.InboxBackfill(cmd.Context(), order, func(w admin.InboxWork) { bar.to(w.Done, w.Total) })
				bar.end()
				return report, err
			}, "made for "+order.Plugin, "made for "+order.Plugin)
		},
	}
	cmd.Flags().Var(point{&since}, "since", "take events received from `TIME` on: 2026-01-02T15:04:05Z, 2026-01-02, or 2h or 3d ago")
	completeFlag(cmd, "since", "2h", "1d", "7d")
	return cmd
}

// noteStillWanted says that a subscription that has ended is made again at once, since
// events are still routed to the plugin.
func (c *console) noteStillWanted(ctx context.Context, o admin.InboxSubscriptionOrder) error {
	routes, err := c.routes(ctx)
	if err != nil {
		return err
	}
	pattern := sdk.Claim{Pattern: o.Pattern}
	for _, r := range routes {
		if r.Mode != durable || !pattern.Matches(r.Command) || !slices.Contains(r.Handlers, o.Plugin) {
			continue
		}
		_, err := fmt.Fprintf(c.stderr, "%s is subscribed again from now on, since %s is still routed to it: `switchhook route ls` says by whom, and `switchhook plugin ls` how the claims of one that is gone are forgotten\n",
			o.Plugin, r.Command)
		if err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		return nil
	}
	return nil
}

// changeSubscriptions makes a change and says how many copies it was of.
func (c *console) changeSubscriptions(change func(*admin.Client) (admin.InboxChangeReport, error), many, single string) error {
	var report admin.InboxChangeReport
	err := c.ask(func(client *admin.Client) (err error) {
		report, err = change(client)
		return err
	})
	switch {
	case errors.Is(err, admin.ErrNotFound):
		return nothing(err)
	case err != nil:
		return err
	}
	return c.print(report, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n", copiesOf(report.Copies, many, single))
		return err //nolint:wrapcheck // print wraps it for every table.
	})
}

// two is what a command takes that works on two things.
func two(first, second string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 || args[0] == "" || args[1] == "" {
			return fmt.Errorf("%s and %s are wanted: type %s %s %s", first, second, cmd.CommandPath(), first, second)
		}
		return nil
	}
}

// completeSubscription offers plugins, and then the patterns of that plugin.
func (c *console) completeSubscription(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return c.completeInboxPlugins(cmd, args, start)
	case 1:
	default:
		return nil, noFiles
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	status, err := c.inboxStatus(ctx)
	if err != nil {
		return nil, noFiles
	}
	var offers []cobra.Completion
	for _, s := range status.Subscriptions {
		if s.Plugin == args[0] {
			offers = append(offers, s.Pattern)
		}
	}
	return startingWith(start, offers), noFiles
}
