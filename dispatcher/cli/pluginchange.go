package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// pluginChangeCommands are those that change a plugin of the running gateway.
func pluginChangeCommands(c *console) []*cobra.Command {
	reload := changeCommand(admin.ActionReload, "Exchange a plugin's processes for new ones of its program as it is now",
		"Reload starts the plugin's program as its file is now, or another one of the plugin\n"+
			"directory, gives it the callbacks when it is ready, and then ends the old processes; no\n"+
			"callback is lost. Where the new program does not come up, or claims less than the old one,\n"+
			"the old one stays, the command says why, and its exit code is 1.")
	reload.Example = "  switchhook plugin reload blacklist\n  switchhook plugin reload blacklist --path bin/plugins/blacklist-2"
	var path string
	var dropClaims bool
	reload.Flags().StringVar(&path, "path", "", "the new program, a `FILE` in the plugin directory")
	reload.Flags().BoolVar(&dropClaims, "drop-claims", false, "the new program may claim less than the old one")
	completePath(reload, "path", cobra.ShellCompDirectiveDefault)
	changes := []*cobra.Command{
		reload,
		changeCommand(admin.ActionRestart, "Exchange a plugin's processes for new ones of the same program",
			"Restart exchanges the processes for new ones of the very program that runs, whatever lies in\n"+
				"its file now; no callback is lost. A plugin that waits for its next start, or has been given\n"+
				"up, is started at once."),
		changeCommand(admin.ActionDisable, "Drain and stop a plugin until it is enabled again",
			"Disable lets the plugin finish what it has and stops it, over restarts of the gateway too.\n"+
				"Its commands stay its own: a decision is taken by its policy, on_failure or what Tencent\n"+
				"does by itself, and an event is kept for it until it is enabled; one whose route says mode: sync\n"+
				"is answered as not handled."),
		changeCommand(admin.ActionEnable, "End a disable",
			"Enable starts a plugin that was disabled. Where it does not come up, the command says why, the\n"+
				"exit code is 1, and the gateway goes on trying."),
		changeCommand(admin.ActionRollback, "Go back to the program that served before",
			"Rollback is a reload with the program that served before the present one. The file that is\n"+
				"passed over is not taken up again until it changes."),
	}
	for i, cmd := range changes {
		action := admin.Actions()[i]
		cmd.ValidArgsFunction = c.completePlugin
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			order := admin.PluginOrder{Action: action, Name: args[0]}
			if action == admin.ActionReload {
				full, err := newProgram(cmd, path)
				if err != nil {
					return err
				}
				order.Path, order.DropClaims = full, dropClaims
			}
			return c.changePlugin(cmd.Context(), order)
		}
	}
	return changes
}

// newProgram is what --path names, where it was given, for a gateway that has a
// working directory of its own.
func newProgram(cmd *cobra.Command, path string) (string, error) {
	switch {
	case !cmd.Flags().Changed("path"):
		return "", nil
	case path == "": // an unset variable of a script
		return "", usage(cmd, errors.New("--path is empty: name the FILE of the new program, or leave --path out"))
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("resolve --path: %w", err)
	}
	return full, nil
}

func changeCommand(action admin.Action, short, long string) *cobra.Command {
	return &cobra.Command{
		Use: string(action) + " NAME", Short: short, Long: long, Args: named("NAME"),
		Example: "  switchhook plugin " + string(action) + " blacklist",
	}
}

// named is what a command takes that works on one thing, and refuses the empty name
// that an unset variable of a script makes.
func named(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 && args[0] == "" {
			args = nil
		}
		return one(what)(cmd, args)
	}
}

// completePlugin offers the running gateway's plugins as the only argument.
func (c *console) completePlugin(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, noFiles
	}
	return c.completePlugins(cmd, args, start)
}

// changePlugin asks the running gateway for a change, and says what came of it.
func (c *console) changePlugin(ctx context.Context, order admin.PluginOrder) error {
	var swap admin.Swap
	err := c.ask(func(client *admin.Client) (err error) {
		swap, err = client.ChangePlugin(ctx, order)
		return err
	})
	if err != nil {
		return err
	}
	return c.print(swap, func(w io.Writer) error {
		_, err := io.WriteString(w, swapText(swap))
		return err //nolint:wrapcheck // print wraps it for every table.
	})
}

// swapText says what a change came to, a fact a line.
func swapText(s admin.Swap) string {
	if s.Warning == "" {
		return changeText(s)
	}
	return changeText(s) + "WARNING " + s.Warning + "\n"
}

func changeText(s admin.Swap) string {
	if s.Action == admin.ActionDisable {
		return fmt.Sprintf("%s is %s: its decisions are taken by their policy, its events wait in the inbox, and those of mode sync fail\nswitchhook plugin enable %s ends it\n", s.Name, s.State, s.Name)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s is %s, in %s; %s\n", s.Name, s.State, processes(s.Replicas), span(s))
	if s.SHA256 != "" {
		fmt.Fprintf(&text, "program %s sha256 %s%s\n", s.Path, shortHash(s.SHA256), versionOf(s.Version))
	}
	switch s.Before {
	case "":
	case s.SHA256:
		text.WriteString("it is the program that served before\n")
	default:
		fmt.Fprintf(&text, "before it was sha256 %s%s\n", shortHash(s.Before), undo(s))
	}
	for _, pattern := range s.Added {
		fmt.Fprintf(&text, "claims %s now\n", pattern)
	}
	for _, pattern := range s.Dropped {
		fmt.Fprintf(&text, "claims %s NO MORE\n", pattern)
	}
	return text.String()
}

// span is how long the change took. Most of that may be the end of the old processes,
// which finish what they have while the new ones serve.
func span(s admin.Swap) string {
	took := "it took " + (time.Duration(s.TookMS) * time.Millisecond).String()
	if s.Before == "" || s.Action == admin.ActionReload && s.Before == s.SHA256 { // nothing was ended
		return took
	}
	return took + ", the end of the old processes included"
}

// undo is what takes a change of the program back.
func undo(s admin.Swap) string {
	if s.Action == admin.ActionRollback {
		return ", which is passed over now; switchhook plugin reload " + s.Name + " takes up what its file is"
	}
	return "; switchhook plugin rollback " + s.Name + " goes back"
}

func versionOf(version string) string {
	if version == "" {
		return ""
	}
	return ", version " + version
}

func processes(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}

// shortHash is as much of a hash as a person compares.
func shortHash(sum string) string { return sum[:min(len(sum), 12)] }
