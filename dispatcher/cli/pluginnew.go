package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/scaffold"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// pluginNewCommand writes the first files of a plugin; see package scaffold.
func (p Program) pluginNewCommand(c *console) *cobra.Command {
	var (
		o        scaffold.Options
		unlisted bool
	)
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a new plugin that builds and passes its own test",
		Long: "New writes a plugin: main.go, a handler for each command, a test with the body that Tencent\n" +
			"documents, a README and a Makefile, in a module of its own. Inside the repository of\n" +
			"Switchhook it becomes plugins/NAME of that module instead.\n\n" +
			"The module gets the SDK from --sdk, a checkout's folder or a version. Without it that is\n" +
			"the version of this switchhook, or, when it is no release, the checkout it was built from.",
		Example: "  switchhook plugin new friends --command Sns.CallbackFriendAdd\n" +
			"  switchhook plugin new friends --command Sns.CallbackPrevFriendAdd --sdk ../switchhook",
		Args:              one("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name, o.Release = args[0], p.Version.Version
			if err := checkListed(o.Commands, unlisted); err != nil {
				return usage(cmd, err)
			}
			plan, err := scaffold.NewPlan(o)
			if err != nil {
				return usage(cmd, err)
			}
			return c.newPlugin(cmd.Context(), plan)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Commands, "command", nil, "handle `COMMAND`; may be repeated")
	flags.StringVar(&o.Dir, "dir", "", "write to `DIR`, which has to be new or empty (default NAME, or plugins/NAME inside the repository)")
	flags.StringVar(&o.SDK, "sdk", "", "get the SDK from a checkout's folder or a published version, `PATH|VERSION`")
	flags.BoolVar(&unlisted, "unlisted", false, "take commands that switchhook does not know, too; their handlers get the body as it is")
	completeCommands(cmd)
	completePath(cmd, "dir", cobra.ShellCompDirectiveFilterDirs)
	completePath(cmd, "sdk", cobra.ShellCompDirectiveFilterDirs)
	return cmd
}

// checkListed finds commands that are none of Tencent's documented ones: most
// such names are misspelt.
func checkListed(commands []string, unlisted bool) error {
	for _, command := range commands {
		if _, listed := imevent.Spec(command); listed || unlisted {
			continue
		}
		if strings.Contains(command, ",") {
			return fmt.Errorf("--command %s: it takes one command; repeat --command for each", command)
		}
		return fmt.Errorf("%w (--unlisted takes it as it is)", unknownCallback(command))
	}
	return nil
}

// newPlugin writes the plugin and says what to do with it.
func (c *console) newPlugin(ctx context.Context, plan *scaffold.Plan) error {
	made, err := plan.Write(ctx, c.stderr)
	if err != nil {
		return err
	}
	return c.print(made, func(w io.Writer) error {
		var text strings.Builder
		for _, file := range made.Files {
			fmt.Fprintf(&text, "wrote %s\n", file)
		}
		if made.SDK != "" {
			fmt.Fprintf(&text, "module %s, with the SDK of %s\n", made.Module, made.SDK)
		}
		text.WriteString("\nNow type, the last one in another terminal:\n\n")
		for _, command := range made.Next {
			fmt.Fprintf(&text, "  %s\n", command)
		}
		_, err := io.WriteString(w, text.String())
		return err //nolint:wrapcheck // print wraps it for every table.
	})
}
