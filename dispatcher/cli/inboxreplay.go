package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// replaying is how copies are to be delivered again.
type replaying struct {
	as            string
	rate          int
	dryRun, count bool
}

func (r *replaying) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&r.as, "as", admin.PurposeReplay, "what the plugins are told: `live|replay`; live is for dead letters alone")
	flags.IntVar(&r.rate, "rate", 0, "make at most `N` a second ready (default as fast as it goes)")
	flags.BoolVar(&r.dryRun, "dry-run", false, "ask the plugins what they would answer, which changes nothing; only those that know dry runs are asked")
	flags.BoolVar(&r.count, "count", false, "count what matches, and do nothing")
	completeFlag(cmd, "as", admin.PurposeLive, admin.PurposeReplay)
}

// order makes an order of the flags, once it is a possible one.
func (r *replaying) order(cmd *cobra.Command, filter admin.InboxFilter) (admin.InboxReplayOrder, error) {
	order := admin.InboxReplayOrder{Filter: filter, Purpose: r.as, Rate: r.rate, CountOnly: r.count}
	switch {
	case r.as != admin.PurposeLive && r.as != admin.PurposeReplay:
		return order, usage(cmd, fmt.Errorf("--as %s is neither live nor replay", r.as))
	case r.dryRun && cmd.Flags().Changed("as"):
		return order, usage(cmd, errors.New("--dry-run goes out as a dry run: leave out --as"))
	case r.dryRun && r.count:
		return order, usage(cmd, errors.New("--count asks nobody: leave out --dry-run"))
	case r.dryRun:
		order.Purpose = admin.PurposeDryRun
	}
	if err := order.Check(); err != nil {
		return order, usage(cmd, err)
	}
	return order, nil
}

func inboxReplayCommand(c *console) *cobra.Command {
	f, r, all := &filterFlags{}, &replaying{}, false
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Have events of the past delivered again",
		Long: "Have events delivered again that plugins have handled, or that are dead letters. They keep\n" +
			"their id, their key and the time they were received, and the plugin is told that it is a replay.\n" +
			"Only plugins that know replays get them; what is left out is named, and where that is all of it\n" +
			"the exit code is 1. Where nothing matches, the exit code is 3.\n\n" +
			"Before-commands are not replayed: the inbox does not keep them, since a decision is taken once,\n" +
			"while Tencent waits for it.\n\n" +
			"--count shows beforehand how much it would be.",
		Example: "  switchhook inbox replay --command 'Sns.*' --since 2h --count\n" +
			"  switchhook inbox replay --command Sns.CallbackBlackListAdd --plugin archive --since 2026-01-02 --until 2026-01-03 --rate 100\n" +
			"  switchhook inbox replay --plugin blacklist --status dead --as live",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.read(cmd)
			if err != nil {
				return err
			}
			if imevent.PhaseOf(filter.Command) == imevent.Before && !r.dryRun {
				return usage(cmd, fmt.Errorf("%s is a decision, and none of those is replayed: they are not kept, since each is taken once, while Tencent waits for it", filter.Command))
			}
			if filter.Everything() && !all {
				return usage(cmd, errors.New("which events? Choose some with --command, --plugin, --since or another filter, or give --yes for all of them"))
			}
			order, err := r.order(cmd, filter)
			if err != nil {
				return err
			}
			return c.replay(cmd.Context(), order, nil)
		},
	}
	f.register(cmd, c, []string{"done", "dead"})
	f.registerID(cmd)
	r.register(cmd)
	cmd.Flags().BoolVar(&all, "yes", false, "all events are meant")
	return cmd
}

