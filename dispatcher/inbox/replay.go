package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// ReplayOrder asks for copies that are done or dead to be delivered again.
type ReplayOrder struct {
	// Filter chooses them. Its States may be Done and Dead; none means Done and Dead.
	Filter store.Filter
	// Purpose is [sdk.Replay]; [sdk.Live] for dead letters that the plugin never
	// handled; or [sdk.DryRun], which asks the plugin what it would answer, now, and
	// changes nothing.
	Purpose sdk.Purpose
	// Rate bounds how many a second are made ready; 0 for no bound.
	Rate int
	// CountOnly chooses and does nothing.
	CountOnly bool
}

// ReplayReport is what has become of a replay, or how far it is.
type ReplayReport struct {
	// Matched counts the copies that the filter chose, Queued those made ready, and
	// Skipped those of plugins that do not know the purpose, by plugin.
	Matched, Queued int64
	Skipped         map[string]int64
	// Waiting counts the matches that wait for their delivery anyway.
	Waiting int64
	// Outcomes counts the answers to a dry run: "ok", "rejected", or the kind of the
	// fault.
	Outcomes map[string]int64
}

// Replay makes copies ready again, and tells report from time to time how far it is.
// What it has done stays done where it ends with an error; the report says how much.
//
// A copy whose plugin does not know the purpose is skipped and counted: a replay never
// reaches a plugin that would take it for a new callback. A copy that waits is counted
// and left as it is.
func (b *Inbox) Replay(ctx context.Context, o ReplayOrder, report func(ReplayReport)) (ReplayReport, error) {
	r, err := newReplay(b, o)
	if err != nil {
		return ReplayReport{}, err
	}
	if report == nil {
		report = func(ReplayReport) {}
	}
	err = b.eachPage(ctx, store.ScanQuery{Filter: r.filter, Bodies: o.Purpose == sdk.DryRun && !o.CountOnly},
		func(copies []store.Copy) error {
			err := r.page(ctx, copies)
			report(r.report.clone())
			return err
		})
	if err != nil {
		return r.report, fmt.Errorf("replay, %d of %d so far: %w", r.report.Queued, r.report.Matched, err)
	}
	return r.report, nil
}

// replay is a replay under way.
type replay struct {
	inbox  *Inbox
	order  ReplayOrder
	filter store.Filter
	states []store.State // of those that are replayed
	step   int           // how many at a time
	due    time.Time     // when the next step may begin
	report ReplayReport
}

func newReplay(b *Inbox, o ReplayOrder) (*replay, error) {
	r := &replay{inbox: b, order: o, filter: o.Filter, states: o.Filter.States, step: pageSize}
	r.report = ReplayReport{Skipped: map[string]int64{}, Outcomes: map[string]int64{}}
	known := []store.State{store.Done, store.Dead}
	switch o.Purpose {
	case sdk.Live:
		known = []store.State{store.Dead}
	case sdk.Replay, sdk.DryRun:
	default:
		return nil, fmt.Errorf("replay for the purpose %s: there is no such", o.Purpose)
	}
	if len(r.states) == 0 {
		r.states = known
	}
	for _, s := range r.states {
		if o.Purpose == sdk.Live && s == store.Done {
			return nil, errors.New("replay as live what is done: the plugin has handled it, and would take it for new; replay dead letters alone")
		}
		if !slices.Contains(known, s) {
			return nil, fmt.Errorf("replay what is %s: only what is done or dead can be", s)
		}
	}
	// Those that wait are read to be counted.
	r.filter.States = append(slices.Clone(r.states), store.Ready, store.Retry)
	if o.Rate > 0 {
		r.step = min(pageSize, max(1, o.Rate/10))
	}
	return r, nil
}

// page replays the copies of a page.
func (r *replay) page(ctx context.Context, copies []store.Copy) error {
	chosen := make([]store.Copy, 0, len(copies))
	for _, c := range copies {
		switch {
		case c.State.Waiting():
			r.report.Waiting++
		case c.Corrupt:
			r.report.Matched++
			r.report.Outcomes[store.Corrupt.String()]++
		case r.order.Purpose != sdk.Live && !r.inbox.options.Knows(c.Plugin, r.order.Purpose):
			r.report.Matched++
			r.report.Skipped[c.Plugin]++
		default:
			r.report.Matched++
			chosen = append(chosen, c)
		}
	}
	if r.order.CountOnly {
		return nil
	}
	for part := range slices.Chunk(chosen, r.step) {
		if err := r.wait(ctx, len(part)); err != nil {
			return err
		}
		if err := r.do(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// wait keeps to the rate.
func (r *replay) wait(ctx context.Context, n int) error {
	if r.order.Rate <= 0 {
		return nil
	}
	now := time.Now()
	if r.due.Before(now) {
		r.due = now
	}
	if !pause(ctx, r.due.Sub(now)) {
		return fmt.Errorf("keep to the rate: %w", context.Cause(ctx))
	}
	r.due = r.due.Add(time.Duration(n) * time.Second / time.Duration(r.order.Rate))
	return nil
}

func (r *replay) do(ctx context.Context, copies []store.Copy) error {
	if r.order.Purpose == sdk.DryRun {
		return r.ask(ctx, copies)
	}
	batch := &store.Batch{Requeues: make([]store.Requeue, 0, len(copies))}
	for _, c := range copies {
		batch.Requeues = append(batch.Requeues, store.Requeue{
			Plugin: c.Plugin, Seq: c.Event.Seq, Command: c.Event.Command, Purpose: r.order.Purpose,
		})
	}
	queued, err := r.inbox.requeue(ctx, batch)
	r.report.Queued += queued
	return err
}
