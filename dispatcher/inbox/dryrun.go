package inbox

import (
	"context"
	"fmt"
	"log/slog"
	"maps"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// ask has the plugins say what they would answer, one copy after the other, so that a
// trial takes none of the room that callbacks need.
func (r *replay) ask(ctx context.Context, copies []store.Copy) error {
	for _, c := range copies {
		cb := c.Event.Callback()
		cb.Attempt, cb.Purpose = 1, sdk.DryRun
		reply, err := r.inbox.options.Deliver(ctx, c.Plugin, cb)
		if ctx.Err() != nil {
			return fmt.Errorf("ask plugin %s: %w", c.Plugin, context.Cause(ctx))
		}
		if err != nil {
			dispatcher.FailureOf(cb, c.Plugin, err).Log(ctx, r.inbox.options.Logger, slog.LevelWarn)
		}
		r.report.Outcomes[outcomeOf(cb, reply, err)]++
	}
	return nil
}

// outcomeOf is what a dry run counts an answer as.
func outcomeOf(cb sdk.Callback, reply sdk.Reply, err error) string {
	if err != nil {
		return sdk.KindOf(err).String()
	}
	if refused, partial := imevent.ContractOf(cb.Command).Refuses(cb, reply); refused || partial || reply.Code != 0 {
		return "rejected"
	}
	return "ok"
}

// clone is a report that whoever is told of it may keep.
func (r ReplayReport) clone() ReplayReport {
	r.Skipped, r.Outcomes = maps.Clone(r.Skipped), maps.Clone(r.Outcomes)
	return r
}