// replay has what the filter chooses delivered again, of each of the events where
// some are named.
func (c *console) replay(ctx context.Context, order admin.InboxReplayOrder, ids []string) error {
	var sum admin.InboxReplayReport
	bar := c.begin("replaying")
	err := c.ask(func(client *admin.Client) error {
		for _, id := range eachOr(ids, order.Filter.ID) {
			order.Filter.ID = id
			before := sum.Matched
			report, err := client.InboxReplay(ctx, order, func(r admin.InboxReplayReport) { bar.to(before+r.Matched, 0) })
			if err != nil {
				return err
			}
			sum = plus(sum, report)
		}
		return nil
	})
	bar.end()
	if err != nil {
		return soFar(err, "queued", sum.Queued)
	}
	if err := c.print(sum, func(w io.Writer) error {
		_, err := io.WriteString(w, replayText(order, sum))
		return err //nolint:wrapcheck // print wraps it for every table.
	}); err != nil {
		return err
	}
	return replayError(order, sum)
}

func plus(a, b admin.InboxReplayReport) admin.InboxReplayReport {
	a.Matched, a.Queued, a.Waiting = a.Matched+b.Matched, a.Queued+b.Queued, a.Waiting+b.Waiting
	a.Skipped, a.Outcomes = plusEach(a.Skipped, b.Skipped), plusEach(a.Outcomes, b.Outcomes)
	return a
}

func plusEach(a, b map[string]int64) map[string]int64 {
	if a == nil {
		return b
	}
	for name, n := range b {
		a[name] += n
	}
	return a
}

// replayText says what a replay came to, a fact a line.
func replayText(o admin.InboxReplayOrder, r admin.InboxReplayReport) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", copiesOf(r.Matched, "match", "matches"))
	switch {
	case o.CountOnly:
		text.WriteString("nothing was done: --count\n")
	case o.Purpose == admin.PurposeDryRun:
		for _, outcome := range slices.Sorted(maps.Keys(r.Outcomes)) {
			fmt.Fprintf(&text, "would be answered %s: %d\n", outcome, r.Outcomes[outcome])
		}
	default:
		fmt.Fprintf(&text, "%s made ready, to be delivered as %s; switchhook inbox status shows how far that is\n",
			copiesOf(r.Queued, "are", "is"), o.Purpose)
	}
	if r.Waiting > 0 {
		fmt.Fprintf(&text, "%s for a delivery anyway\n", copiesOf(r.Waiting, "wait", "waits"))
	}
	for _, plugin := range slices.Sorted(maps.Keys(r.Skipped)) {
		fmt.Fprintf(&text, "LEFT OUT %d of %s, which does not know %s\n", r.Skipped[plugin], plugin, purposeName(o.Purpose))
	}
	return text.String()
}

func copiesOf(n int64, many, single string) string {
	if n == 1 {
		return "1 copy " + single
	}
	return fmt.Sprintf("%d copies %s", n, many)
}

func purposeName(purpose string) string {
	if purpose == admin.PurposeDryRun {
		return "dry runs"
	}
	return "replays"
}

// replayError is why a replay was none, or nil.
func replayError(o admin.InboxReplayOrder, r admin.InboxReplayReport) error {
	switch {
	case r.Matched == 0 && imevent.PhaseOf(o.Filter.Command) == imevent.Before && o.Filter.Command != "":
		return nothing(fmt.Errorf("nothing matches: %s is a decision, which is taken once and not kept; switchhook send %s asks for one", o.Filter.Command, o.Filter.Command))
	case r.Matched == 0:
		return nothing(errors.New("nothing matches" + guess(o.Filter)))
	case len(r.Skipped) == 0 || r.Queued+r.Waiting > 0 || len(r.Outcomes) > 0 || o.CountOnly:
		return nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(r.Skipped)), ", ")
	hint := ""
	if slices.Equal(o.Filter.States, []string{"dead"}) && o.Purpose == admin.PurposeReplay {
		hint = "; --as live delivers dead letters to any plugin"
	}
	return fmt.Errorf("nothing was replayed: of the plugins with such copies none knows %s: %s%s", purposeName(o.Purpose), names, hint)
}
