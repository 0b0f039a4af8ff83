package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

func inboxStatusCommand(c *console) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show whether callbacks are accepted, and what waits, why, and since when",
		Long: "Show whether callbacks are accepted, how much room is taken, and a line for all that is\n" +
			"delivered together: one plugin and one command, or the commands that are kept in order. WAITING\n" +
			"are copies that nothing keeps from a delivery but their turn; RETRY are those whose attempt\n" +
			"failed and that are tried again; DEAD are those that only an operator makes wait again. OLDEST\n" +
			"is when the oldest of the first two was received. WHY says what the line waits for, and until\n" +
			"when. Below the table stands what went wrong last, and who gets nothing.\n\n" +
			"Of an inbox that gateways share, the numbers are those of all of them, IN FLIGHT excepted; the\n" +
			"lines above the table say how the cluster is, and how far behind it this gateway is.",
		Example:           "  switchhook inbox status\n  switchhook inbox status --output json",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			status, err := c.inboxStatus(cmd.Context())
			if err != nil {
				return err
			}
			return c.print(status, func(w io.Writer) error { return inboxTable(w, status) })
		},
	}
}

func inboxTable(w io.Writer, s admin.InboxStatus) error {
	if _, err := io.WriteString(w, inboxHead(s)); err != nil {
		return err //nolint:wrapcheck // print wraps it for every table.
	}
	if len(s.Lines) == 0 {
		if _, err := fmt.Fprintln(w, "nothing waits, and nothing is dead"); err != nil {
			return err //nolint:wrapcheck // print wraps it for every table.
		}
	} else {
		rows := make([][]string, len(s.Lines))
		for i, line := range s.Lines {
			rows[i] = []string{
				line.Plugin, strings.Join(line.Commands, ", "), number(line.Ready), number(line.Retry), number(line.Dead),
				fmt.Sprintf("%d of %d", line.InFlight, line.Limit), stamp(line.Oldest), waitsFor(line),
			}
		}
		head := []string{"PLUGIN", "COMMANDS", "WAITING", "RETRY", "DEAD", "IN FLIGHT", "OLDEST", "WHY"}
		if err := printTable(w, head, rows); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, inboxNotes(s))
	return err //nolint:wrapcheck // print wraps it for every table.
}

// inboxHead is the inbox as a whole.
func inboxHead(s admin.InboxStatus) string {
	var text strings.Builder
	fmt.Fprintf(&text, "inbox %s", s.State)
	if s.Problem != "" {
		fmt.Fprintf(&text, " since %s: %s", stamp(s.Since), s.Problem)
	} else if s.Cluster != nil && s.Cluster.Problem != "" {
		text.WriteString(" so far, and out of reach: see PROBLEM") // no event has been refused yet
	}
	fmt.Fprintf(&text, "\n%s kept, %s of %s", plural(int(s.Events), "event"), size(s.SizeBytes), size(s.MaxBytes))
	if s.DiskFreeBytes >= 0 {
		fmt.Fprintf(&text, ", %s free on the disk", size(s.DiskFreeBytes))
	}
	text.WriteString("\n")
	if s.Cluster != nil {
		text.WriteString(clusterText(*s.Cluster))
	}
	if s.Loss != nil {
		text.WriteString(lossText(*s.Loss))
	}
	text.WriteString("\n")
	return text.String()
}

// lossText says what was found missing, and where it may still be. Of a database that
// cannot be read at all nobody can count the commits.
func lossText(l admin.InboxLoss) string {
	if l.Left > 0 {
		return fmt.Sprintf("LOSS found at %s: %s\n", stamp(l.At), leftText(l))
	}
	what := "accepted events cannot be read any more"
	if l.Commits > 0 {
		what = plural(l.Commits, "commit") + " cannot be read any more"
	}
	if l.Detail != "" {
		what += fmt.Sprintf(": %s; the damaged files are kept in %s, and removing that folder ends this line", l.Detail, l.Aside)
	}
	return fmt.Sprintf("LOSS found at %s: %s\n", stamp(l.At), what)
}

// leftText is of copies that are whole, and where nobody delivers them.
func leftText(l admin.InboxLoss) string {
	if l.Aside == "" { // which is told on the socket alone
		return waitingCopies(l.Left) + " in a log that is not in use any more"
	}
	return fmt.Sprintf("%s: `switchhook inbox move --from %s --config FILE` brings them into the inbox, and moving that folder away ends this line",
		l.Detail, l.Aside)
}

// number is a count, or nothing for none, so that what is there stands out.
func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

func waitsFor(line admin.InboxLine) string {
	if line.Why != "" && !line.Until.IsZero() {
		return inShort(line.Why) + ", until " + clock(line.Until)
	}
	return inShort(line.Why)
}

// inShort is what a table has room for of a reason, the rest of which says what to
// do about it and stands below.
func inShort(why string) string {
	const room = 80
	text := []rune(why)
	if len(text) <= room {
		return why
	}
	short := string(text[:room])
	if end := max(strings.LastIndex(short, "; "), strings.LastIndex(short, ": ")); end > 0 {
		return short[:end]
	}
	return string(text[:room-1]) + "…"
}

// atLength are the reasons that a table gave in short, each once.
type atLength struct {
	text strings.Builder
	said map[[2]string]bool
}

func (a *atLength) add(plugin, why string) {
	if inShort(why) == why || a.said[[2]string{plugin, why}] {
		return
	}
	if a.said == nil {
		a.said = map[[2]string]bool{}
	}
	a.said[[2]string{plugin, why}] = true
	fmt.Fprintf(&a.text, "%s: %s\n", plugin, why)
}

// inboxNotes say what the table has no room for, and what to type.
func inboxNotes(s admin.InboxStatus) string {
	var text strings.Builder
	var reasons atLength
	dead := false
	for _, line := range s.Lines {
		reasons.add(line.Plugin, line.Why)
	}
	text.WriteString(reasons.text.String())
	for _, line := range s.Lines {
		if line.LastError != "" {
			fmt.Fprintf(&text, "%s %s failed last with: %s\n", line.Plugin, strings.Join(line.Commands, ", "), line.LastError)
		}
		dead = dead || line.Dead > 0
	}
	for _, sub := range s.Subscriptions {
		said := slices.ContainsFunc(s.Lines, func(l admin.InboxLine) bool { return l.Plugin == sub.Plugin && l.Why == sub.Why })
		if sub.Why != "" && sub.Waiting > 0 && !said {
			fmt.Fprintf(&text, "%s gets nothing of %s, and %s: %s\n", sub.Plugin, sub.Pattern, waitingCopies(sub.Waiting), sub.Why)
		}
	}
	if dead {
		text.WriteString("switchhook inbox dead ls shows the dead letters\n")
	}
	if text.Len() == 0 {
		return ""
	}
	return "\n" + text.String()
}

func waitingCopies(n int64) string {
	if n == 1 {
		return "1 copy waits"
	}
	return fmt.Sprintf("%d copies wait", n)
}
