package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/config"
)

// InboxMove is what [Program.MoveInbox] is to move.
type InboxMove struct {
	// From is a data dir, the folder of an inbox, or its file.
	From string
	// Config says into which cluster.
	Config *config.File
	// DryRun moves nothing.
	DryRun bool
	// Progress is told how far the work is, by what is being done.
	Progress func(doing string, done, total int64)
	// Logger writes to standard error.
	Logger *slog.Logger
	// Version says which build this is.
	Version Version
}

// InboxMoved is what was moved, or would be, for --output json too.
type InboxMoved struct {
	// From is the file of the inbox.
	From string `json:"from"`
	// DryRun says that nothing was moved.
	DryRun bool `json:"dry_run"`
	// Whole says that the cluster had no inbox, and has all of this one, what is handled
	// included; else it is given what is unfinished.
	Whole bool `json:"whole"`
	// Events are those that the inbox has, Waiting and Dead its unfinished copies, and
	// Subscriptions who wants what.
	Events        int64 `json:"events"`
	Waiting       int64 `json:"waiting"`
	Dead          int64 `json:"dead"`
	Subscriptions int   `json:"subscriptions"`
	// Makes are the streams that the cluster lacks, and that a move would make; empty but
	// for a dry run.
	Makes []string `json:"makes,omitempty"`
	// Brought counts the events that the cluster did not have before.
	Brought int64 `json:"brought"`
	// Aside is where the inbox lies now.
	Aside string `json:"aside,omitempty"`
}

func (p Program) inboxMoveCommand(c *console) *cobra.Command {
	var from, path string
	var dry bool
	cmd := &cobra.Command{
		Use:   "move",
		Short: "Take a gateway's own inbox into the cluster that gateways share",
		Long: "Take what a gateway has kept in its own inbox (store: sqlite) into the NATS cluster that a\n" +
			"configuration with store: jetstream names. DIR is the data_dir of that gateway, which must not\n" +
			"run; FILE is an inbox, such as one that `inbox backup` wrote.\n\n" +
			"Where the cluster has no inbox yet it gets all of it: what waits, what is dead, what is handled\n" +
			"and still kept, who is subscribed, and the numbers of the events. Do that before the first\n" +
			"gateway starts with the cluster. Where gateways use it already it gets what is unfinished, and\n" +
			"the events get new numbers. What was interrupted is done again: nothing is brought twice.\n\n" +
			"Afterwards the old inbox is renamed, with the time at its end, and never deleted. It takes room\n" +
			"for two copies of it on its disk. `inbox subscriptions move` is something else: it gives the\n" +
			"events of one plugin to another.",
		Example: "  switchhook inbox move --from /var/lib/switchhook --config /etc/switchhook/switchhook.yaml --dry-run\n" +
			"  switchhook inbox move --from /var/lib/switchhook --config /etc/switchhook/switchhook.yaml",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" || path == "" {
				return usage(cmd, errors.New("--from and --config are wanted: which inbox, and the configuration with the cluster"))
			}
			file, err := config.Load(path, os.LookupEnv)
			if err != nil {
				return misconfigured(err)
			}
			if _, err := os.Stat(from); err != nil {
				return usage(cmd, fmt.Errorf("--from: %w", err))
			}
			return p.moveInbox(cmd.Context(), c, InboxMove{From: from, Config: file, DryRun: dry, Version: p.Version, Logger: newLogger(c.stderr, "warn")})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&from, "from", "", "the data_dir of a gateway that does not run, or the file of an inbox: `DIR_OR_FILE`")
	flags.StringVar(&path, "config", "", "the configuration `FILE` whose inbox.nats names the cluster")
	flags.BoolVar(&dry, "dry-run", false, "say what would be moved, and what would be made in the cluster, and change neither")
	completePath(cmd, "from", cobra.ShellCompDirectiveDefault)
	completePath(cmd, "config", cobra.ShellCompDirectiveDefault)
	return cmd
}

func (p Program) moveInbox(ctx context.Context, c *console, m InboxMove) error {
	var bar *progress
	doing := ""
	m.Progress = func(what string, done, total int64) {
		if what != doing {
			if bar != nil {
				bar.end()
			}
			bar, doing = c.begin(what), what
		}
		bar.to(done, total)
	}
	moved, err := p.MoveInbox(ctx, m)
	if bar != nil {
		bar.end()
	}
	if err != nil {
		return err
	}
	moved.DryRun = m.DryRun
	return c.print(moved, func(w io.Writer) error {
		_, err := io.WriteString(w, moved.text())
		return err //nolint:wrapcheck // print wraps it for every table.
	})
}

// text says what was moved.
func (m InboxMoved) text() string {
	has := fmt.Sprintf("%s has %s and %s; %s, and %s dead\n", m.From, plural(int(m.Events), "event"),
		plural(m.Subscriptions, "subscription"), waitingCopies(m.Waiting), areDead(m.Dead))
	switch {
	case m.DryRun && m.Whole:
		return has + m.lacks() + "the cluster has no inbox yet: all of this would be moved\n"
	case m.DryRun:
		return has + m.lacks() + "the cluster has an inbox already: what waits and what is dead would be moved, and the subscriptions\n"
	case m.Whole:
		return has + fmt.Sprintf("moved all of it into the cluster; the old inbox is %s\n", m.Aside)
	default:
		return has + fmt.Sprintf("moved what is unfinished into the cluster, which had an inbox already: %s that it did not have; the old inbox is %s\n",
			plural(int(m.Brought), "event"), m.Aside)
	}
}

// lacks says which streams would be made first.
func (m InboxMoved) lacks() string {
	if len(m.Makes) == 0 {
		return ""
	}
	return fmt.Sprintf("the cluster lacks %s: %s would be made first\n", strings.Join(m.Makes, ", "), plural(len(m.Makes), "stream"))
}

func areDead(n int64) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}
