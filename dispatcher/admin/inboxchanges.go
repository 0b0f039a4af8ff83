package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/mux"
)

// work is a change of the inbox that takes long and tells how far it is.
type work struct {
	what, target string
	args         map[string]string
	do           func(ctx context.Context, in *Inbox, report func(any)) (any, error)
}

// ordered is an order that knows what is wrong with it.
type ordered interface{ Check() error }

// inboxChanges adds what changes the inbox, for the unix socket alone.
func (s *Server) inboxChanges(router *mux.Router) {
	addWork(s, router, pathInboxReplay, replayWork)
	addWork(s, router, pathInboxDrop, dropWork)
	addWork(s, router, pathInboxBackup, backupWork)
	addWork(s, router, pathInboxBackfill, backfillWork)
	addWork(s, router, pathInboxCheck, checkWork)
	addWork(s, router, pathInboxMove, moveWork)
	addWork(s, router, pathInboxRemove, removeWork)
}

// addWork has path take an order of its type and do what begin makes of it.
func addWork[O ordered](s *Server, router *mux.Router, path string, begin func(O) work) {
	router.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		var order O
		if err := readBody(r, &order); err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		job := begin(order)
		s.stream(w, r, request{what: job.what, target: job.target, args: job.args}, func(ctx context.Context, report func(any)) (any, error) {
			if s.opts.Inbox == nil {
				return nil, noInbox()
			}
			if err := order.Check(); err != nil {
				return nil, err
			}
			return job.do(ctx, s.opts.Inbox, report)
		})
	}).Methods(http.MethodPost)
}

func replayWork(o InboxReplayOrder) work {
	return work{"inbox replay", o.Filter.target(), o.args(), func(ctx context.Context, in *Inbox, report func(any)) (any, error) {
		return in.Replay(ctx, o, func(r InboxReplayReport) { report(r) })
	}}
}

func dropWork(o InboxDropOrder) work {
	o.Filter.States = []string{"dead"}
	return work{"inbox dead drop", o.Filter.target(), o.Filter.args(), func(ctx context.Context, in *Inbox, report func(any)) (any, error) {
		n, err := in.Drop(ctx, o.Filter, progressOf(report))
		return InboxDropReport{Dropped: n}, err
	}}
}

func backupWork(o InboxBackupOrder) work {
	return work{"inbox backup", "", map[string]string{"file": o.File}, func(ctx context.Context, in *Inbox, report func(any)) (any, error) {
		if _, err := os.Lstat(o.File); !errors.Is(err, fs.ErrNotExist) {
			if err == nil {
				err = errors.New("it exists already, and nothing is written over")
			}
			return nil, fmt.Errorf("back up to %s: %w", o.File, err)
		}
		if err := in.Backup(ctx, o.File, progressOf(report)); err != nil {
			return nil, err
		}
		info, err := os.Stat(o.File)
		if err != nil {
			return nil, fmt.Errorf("look at the backup: %w", err)
		}
		return InboxBackupReport{File: o.File, Bytes: info.Size()}, nil
	}}
}

// checkOrder has no details.
type checkOrder struct{}

// Check finds nothing wrong.
func (checkOrder) Check() error { return nil }

func checkWork(checkOrder) work {
	return work{"inbox check", "", nil, func(ctx context.Context, in *Inbox, report func(any)) (any, error) {
		problems, err := in.Check(ctx, progressOf(report))
		return InboxCheckReport{Problems: list(problems)}, err
	}}
}

func backfillWork(o InboxSubscriptionOrder) work {
	args := map[string]string{"pattern": o.Pattern, "since": o.Since.Format(time.RFC3339Nano)}
	return work{"inbox subscriptions backfill", o.Plugin, args, func(ctx context.Context, in *Inbox, report func(any)) (any, error) {
		n, err := in.Backfill(ctx, o.Plugin, o.Pattern, o.Since, progressOf(report))
		return InboxChangeReport{Copies: n}, err
	}}
}

func moveWork(o InboxMoveOrder) work {
	return work{"inbox subscriptions move", o.From, stated(map[string]string{"to": o.To}), func(ctx context.Context, in *Inbox, _ func(any)) (any, error) {
		n, err := in.Move(ctx, o.From, o.To)
		return InboxChangeReport{Copies: int64(n)}, err
	}}
}

func removeWork(o InboxSubscriptionOrder) work {
	return work{"inbox subscriptions remove", o.Plugin, stated(map[string]string{"pattern": o.Pattern}), func(ctx context.Context, in *Inbox, _ func(any)) (any, error) {
		n, err := in.Unsubscribe(ctx, o.Plugin, o.Pattern)
		return InboxChangeReport{Copies: int64(n)}, err
	}}
}

// progressOf reports numbers as [InboxWork].
func progressOf(report func(any)) InboxProgress {
	return func(done, total int64) { report(InboxWork{Done: done, Total: total}) }
}

// target is what the filter is mostly about, for the audit.
func (f InboxFilter) target() string {
	if f.Plugin != "" {
		return f.Plugin
	}
	return f.Command
}
