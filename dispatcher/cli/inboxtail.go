package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
)

// pollEvery is how often tail looks for what is new.
const pollEvery = 500 * time.Millisecond

// errOutput is in the error of a line that nobody can be shown any more.
var errOutput = errors.New("write output")

// tailing is how tail was asked for.
type tailing struct {
	filter filterFlags
	lines  int
	follow bool
	bodies bool
}

func inboxTailCommand(c *console) *cobra.Command {
	t := tailing{}
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Show the latest events, and new ones as they are accepted",
		Long: "Show the latest copies, the oldest of them first, and then each new one within a second after\n" +
			"it was accepted, until you interrupt it. A copy is shown once, with the state that it has when it\n" +
			"is seen: what becomes of it later is what `inbox events show` tells. A gateway that is started\n" +
			"again is waited for. --follow=false ends after the latest.\n\n" +
			"With --output json each copy is one line, which other programs can read as it comes.",
		Example: "  switchhook inbox events tail --command 'Sns.*'\n" +
			"  switchhook inbox events tail --status dead --lines 100 --follow=false",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := t.filter.read(cmd)
			if err != nil {
				return err
			}
			if t.lines < 0 || t.lines > pageSize {
				return usage(cmd, fmt.Errorf("--lines has to be between 0 and %d", pageSize))
			}
			query := admin.InboxQuery{InboxFilter: filter, Bodies: t.bodies}
			return c.ask(func(client *admin.Client) error { return c.tail(cmd.Context(), client, query, t) })
		},
	}
	t.filter.register(cmd, c, admin.InboxStates())
	t.filter.registerID(cmd)
	flags := cmd.Flags()
	flags.IntVar(&t.lines, "lines", 10, "begin with the latest `N`")
	flags.BoolVar(&t.follow, "follow", true, "go on with what is new; --follow=false does not")
	flags.BoolVar(&t.bodies, "bodies", false, "show the bodies too")
	return cmd
}

// tail prints the latest copies and then, until ctx ends, what is new.
func (c *console) tail(ctx context.Context, client *admin.Client, q admin.InboxQuery, t tailing) error {
	place, err := newest(ctx, client)
	if err != nil {
		return err
	}
	latest, err := latestOf(ctx, client, q, t.lines)
	if err != nil {
		return err
	}
	if err := c.tailLines(latest, &place, t.bodies); err != nil || !t.follow {
		return err
	}
	return c.watch(ctx, client, q, place, t.bodies)
}

// watch prints what comes behind place until ctx ends, which is how it is ended. A
// gateway that went, or is about to go and has closed its inbox, is waited for.
func (c *console) watch(ctx context.Context, client *admin.Client, q admin.InboxQuery, place *admin.InboxCursor, bodies bool) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for away := false; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := c.news(ctx, client, q, &place, bodies)
		if errors.Is(err, errOutput) {
			return err
		}
		if err != nil && !away && ctx.Err() == nil {
			_, _ = fmt.Fprintf(harmless{c.stderr}, "%v; waiting for it\n", err)
		}
		away = err != nil
	}
}

// tailLines prints copies, and moves place behind them.
func (c *console) tailLines(copies []admin.InboxCopy, place **admin.InboxCursor, bodies bool) error {
	for _, cp := range copies {
		if err := c.tailLine(cp, bodies); err != nil {
			return err
		}
		*place = later(*place, &admin.InboxCursor{Seq: cp.Seq, Plugin: cp.Plugin})
	}
	return nil
}

// newest is the place of the latest copy of all, behind which the new ones come; nil
// in an empty inbox.
func newest(ctx context.Context, client *admin.Client) (*admin.InboxCursor, error) {
	list, err := client.InboxEvents(ctx, admin.InboxQuery{Newest: true, Limit: 1}, "")
	if err != nil || len(list.Copies) == 0 {
		return nil, err
	}
	return &admin.InboxCursor{Seq: list.Copies[0].Seq, Plugin: list.Copies[0].Plugin}, nil
}

// latestOf returns the latest n copies, the oldest of them first.
func latestOf(ctx context.Context, client *admin.Client, q admin.InboxQuery, n int) (latest []admin.InboxCopy, err error) {
	if n == 0 {
		return nil, nil
	}
	q.Newest = true
	_, err = eachPage(ctx, client, q, "", n, func(page []admin.InboxCopy) error {
		latest = append(latest, page...)
		return nil
	})
	slices.Reverse(latest)
	return latest, err
}

// news prints what came behind place, and moves place there. What the filter leaves
// out is passed over as well, so that it is not looked at every second.
func (c *console) news(ctx context.Context, client *admin.Client, q admin.InboxQuery, place **admin.InboxCursor, bodies bool) error {
	head, err := newest(ctx, client) // before the look: what comes during it is behind this
	if err != nil {
		return err
	}
	q.After = *place
	_, err = eachPage(ctx, client, q, "", math.MaxInt, func(page []admin.InboxCopy) error {
		return c.tailLines(page, place, bodies)
	})
	if err != nil {
		return err
	}
	*place = later(*place, head)
	return nil
}

// later returns the place that is further on; nil is before all.
func later(a, b *admin.InboxCursor) *admin.InboxCursor {
	switch {
	case a == nil:
		return b
	case b == nil || a.Seq > b.Seq || a.Seq == b.Seq && a.Plugin >= b.Plugin:
		return a
	default:
		return b
	}
}

// tailLine prints a copy on a line of its own.
func (c *console) tailLine(cp admin.InboxCopy, bodies bool) error {
	if c.output == jsonOutput {
		text, err := json.Marshal(cp)
		if err != nil {
			return fmt.Errorf("%w: %w", errOutput, err)
		}
		if _, err := fmt.Fprintf(c.stdout, "%s\n", text); err != nil {
			return fmt.Errorf("%w: %w", errOutput, err)
		}
		return nil
	}
	line := fmt.Sprintf("%s  %s  %s  %s  %s  %-7s", stamp(cp.ReceivedAt), cp.ID, cp.AppID, cp.Command, cp.Plugin, cp.State)
	if why := whyNot(cp.InboxDelivery); why != "" {
		line += "  " + strings.Join(strings.Fields(why), " ")
	}
	if bodies {
		line += "  " + shown(string(cp.Body))
	}
	if _, err := fmt.Fprintln(harmless{c.stdout}, strings.TrimRight(line, " ")); err != nil {
		return fmt.Errorf("%w: %w", errOutput, err)
	}
	return nil
}
