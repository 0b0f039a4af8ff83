package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/admin/recent"
)

// traced is how many callbacks are told of where nobody gave a limit.
const traced = 10

func traceCommand(c *console) *cobra.Command {
	var limit int
	var cursor string
	cmd := &cobra.Command{
		Use:   "trace ID|KEY",
		Short: "Tell what became of a callback",
		Long: "Tell what became of a callback, step by step: when it was received, whether its Sign held, what it\n" +
			"was answered and who decided that, each attempt at a plugin with its outcome, its time and its error,\n" +
			"and when the next one is due. ID stands in the log, and in the header Switchhook-Callback-Id of every\n" +
			"answer; the id of a callback's trace is the same without dashes, and does as well. Of a KEY, which callbacks\n" +
			"of the same content share, all are told, the latest first; keys are told on the gateway's own machine alone.\n\n" +
			"An event is in the inbox for as long as that keeps it. What the gateway saw of it at its edge, and all of a\n" +
			"decision, it remembers for the latest callbacks alone (admin.recent), since its last start. Requests\n" +
			"whose Sign did not hold are not remembered. Where nothing is known the exit code is 3.",
		Example: "  switchhook trace 0195f3a1-7c1e-7a3b-8f00-1f2e3d4c5b6a\n" +
			"  switchhook trace 0195f3a17c1e7a3b8f001f2e3d4c5b6a --admin http://127.0.0.1:9480\n" +
			"  switchhook trace 1400000001/State.StateChange/AAECAwQFBgcICQoLDA0ODw --limit 3",
		Args:              named("ID|KEY"),
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().IntVar(&limit, "limit", traced, "tell of at most `N` callbacks")
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on at `CURSOR`, which the answer before ended with")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if limit < 1 {
			return usage(cmd, errors.New("--limit has to be at least 1"))
		}
		return c.trace(cmd.Context(), admin.TraceQuery{Of: args[0], Limit: limit, Cursor: cursor})
	}
	return cmd
}

func (c *console) trace(ctx context.Context, q admin.TraceQuery) error {
	var list admin.TraceList
	err := c.ask(func(client *admin.Client) (err error) {
		list, err = traces(ctx, client, q)
		return err
	})
	switch {
	case err != nil:
		return err
	case len(list.Callbacks) == 0 && q.Cursor == "":
		return nothing(unknownTrace(q.Of, list))
	}
	if err := c.print(list, func(w io.Writer) error { return traceTables(w, list.Callbacks) }); err != nil {
		return err
	}
	if list.InboxProblem != "" {
		_, _ = fmt.Fprintf(harmless{c.stderr}, "what the inbox knows is left out: %s\n", list.InboxProblem)
	}
	if list.Next != "" && c.output == tableOutput {
		_, _ = fmt.Fprintf(c.stderr, "there are more: --cursor %s goes on\n", list.Next)
	}
	return nil
}

// traces asks page by page: a page may be short, or empty, and not the last.
func traces(ctx context.Context, client *admin.Client, q admin.TraceQuery) (all admin.TraceList, err error) {
	all.Callbacks = []admin.Trace{}
	for limit := q.Limit; ; {
		q.Limit = limit - len(all.Callbacks)
		page, err := client.Trace(ctx, q)
		if err != nil {
			return all, err
		}
		page.Callbacks = append(all.Callbacks, page.Callbacks...)
		all, q.Cursor = page, page.Next
		if q.Cursor == "" || len(all.Callbacks) >= limit {
			return all, nil
		}
	}
}

// unknownTrace says how far the gateway looked, and what to do.
func unknownTrace(of string, list admin.TraceList) error {
	return fmt.Errorf("no callback %q is known: %s; events are kept for inbox.retention%s. "+
		"A request whose Sign did not hold is never remembered (switchhook_auth_failures_total counts them, switchhook doctor says why), "+
		"nor one that another gateway answered: ask that one with --admin", of, reach(list.Remembered), unread(list.InboxProblem))
}

func reach(r recent.Reach) string {
	switch {
	case r.Size == 0:
		return "this gateway remembers no callbacks (admin.recent is 0)"
	case r.Callbacks == 0:
		return "this gateway has let no callback in since it was started"
	case r.Callbacks < r.Size:
		return fmt.Sprintf("this gateway remembers %s, all since it was started, the oldest of %s", plural(r.Callbacks, "callback"), millistamp(r.Since))
	default:
		return fmt.Sprintf("this gateway remembers the latest %s (admin.recent), back to %s", plural(r.Callbacks, "callback"), millistamp(r.Since))
	}
}

func unread(problem string) string {
	if problem == "" {
		return ""
	}
	return ", but the inbox could not be asked (" + problem + ")"
}

// millistamp is a time to the millisecond.
func millistamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
