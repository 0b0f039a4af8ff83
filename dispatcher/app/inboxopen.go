package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// inboxDir stands in the data dir and holds the events that wait.
const inboxDir = "inbox"

// openAgain is when an inbox is tried again that there is no room to open.
const openAgain = 2 * time.Second

var errNotOpen = errors.New("the inbox is not open")

// openInbox takes up what the gateway before has left. Nothing is delivered before the
// plugins are there. A disk that is too full to open it is a state, as it is later on:
// decisions are made, events fail, and it is opened once there is room.
func (a *App) openInbox(ctx context.Context) error {
	if err := a.registry.Register(a.refused); err != nil {
		return fmt.Errorf("register the metric of refused events: %w", err)
	}
	b, err := a.takeUpInbox(ctx)
	switch {
	case err == nil:
		a.inbox.Store(b)
	case errors.Is(err, store.ErrFull):
		a.log.ErrorContext(ctx, "events are not accepted until there is room to open the inbox", "err", err)
		a.unopened.Store(&err)
	default:
		return unusable(a.config, err)
	}
	keeping, end := context.WithCancel(context.WithoutCancel(ctx))
	a.endKeeping = end
	a.keeping.Go(func() {
		if b == nil {
			b = a.openLater(keeping)
		}
		if b != nil {
			a.subscribe(keeping, b)
		}
	})
	a.onClose("inbox", a.closeInbox)
	return nil
}

// takeUpInbox opens the inbox.
func (a *App) takeUpInbox(ctx context.Context) (*inbox.Inbox, error) {
	f := a.current()
	dir := filepath.Join(f.DataDir, inboxDir)
	s, err := sqlite.Open(ctx, sqlite.Options{
		Dir: dir, MaxBytes: int64(f.Inbox.MaxBytes), DuplicateWindow: f.Inbox.DuplicateWindow, Logger: a.log, Version: a.options.Version,
	})
	if err != nil {
		return nil, fmt.Errorf("open the inbox in %s: %w", absolute(dir), err)
	}
	b, err := inbox.Open(ctx, inbox.Options{
		Store: s, Deliver: a.tracer.Deliver(a.dispatcher.Deliver), Serves: a.serves, Knows: a.knows,
		Lost: pluginhost.Lost, Poison: pluginhost.Poison, Key: keyWithin(f.Inbox.DuplicateWindow), Duplicate: a.duplicate,
		Settings: inboxSettings(f), Logger: a.log, Registerer: a.registry, AppendErrors: a.refused,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return b, nil
}

// openLater opens the inbox as soon as that can be done; nil where ctx ends before.
func (a *App) openLater(ctx context.Context) *inbox.Inbox {
	again := time.NewTicker(openAgain)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
		b, err := a.takeUpInbox(ctx)
		if err != nil {
			a.unopened.Store(&err)
			continue
		}
		a.change.Lock()                         // no reload comes between its settings and itself
		b.Configure(inboxSettings(a.current())) //nolint:contextcheck // deliveries outlast whoever configures them
		a.begin.Lock()
		a.inbox.Store(b)
		if a.begun {
			b.Start() //nolint:contextcheck // deliveries outlive whoever begins them
		}
		a.begin.Unlock()
		a.change.Unlock()
		a.log.InfoContext(ctx, "inbox opened: events are accepted")
		return b
	}
}

// beginDeliveries is for when the plugins are there, also where the inbox is not yet.
func (a *App) beginDeliveries() {
	a.begin.Lock()
	defer a.begin.Unlock()
	a.begun = true
	if b := a.inbox.Load(); b != nil {
		b.Start()
	}
}

// opened returns the inbox, or why there is none yet.
func (a *App) opened() (*inbox.Inbox, error) {
	if b := a.inbox.Load(); b != nil {
		return b, nil
	}
	if why := a.unopened.Load(); why != nil {
		return nil, *why
	}
	return nil, errNotOpen
}

// notKept is the fault of an event that comes while the inbox is not open. Where that
// is for want of room it is the one that a full inbox answers with.
func notKept(command string, err error) error {
	kind := sdk.KindUnavailable
	if errors.Is(err, store.ErrFull) {
		kind = sdk.KindOverloaded
	}
	return &sdk.Fault{Kind: kind, RetryAfter: openAgain, Err: fmt.Errorf("keep %s: %w", command, err)}
}
