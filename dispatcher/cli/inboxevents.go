package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

const (
	// listed is how many copies a list has that nobody gave a limit.
	listed = 50
	// pageSize is how many are asked for at once.
	pageSize = 500
)

func inboxEventsCommand(c *console) *cobra.Command {
	cmd := group("events", "Look at the events that the inbox keeps")
	cmd.AddCommand(inboxListCommand(c, false), inboxShowCommand(c, false), inboxTailCommand(c))
	return cmd
}

// listing is how a list was asked for.
type listing struct {
	filter         filterFlags
	limit          int
	cursor         string
	all            bool
	bodies, oldest bool
	dead           bool // dead letters alone, with what made them so
}

// inboxListCommand is events ls, or dead ls.
func inboxListCommand(c *console, dead bool) *cobra.Command {
	l := listing{dead: dead}
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List events, a line for the copy of each plugin",
		Long: "List the events that the inbox keeps, the latest first: a line for the copy of each plugin,\n" +
			"with what has become of it. Without --all there are --limit of them, and --cursor goes on where\n" +
			"the list before ended. Bodies are personal data: they are shown with --bodies alone.",
		Example: "  switchhook inbox events ls --command 'Sns.*' --since 2h\n" +
			"  switchhook inbox events ls --status ready,retry --plugin blacklist\n" +
			"  switchhook inbox events ls --since 2026-01-02 --until 2026-01-03 --all --output json",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	states := admin.InboxStates()
	if dead {
		cmd.Short = "List dead letters: why, since when, after how many attempts"
		cmd.Long = "List the dead letters, the latest first: copies that are not delivered again unless you say so,\n" +
			"with the reason, the attempts, when the first and the last of them ended, and the last failure.\n" +
			"Without --all there are --limit of them, and --cursor goes on where the list before ended."
		cmd.Example = "  switchhook inbox dead ls\n  switchhook inbox dead ls --reason poison --plugin blacklist"
		states = nil
	}
	l.filter.register(cmd, c, states)
	l.filter.registerID(cmd)
	flags := cmd.Flags()
	flags.IntVar(&l.limit, "limit", listed, "list at most `N`")
	flags.StringVar(&l.cursor, "cursor", "", "go on at `CURSOR`, which the list before ended with")
	flags.BoolVar(&l.all, "all", false, "list all of them, however many")
	flags.BoolVar(&l.oldest, "oldest", false, "begin with the oldest")
	flags.BoolVar(&l.bodies, "bodies", false, "show the bodies too")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.listEvents(cmd, l) }
	return cmd
}

// listEvents prints page by page, so that a list of millions takes no memory.
func (c *console) listEvents(cmd *cobra.Command, l listing) error {
	filter, err := l.filter.read(cmd)
	if err != nil {
		return err
	}
	switch {
	case l.limit < 1:
		return usage(cmd, errors.New("--limit has to be at least 1"))
	case l.all && cmd.Flags().Changed("limit"):
		return usage(cmd, errors.New("--all and --limit are two: choose one"))
	case l.all:
		l.limit = math.MaxInt
	}
	if l.dead {
		filter.States = []string{"dead"}
	}
	query := admin.InboxQuery{InboxFilter: filter, Newest: !l.oldest, Bodies: l.bodies}
	out := &eventPrinter{console: c, dead: l.dead, bodies: l.bodies, hint: guess(filter)}
	return c.ask(func(client *admin.Client) error {
		next, err := eachPage(cmd.Context(), client, query, l.cursor, l.limit, out.print)
		if err != nil {
			return err
		}
		return out.end(next)
	})
}

// eachPage hands at most limit copies from cursor on to do, page by page, and returns
// where the rest begins. A page may be short, or empty, and not the last.
func eachPage(ctx context.Context, client *admin.Client, q admin.InboxQuery, cursor string, limit int, do func([]admin.InboxCopy) error) (next string, err error) {
	for {
		q.Limit = min(limit, pageSize)
		list, err := client.InboxEvents(ctx, q, cursor)
		if err != nil {
			return "", err
		}
		if err := do(list.Copies); err != nil {
			return "", err
		}
		cursor, limit = list.Next, limit-len(list.Copies)
		if cursor == "" || limit <= 0 {
			return cursor, nil
		}
	}
}

