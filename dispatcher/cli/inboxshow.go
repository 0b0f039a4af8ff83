package cli

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// inboxShowCommand is events show, or dead show.
func inboxShowCommand(c *console, dead bool) *cobra.Command {
	var bodies bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one event and what has become of each plugin's copy",
		Long: "Show one event and what has become of each plugin's copy. Its body is personal data, and is\n" +
			"shown with --bodies alone: as text where it is UTF-8, else in base64, so that not a byte is lost.\n" +
			"Where there is no such event the exit code is 3.",
		Example:           "  switchhook inbox events show 0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a --bodies",
		Args:              named("ID"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	if dead {
		cmd.Short = "Show one event and those of its copies that are dead letters"
		cmd.Long = "Show one event and those of its copies that are dead letters. Its body is shown with --bodies\n" +
			"alone. Where there is no such event, or no copy of it is a dead letter, the exit code is 3."
		cmd.Example = "  switchhook inbox dead show 0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a"
	}
	cmd.Flags().BoolVar(&bodies, "bodies", false, "show the body too")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var detail admin.InboxDetail
		err := c.ask(func(client *admin.Client) (err error) {
			detail, err = client.InboxEvent(cmd.Context(), args[0], bodies)
			return err
		})
		switch {
		case errors.Is(err, admin.ErrNoEvent):
			return nothing(err)
		case err != nil:
			return err
		}
		if dead {
			if detail.Copies = deadOf(detail.Copies); len(detail.Copies) == 0 {
				return nothing(fmt.Errorf("no copy of event %s is a dead letter; switchhook inbox events show %s shows all", args[0], args[0]))
			}
		}
		return c.print(detail, func(w io.Writer) error { return detailTable(w, detail) })
	}
	return cmd
}

func deadOf(copies []admin.InboxDelivery) []admin.InboxDelivery {
	var dead []admin.InboxDelivery
	for _, d := range copies {
		if d.State == "dead" {
			dead = append(dead, d)
		}
	}
	return dead
}

// detailTable prints an event, a fact a line, and then its copies.
func detailTable(w io.Writer, d admin.InboxDetail) error {
	var text strings.Builder
	for _, fact := range [][2]string{
		{"id", d.ID},
		{"place", strconv.FormatUint(d.Seq, 10)},
		{"received", stamp(d.ReceivedAt)},
		{"app", d.AppID},
		{"command", d.Command},
		{"key", d.Key},
		{"client ip", d.ClientIP},
		{"platform", d.Platform},
	} {
		if fact[1] != "" {
			fmt.Fprintf(&text, "%-10s %s\n", fact[0], fact[1])
		}
	}
	text.WriteString("\n")
	if _, err := io.WriteString(w, text.String()); err != nil {
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	rows := make([][]string, len(d.Copies))
	for i, cp := range d.Copies {
		state := cp.State
		if cp.Corrupt {
			state += ", CORRUPT"
		}
		rows[i] = []string{cp.Plugin, state, cp.Purpose, strconv.Itoa(cp.Attempts), stamp(cp.FirstAt), stamp(cp.LastAt), whyNot(cp)}
	}
	if err := printTable(w, []string{"PLUGIN", "STATE", "AS", "ATTEMPTS", "FIRST", "LAST", "WHY"}, rows); err != nil {
		return err
	}
	if len(d.Body) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", wholeBody(d.Body))
	return err //nolint:wrapcheck // print wraps it for every table.
}

// wholeBody is a body as the API gives it where it is no text.
func wholeBody(body admin.InboxBody) string {
	text, err := body.MarshalJSON()
	if err == nil && strings.HasPrefix(string(text), "{") {
		return "no text: " + string(text)
	}
	return string(body)
}
