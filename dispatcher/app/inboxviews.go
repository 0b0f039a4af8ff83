package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/admin"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// adminInbox is the inbox as the admin side reaches it.
func (a *App) adminInbox() *admin.Inbox {
	return &admin.Inbox{
		Status: func(ctx context.Context) (admin.InboxStatus, error) {
			b, closed := a.opened()
			if closed == nil {
				s, err := b.Status(ctx)
				view := statusView(s)
				view.Cluster = a.clusterView()
				return view, err
			}
			return a.unopenedView(closed), nil
		},
		Events: func(ctx context.Context, q admin.InboxQuery) (admin.InboxPage, error) {
			b, err := a.opened()
			if err != nil {
				return admin.InboxPage{}, err
			}
			return events(ctx, b, q)
		},
		Replay: func(ctx context.Context, o admin.InboxReplayOrder, tell func(admin.InboxReplayReport)) (admin.InboxReplayReport, error) {
			b, err := a.opened()
			if err != nil {
				return admin.InboxReplayReport{}, err
			}
			return replay(ctx, b, o, tell)
		},
		Drop: func(ctx context.Context, f admin.InboxFilter, progress admin.InboxProgress) (int64, error) {
			filter, err := storeFilter(f)
			if err != nil {
				return 0, err
			}
			b, err := a.opened()
			if err != nil {
				return 0, err
			}
			return b.Drop(ctx, filter, store.Progress(progress))
		},
		Backup: func(ctx context.Context, file string, progress admin.InboxProgress) error {
			b, err := a.opened()
			if err != nil {
				return err
			}
			return b.Backup(ctx, file, store.Progress(progress))
		},
		Check: func(ctx context.Context, progress admin.InboxProgress) ([]string, error) {
			b, err := a.opened()
			if err != nil {
				return nil, err
			}
			return b.Check(ctx, store.Progress(progress))
		},
		Move: a.moveSubscriptions, Unsubscribe: a.endSubscription, Backfill: a.backfill,
	}
}

func statusView(s inbox.Status) admin.InboxStatus {
	view := admin.InboxStatus{
		State: admin.InboxOK, Problem: s.Problem, Since: s.Since, Events: s.Stats.Events,
		SizeBytes: s.Stats.SizeBytes, MaxBytes: s.Stats.MaxBytes, DiskFreeBytes: s.Stats.DiskFreeBytes,
		Lines: make([]admin.InboxLine, len(s.Lines)), Subscriptions: make([]admin.InboxSubscription, len(s.Subscriptions)),
	}
	switch {
	case s.Full:
		view.State = admin.InboxFull
	case s.Problem != "":
		view.State = admin.InboxFailing
	}
	if l := s.Stats.Loss; l != nil {
		view.Loss = &admin.InboxLoss{At: l.At, Commits: l.Commits, Detail: l.Detail, Aside: l.Aside, Left: l.Left}
	}
	for i, l := range s.Lines {
		view.Lines[i] = admin.InboxLine{
			Plugin: l.Plugin, Commands: l.Commands, Ready: l.Ready, Retry: l.Retry, Dead: l.Dead, InFlight: l.InFlight, Limit: l.Limit,
			Oldest: l.Oldest, Why: l.Why, Until: l.Until, LastError: l.LastError,
		}
	}
	for i, x := range s.Subscriptions {
		view.Subscriptions[i] = admin.InboxSubscription{
			Plugin: x.Plugin, Pattern: x.Pattern, Since: x.Since, Waiting: x.Waiting, Dead: x.Dead, Why: x.Why,
		}
	}
	return view
}

// events returns a page of copies.
func events(ctx context.Context, b *inbox.Inbox, q admin.InboxQuery) (admin.InboxPage, error) {
	filter, err := storeFilter(q.InboxFilter)
	if err != nil {
		return admin.InboxPage{}, err
	}
	query := store.ScanQuery{Filter: filter, Newest: q.Newest, Limit: q.Limit, Bodies: q.Bodies}
	if q.After != nil {
		query.After = &store.Cursor{Seq: q.After.Seq, Plugin: q.After.Plugin}
	}
	page, err := b.Scan(ctx, query)
	if err != nil {
		return admin.InboxPage{}, err
	}
	view := admin.InboxPage{Copies: make([]admin.InboxCopy, len(page.Copies))}
	if page.Next != nil {
		view.Next = &admin.InboxCursor{Seq: page.Next.Seq, Plugin: page.Next.Plugin}
	}
	for i, c := range page.Copies {
		view.Copies[i] = copyView(c)
	}
	return view, nil
}

func copyView(c store.Copy) admin.InboxCopy {
	e := c.Event
	return admin.InboxCopy{
		InboxEvent: admin.InboxEvent{
			Seq: e.Seq, ID: e.ID, Key: e.Key, Command: e.Command, AppID: e.AppID, ClientIP: e.ClientIP, Platform: e.Platform,
			ReceivedAt: e.ReceivedAt, Body: e.Body,
		},
		InboxDelivery: admin.InboxDelivery{
			Plugin: c.Plugin, State: c.State.String(), Purpose: c.Purpose.String(), Attempts: c.Attempts, FirstAt: c.FirstAt,
			LastAt: c.LastAt, DueAt: c.DueAt, Reason: c.Reason.String(), Error: c.Error, Corrupt: c.Corrupt,
		},
	}
}

// replay makes copies ready again.
func replay(ctx context.Context, b *inbox.Inbox, o admin.InboxReplayOrder, tell func(admin.InboxReplayReport)) (admin.InboxReplayReport, error) {
	filter, err := storeFilter(o.Filter)
	if err != nil {
		return admin.InboxReplayReport{}, err
	}
	purpose, err := purposeOf(o.Purpose)
	if err != nil {
		return admin.InboxReplayReport{}, err
	}
	order := inbox.ReplayOrder{Filter: filter, Purpose: purpose, Rate: o.Rate, CountOnly: o.CountOnly}
	report, err := b.Replay(ctx, order, func(r inbox.ReplayReport) {
		if tell != nil {
			tell(admin.InboxReplayReport(r))
		}
	})
	return admin.InboxReplayReport(report), err
}

func purposeOf(name string) (sdk.Purpose, error) {
	for _, p := range []sdk.Purpose{sdk.Live, sdk.Replay, sdk.DryRun} {
		if p.String() == name {
			return p, nil
		}
	}
	return sdk.Live, fmt.Errorf("there is no purpose %q", name)
}

// storeFilter is a filter in the words of the store.
func storeFilter(f admin.InboxFilter) (store.Filter, error) {
	filter := store.Filter{App: f.App, Command: f.Command, Plugin: f.Plugin, ID: f.ID, Key: f.Key, Since: f.Since, Until: f.Until}
	for _, name := range f.States {
		i := slices.IndexFunc(store.States(), func(s store.State) bool { return s.String() == name })
		if i < 0 {
			return store.Filter{}, fmt.Errorf("there is no status %q", name)
		}
		filter.States = append(filter.States, store.States()[i])
	}
	if f.Reason != "" {
		i := slices.IndexFunc(store.Reasons(), func(r store.Reason) bool { return r.String() == f.Reason })
		if i < 0 {
			return store.Filter{}, fmt.Errorf("there is no reason %q", f.Reason)
		}
		filter.Reason = store.Reasons()[i]
	}
	return filter, nil
}
