package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func bypassCommand(c *console) *cobra.Command {
	var order admin.BypassOrder
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "bypass COMMAND",
		Short: "Have a decision taken without its plugin for a while",
		Long: "Bypass answers a command that Tencent awaits a verdict of, such as\n" +
			"Group.CallbackBeforeSendMsg, without asking any plugin: for the time of --for, and then no\n" +
			"longer, whether anybody thinks of it or not. A family, such as 'Group.*', stands for every\n" +
			"command of it that a plugin decides. A bypass holds over restarts of the gateway; a second\n" +
			"one takes the first one's place.\n\n" +
			"--off ends it early: for --app, or, without it, for every app.\n\n" +
			"Of an event nothing is decided: `switchhook plugin disable` keeps it from its plugin.",
		Example: "  switchhook route bypass Group.CallbackBeforeSendMsg --decision allow --for 30m\n" +
			"  switchhook route bypass Group.CallbackBeforeSendMsg --off",
		Args: one("COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			order.Command, order.For = args[0], admin.Duration(wait)
			if err := checkOrder(order, cmd.Flags().Changed); err != nil {
				return usage(cmd, err)
			}
			return c.bypass(cmd, order)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&order.Decision, "decision", "", "the answer: `allow|deny`")
	flags.DurationVar(&wait, "for", 0, "how long, such as 30m; at most 24h")
	flags.StringVar(&order.App, "app", "", "only for the app with this `SDKAPPID`")
	flags.BoolVar(&order.Off, "off", false, "end what is in force")
	completeApps(cmd, c)
	completeFlag(cmd, "decision", "allow", "deny")
	completeFlag(cmd, "for", "10m", "30m", "2h")
	cmd.ValidArgsFunction = c.completeDecided
	return cmd
}

// checkOrder returns what is wrong with the command line, in its own words.
func checkOrder(o admin.BypassOrder, given func(flag string) bool) error {
	switch {
	case o.Off && (given("decision") || given("for")):
		return errors.New("--off takes neither --decision nor --for")
	case o.Off:
		return nil
	case !given("decision"):
		return errors.New("--decision is missing: it is allow or deny")
	case !given("for"):
		return errors.New("--for is missing: say for how long, such as --for 30m")
	default:
		return o.Check()
	}
}

// bypass asks the running gateway for it. A name that is nobody's is a mistake of the
// command line, with what may have been meant.
func (c *console) bypass(cmd *cobra.Command, order admin.BypassOrder) error {
	routes, err := c.routes(cmd.Context())
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(routes, func(r admin.Route) bool { return r.Command == order.Command })
	if _, listed := imevent.Spec(order.Command); !order.Off && !listed && !known && len(nearCommands(order.Command)) > 0 && !strings.HasSuffix(order.Command, "*") {
		return usage(cmd, unknownCallback(order.Command))
	}
	var report admin.BypassReport
	err = c.ask(func(client *admin.Client) (err error) {
		report, err = client.Bypass(cmd.Context(), order)
		return err
	})
	if err != nil {
		return err
	}
	return c.print(report, func(w io.Writer) error {
		_, err := io.WriteString(w, bypassText(report))
		return err //nolint:wrapcheck // print wraps it for every table.
	})
}

func bypassText(r admin.BypassReport) string {
	var text strings.Builder
	for _, b := range r.Ended {
		fmt.Fprintf(&text, "ended: %s of %s with %s until %s\n", b.Command, appOf(b.App), b.Decision, clock(b.Until))
	}
	if b := r.Set; b != nil {
		fmt.Fprintf(&text, "%s of %s is answered with %s until %s, and no plugin is asked\n%s ends it\n",
			b.Command, appOf(b.App), b.Decision, clock(b.Until), bypassEnd(*b))
	}
	if r.Warning != "" {
		fmt.Fprintf(&text, "WARNING %s\n", r.Warning)
	}
	return text.String()
}

// bypassEnd is what to type to end it.
func bypassEnd(b admin.Bypass) string {
	command := b.Command
	if strings.HasSuffix(command, "*") {
		command = "'" + command + "'" // a shell would look for files of that name
	}
	line := "switchhook route bypass " + command + " --off"
	if b.App != "" {
		line += " --app " + b.App
	}
	return line
}

func appOf(id string) string {
	if id == "" {
		return "every app"
	}
	return "app " + id
}

// clock is a time of the next or the last day, as the wall shows it.
func clock(t time.Time) string { return t.Local().Format("15:04:05 MST") }

// completeDecided offers the commands that plugins of the running gateway decide.
func (c *console) completeDecided(cmd *cobra.Command, args []string, start string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionPatience)
	defer cancel()
	routes, err := c.routes(ctx)
	if err != nil || len(args) > 0 {
		return nil, noFiles
	}
	var offers []cobra.Completion
	for _, r := range routes {
		if offer := cobra.CompletionWithDesc(r.Command, strings.Join(r.Handlers, ", ")); r.Before && !slices.Contains(offers, offer) {
			offers = append(offers, offer)
		}
	}
	return startingWith(start, offers), noFiles
}
