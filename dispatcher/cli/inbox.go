package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func (p Program) inboxCommand(c *console) *cobra.Command {
	cmd := group("inbox", "Look at what waits for its plugins, and act on it")
	cmd.AddCommand(
		inboxStatusCommand(c),
		inboxEventsCommand(c),
		inboxDeadCommand(c),
		inboxReplayCommand(c),
		inboxSubscriptionsCommand(c),
		inboxBackupCommand(c),
		inboxCheckCommand(c),
		p.inboxMoveCommand(c),
	)
	return cmd
}

// size is a number of bytes as a person reads it.
func size(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/step, 0
	for ; value >= step && unit < len("KMGTP")-1; unit++ {
		value /= step
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTP"[unit])
}

// completeInboxPlugins offers the plugins of the running gateway, and those that are
// gone and still have copies.
func (c *console) completeInboxPlugins(cmd *cobra.Command, _ []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return startingWith(start, c.inboxPlugins(cmd.Context())), noFiles
}

func (c *console) inboxPlugins(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	var names []string
	if plugins, err := c.plugins(ctx); err == nil {
		names = pluginNames(plugins)
	}
	status, err := c.inboxStatus(ctx)
	if err == nil {
		for _, line := range status.Lines {
			names = append(names, line.Plugin)
		}
		for _, s := range status.Subscriptions {
			names = append(names, s.Plugin)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (c *console) inboxStatus(ctx context.Context) (status admin.InboxStatus, err error) {
	err = c.ask(func(client *admin.Client) error {
		status, err = client.Inbox(ctx)
		return err
	})
	return status, err
}