// eventPrinter prints copies page by page, as a table or as one JSON document.
type eventPrinter struct {
	console      *console
	dead, bodies bool
	hint         string // what may have been meant where nothing matches
	printed      int
}

func (p *eventPrinter) print(copies []admin.InboxCopy) error {
	if len(copies) == 0 {
		return nil
	}
	if p.console.output == jsonOutput {
		return p.printJSON(copies)
	}
	head, rows := []string{}, make([][]string, len(copies))
	for i, cp := range copies {
		head, rows[i] = p.row(cp)
	}
	if p.printed > 0 {
		_, _ = fmt.Fprintln(p.console.stdout) // the next write tells as well
	}
	p.printed += len(copies)
	return printTable(harmless{p.console.stdout}, head, rows)
}

// row is what a copy comes to in the table, and the head of that table.
func (p *eventPrinter) row(cp admin.InboxCopy) (head, cells []string) {
	head = []string{"RECEIVED", "ID", "APP", "COMMAND", "PLUGIN"}
	cells = []string{stamp(cp.ReceivedAt), cp.ID, cp.AppID, cp.Command, cp.Plugin}
	if p.dead {
		head = append(head, "REASON", "ATTEMPTS", "FIRST", "LAST", "ERROR")
		cells = append(cells, cp.Reason, strconv.Itoa(cp.Attempts), stamp(cp.FirstAt), stamp(cp.LastAt), cp.Error)
	} else {
		head = append(head, "STATE", "ATTEMPTS", "WHY")
		cells = append(cells, cp.State, strconv.Itoa(cp.Attempts), whyNot(cp.InboxDelivery))
	}
	if p.bodies {
		head, cells = append(head, "BODY"), append(cells, shown(string(cp.Body)))
	}
	return head, cells
}

// whyNot is what keeps a copy from being done.
func whyNot(d admin.InboxDelivery) string {
	why := d.Error
	switch {
	case d.State == "done":
		return ""
	case d.Reason != "" && why != "":
		why = d.Reason + ": " + why
	case d.Reason != "":
		why = d.Reason
	}
	if d.State == "retry" && !d.DueAt.IsZero() {
		why = "due " + clock(d.DueAt) + ": " + why
	}
	return why
}

// printJSON writes the elements of one list, of which [eventPrinter.end] writes the
// end.
func (p *eventPrinter) printJSON(copies []admin.InboxCopy) error {
	for _, cp := range copies {
		text, err := json.Marshal(cp)
		if err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		before := ",\n    "
		if p.printed == 0 {
			before = "{\n  \"copies\": [\n    "
		}
		p.printed++
		if _, err := fmt.Fprintf(p.console.stdout, "%s%s", before, text); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}

// end says that there is no more, or how to go on.
func (p *eventPrinter) end(next string) error {
	if p.console.output == jsonOutput {
		if p.printed == 0 {
			return printJSON(p.console.stdout, admin.InboxList{Copies: []admin.InboxCopy{}, Next: next})
		}
		tail := "\n  ]\n}\n"
		if next != "" {
			tail = fmt.Sprintf("\n  ],\n  \"next\": %q\n}\n", next)
		}
		if _, err := io.WriteString(p.console.stdout, tail); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
		return nil
	}
	if p.printed == 0 && next == "" {
		if _, err := fmt.Fprintln(p.console.stdout, "nothing matches"+p.hint); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	if next != "" {
		if _, err := fmt.Fprintf(p.console.stderr, "there are more: --cursor %s goes on, --all lists all\n", next); err != nil {
			return fmt.Errorf("write output: %w", err)
		}
	}
	return nil
}
