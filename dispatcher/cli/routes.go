package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

func routeCommand(c *console) *cobra.Command {
	cmd := group("route", "Look at the routes of the running gateway, or bypass one")
	var app, command string
	list := &cobra.Command{
		Use:   "ls",
		Short: "List which plugin gets which command, and who said so",
		Long: "List which plugin gets which command of which app, in which order, with which policy,\n" +
			"time limit and mode. FROM says where handlers, policy and timeout come from, and the mode where\n" +
			"it was chosen: claim (the plugin), routes or app (the configuration), tencent (what Tencent does\n" +
			"by itself), default. A durable route answers by itself: what a delivery may take is said by\n" +
			"inbox.deliveries.",
		Example:           "  switchhook route ls\n  switchhook route ls --app 1400000001 --command Sns.CallbackBlackListAdd",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.listRoutes(cmd, app, command)
		},
	}
	list.Flags().StringVar(&app, "app", "", "only the routes of this `SDKAPPID`")
	list.Flags().StringVar(&command, "command", "", "only the routes of this `COMMAND`")
	completeApps(list, c)
	completeCommands(list)
	cmd.AddCommand(list, bypassCommand(c))
	return cmd
}

// listRoutes prints the routes that are asked for. Where a command has none
// because there is no such command, that is a mistake, not an empty list.
func (c *console) listRoutes(cmd *cobra.Command, app, command string) error {
	all, err := c.routes(cmd.Context())
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(all, func(r admin.Route) bool {
		return (app != "" && r.App != app) || (command != "" && r.Command != command)
	})
	if _, listed := imevent.Spec(command); len(list) == 0 && command != "" && !listed && !strings.HasSuffix(command, "*") {
		return usage(cmd, fmt.Errorf("--command: %w", unknownCallback(command)))
	}
	return c.print(admin.RouteList{Routes: list}, func(w io.Writer) error { return routeTable(w, list) })
}

// routeTable prints the routes, and what is wrong with some of them below.
func routeTable(w io.Writer, routes []admin.Route) error {
	if len(routes) == 0 {
		_, err := fmt.Fprintln(w, "no routes")
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	rows := make([][]string, len(routes))
	for i, r := range routes {
		rows[i] = []string{r.App, r.Command, answeredBy(r), r.Policy, answerTime(r), r.Mode, origin(r)}
	}
	if err := printTable(w, []string{"APP", "COMMAND", "HANDLERS", "ON FAILURE", "TIMEOUT", "MODE", "FROM"}, rows); err != nil {
		return err
	}
	if err := bypassNotes(w, routes); err != nil {
		return err
	}
	for _, r := range routes {
		if r.Problem == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "\nPROBLEM %s of app %s: %s\n", r.Command, r.App, r.Problem); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
	}
	return nil
}

// answerTime is how long the handlers may take to answer. A durable route answers by
// itself: what its deliveries may take is said by inbox.deliveries.
func answerTime(r admin.Route) string {
	if r.Mode == durable {
		return ""
	}
	return r.Timeout.String()
}

// durable is the mode of a route that answers once the event is on disk.
const durable = "durable"

// answeredBy is who answers: the handlers in their order, or a bypass.
func answeredBy(r admin.Route) string {
	if r.Bypass != nil {
		return "BYPASS " + r.Bypass.Decision + " until " + clock(r.Bypass.Until)
	}
	return strings.Join(r.Handlers, " → ")
}

// bypassNotes say below the table which bypasses are in force, each once.
func bypassNotes(w io.Writer, routes []admin.Route) error {
	var lines []string
	for _, r := range routes {
		if r.Bypass == nil {
			continue
		}
		b := *r.Bypass
		by := ""
		if b.By != "" {
			by = ", by " + b.By
		}
		line := fmt.Sprintf("BYPASS %s of %s: %s until %s%s; %s ends it\n", b.Command, appOf(b.App), b.Decision, clock(b.Until), by, bypassEnd(b))
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	_, err := io.WriteString(w, "\n"+strings.Join(lines, ""))
	return err //nolint:wrapcheck // print wraps it for every table.
}

// origin is where a route's parts come from: one word where all agree, else each
// part with its own.
func origin(r admin.Route) string {
	s := r.Sources
	if r.Mode == durable {
		s.Timeout = ""
	}
	if s.Mode == "default" {
		s.Mode = "" // as the MODE of most
	}
	parts := [][2]string{{"handlers", s.Handlers}, {"policy", s.Policy}, {"timeout", s.Timeout}, {"mode", s.Mode}}
	words := make([]string, 0, len(parts))
	same := true
	for _, part := range parts {
		if part[1] == "" {
			continue
		}
		same = same && part[1] == s.Handlers
		words = append(words, part[0]+": "+part[1])
	}
	if same {
		return s.Handlers
	}
	return strings.Join(words, ", ")
}
