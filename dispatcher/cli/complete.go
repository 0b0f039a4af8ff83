package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/sdk/imevent"
)

// completionPatience bounds what a completion asks of a running gateway: the
// user's prompt waits for it.
const completionPatience = time.Second

// noFiles is the directive of every completion here: none is about files.
const noFiles = cobra.ShellCompDirectiveNoFileComp

// completeFlag offers fixed values for a flag of cmd.
func completeFlag(cmd *cobra.Command, flag string, values ...string) {
	offer(cmd, flag, func(_ *cobra.Command, _ []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return startingWith(start, values), noFiles
	})
}

// completeCommand offers Tencent's commands as the first argument.
func completeCommand(_ *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return startingWith(start, commandCompletions()), noFiles
}

// completeCommands offers Tencent's commands for the flag --command of cmd.
func completeCommands(cmd *cobra.Command) {
	offer(cmd, "command", func(_ *cobra.Command, _ []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return startingWith(start, commandCompletions()), noFiles
	})
}

// startingWith leaves what the user has begun to type: not every shell sees to
// that itself.
func startingWith(start string, offers []cobra.Completion) []cobra.Completion {
	var fit []cobra.Completion
	for _, offer := range offers {
		if strings.HasPrefix(offer, start) {
			fit = append(fit, offer)
		}
	}
	return fit
}

func commandCompletions() []cobra.Completion {
	specs := imevent.Specs()
	offers := make([]cobra.Completion, len(specs))
	for i, spec := range specs {
		offers[i] = cobra.CompletionWithDesc(spec.Command, spec.Title)
	}
	return offers
}

// completeApps offers the running gateway's apps for the flag --app of cmd. A
// gateway that cannot be asked offers nothing, silently: a prompt is no place
// for complaints.
func completeApps(cmd *cobra.Command, c *console) {
	offer(cmd, "app", func(cmd *cobra.Command, _ []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
		defer cancel()
		status, err := c.status(ctx)
		if err != nil {
			return nil, noFiles
		}
		offers := make([]cobra.Completion, len(status.Apps))
		for i, app := range status.Apps {
			offers[i] = cobra.CompletionWithDesc(app.ID, app.Name)
		}
		return startingWith(start, offers), noFiles
	})
}

// completePlugins offers the running gateway's plugins that are not named yet.
func (c *console) completePlugins(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	plugins, err := c.plugins(ctx)
	if err != nil {
		return nil, noFiles
	}
	var offers []cobra.Completion
	for _, p := range plugins {
		if !slices.Contains(args, p.Name) {
			offers = append(offers, cobra.CompletionWithDesc(p.Name, p.State))
		}
	}
	return startingWith(start, offers), noFiles
}

// offer binds a completion to a flag. That fails for a flag that does not exist
// alone, which is a mistake in this package.
func offer(cmd *cobra.Command, flag string, complete cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err)
	}
}

// completePath lets the shell complete files or folders for a flag of cmd.
func completePath(cmd *cobra.Command, flag string, directive cobra.ShellCompDirective) {
	offer(cmd, flag, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, directive
	})
}
