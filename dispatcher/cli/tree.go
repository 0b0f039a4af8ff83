package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// group is a command that only holds others. Without one of them, or with an
// unknown one, the line is bad usage.
func group(use, short string) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short}
	insist(cmd)
	return cmd
}

// insist makes a command that only holds others complain without one of them.
func insist(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		cmd.SetOut(cmd.ErrOrStderr())
		if err := cmd.Help(); err != nil {
			return fmt.Errorf("print help: %w", err)
		}
		return reported(usage(cmd, errors.New("a command is missing")))
	}
}

// helpCommand is cobra's, but for an unknown command it does not pretend that
// all is well.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Explain a command",
		ValidArgsFunction: func(_ *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return nil, noFiles
			}
			var offers []cobra.Completion
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					offers = append(offers, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return startingWith(start, offers), noFiles
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil {
				return usage(root, err)
			}
			if len(rest) > 0 {
				return unknownCommand(cmd, rest[0])
			}
			cmd.InitDefaultHelpFlag()
			if err := cmd.Help(); err != nil {
				return fmt.Errorf("print help: %w", err)
			}
			return nil
		},
	}
}

// unknownCommand says what was meant, as far as that can be guessed.
func unknownCommand(cmd *cobra.Command, name string) error {
	message := fmt.Sprintf("unknown command %q for %q", name, cmd.CommandPath())
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		message += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(cmd, errors.New(message))
}

// usageErrors makes every complaint about arguments one about usage, in the
// whole tree below cmd.
func usageErrors(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usage(cmd, err)
			}
			return nil
		}
	}
	if cmd.RunE == nil && cmd.HasSubCommands() { // cobra's own completion
		insist(cmd)
	}
	for _, sub := range cmd.Commands() {
		usageErrors(sub)
	}
}
