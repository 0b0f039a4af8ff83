package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Move says which inbox is to be taken into the cluster of a configuration.
type Move struct {
	// From is a data dir, the folder of an inbox, or its file, such as a backup. No gateway
	// may have it in use.
	From string
	// Config says which cluster.
	Config *config.File
	// DryRun looks, and changes nothing.
	DryRun bool
	// Version is this program's.
	Version string
	// Progress is told how far the work is, by what is being done; nil does not want to
	// know. It is never called twice at once.
	Progress func(doing string, done, total int64)
	// Logger hears of what an operator should know; nil discards.
	Logger *slog.Logger
}

// Moved is what a move has taken along, or would.
type Moved struct {
	// From is the file of the inbox.
	From string
	// Whole says that the cluster had no inbox, and has all of this one now: what is handled
	// and still kept, and the numbers of the events. Else it was given what is unfinished.
	Whole bool
	// Events are those that the inbox has, Waiting and Dead its copies that are unfinished,
	// and Subscriptions who wants what.
	Events, Waiting, Dead int64
	Subscriptions         int
	// Makes are the streams that the cluster lacks, and that the move would make; empty but
	// after a dry run.
	Makes []string
	// Brought counts the events that the cluster did not have before.
	Brought int64
	// Aside is where the inbox lies now; empty after a dry run.
	Aside string
}

// ErrNoInbox is in the error of a move from where there is no inbox.
var ErrNoInbox = errors.New("there is no inbox")

// MoveInbox takes what a gateway has kept in its own inbox into the cluster that the
// configuration names: all of it, where nothing is there yet, and what is unfinished where
// gateways use the cluster already. The inbox is renamed afterwards, and never deleted. A
// move that was interrupted is called again: nothing is brought twice.
func MoveInbox(ctx context.Context, m Move) (Moved, error) {
	if !m.Config.Inbox.Shared() {
		return Moved{}, config.Problems{{
			File: m.Config.Path, Key: "inbox.store", Message: "is not jetstream, so that there is no cluster to move an inbox into",
		}}
	}
	if m.Logger == nil {
		m.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := m.open(ctx)
	if err != nil {
		return Moved{}, err
	}
	moved, err := s.move(ctx)
	if err := errors.Join(err, s.close()); err != nil {
		return moved, hopeless(m.Config, err)
	}
	if m.DryRun {
		return moved, nil
	}
	moved.Aside, err = s.setAside()
	return moved, err
}

// move counts what there is, and takes it along.
func (s *source) move(ctx context.Context) (Moved, error) {
	moved := Moved{From: s.file}
	stats, err := s.Stats(ctx)
	if err != nil {
		return moved, fmt.Errorf("count what is in %s: %w", s.file, err)
	}
	subscriptions, err := s.Subscriptions(ctx)
	if err != nil {
		return moved, fmt.Errorf("read the subscriptions in %s: %w", s.file, err)
	}
	moved.Events, moved.Subscriptions = stats.Events, len(subscriptions)
	for _, q := range stats.Queues {
		moved.Waiting += q.Waiting()
		moved.Dead += q.Dead
	}
	if s.DryRun {
		moved.Whole, moved.Makes, err = s.look(ctx)
		return moved, err
	}
	err = s.seed(ctx)
	if err == nil {
		moved.Whole, moved.Brought = true, stats.Events
		return moved, nil
	}
	if errors.Is(err, jetstream.ErrUsed) {
		moved.Brought, err = s.bring(ctx)
	}
	return moved, err
}

// look reports whether the cluster has no inbox yet, and which streams it lacks.
func (s *source) look(ctx context.Context) (unused bool, lacks []string, err error) {
	o := s.options().Cluster
	o.Look = true
	c, err := cluster.Connect(ctx, o)
	if err != nil {
		return false, nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	_, last, _, err := c.Bounds(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("look for an inbox in the cluster: %w", err)
	}
	_, snapshot, err := c.Latest(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("look for an inbox in the cluster: %w", err)
	}
	return last == 0 && !snapshot, c.Missing(), nil
}

// options are those of the cluster's inbox, with a view of this move's own.
func (s *source) options() jetstream.Options {
	f := s.Config
	return jetstream.Options{
		Cluster: clusterOptions(f), Dir: filepath.Join(s.work, viewDir), MaxBytes: int64(f.Inbox.MaxBytes),
		DuplicateWindow: f.Inbox.DuplicateWindow, Version: s.Version, Logger: s.Logger,
	}
}

// seed has a cluster without an inbox begin with this one.
func (s *source) seed(ctx context.Context) error {
	backup := filepath.Join(s.work, "backup.db")
	if err := s.Backup(ctx, backup, s.tell("copying")); err != nil {
		return fmt.Errorf("copy the inbox: %w", err)
	}
	return jetstream.Seed(ctx, s.options(), backup, s.tell("sending"))
}

// bring gives a cluster that has an inbox what is unfinished in this one.
func (s *source) bring(ctx context.Context) (events int64, err error) {
	to, err := jetstream.Open(ctx, s.options())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return jetstream.Import(ctx, s.Store, to, s.tell("moving"))
}

func (s *source) tell(doing string) store.Progress {
	return func(done, total int64) {
		if s.Progress != nil {
			s.Progress(doing, done, total)
		}
	}
}
