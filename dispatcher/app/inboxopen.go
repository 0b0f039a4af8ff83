package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/pluginhost"
	"github.com/switchhook/switchhook/sdk"
)

// openAgain is when an inbox is tried again that there is no room to open.
const openAgain = 2 * time.Second

var errNotOpen = errors.New("the inbox is not open")

// openPatience is how long the gateway's start waits for an inbox that gateways share, which
// has to be found and caught up with.
const openPatience = 10 * time.Second

// errCatchingUp is why an inbox is not open that takes its time.
var errCatchingUp = errors.New("this gateway still looks for the inbox that it shares, or catches up with it")

// openInbox takes up what the gateway before has left. Nothing is delivered before the
// plugins are there. A disk that is too full to open it, or a cluster that is away, is a
// state, as it is later on: decisions are made, events fail, and it is opened once that is
// over.
func (a *App) openInbox(ctx context.Context) error {
	if err := a.registry.Register(a.refused); err != nil {
		return fmt.Errorf("register the metric of refused events: %w", err)
	}
	f := a.current()
	if err := a.lookBehind(ctx, f); err != nil {
		return err
	}
	keeping, end := context.WithCancel(context.WithoutCancel(ctx))
	a.endKeeping = end
	defer context.AfterFunc(ctx, end)() // a stop that comes while it is opened
	pending := a.beginOpening(keeping)
	o, ended := firstOpening(f, pending)
	switch {
	case !ended, o.err != nil && passing(o.err):
		a.log.ErrorContext(ctx, "events are not accepted until the inbox can be opened", "err", o.err)
		a.unopened.Store(&o.err)
	case o.err != nil:
		end()
		return hopeless(f, o.err)
	default:
		a.inbox.Store(o.inbox)
	}
	if ended {
		pending = nil
	}
	a.keeping.Go(func() {
		b := o.inbox
		if b == nil {
			b = a.openLater(keeping, pending)
		}
		if b != nil {
			a.subscribe(keeping, b)
		}
	})
	a.onClose("inbox", a.closeInbox)
	return nil
}

// opening is what came of opening the inbox.
type opening struct {
	inbox *inbox.Inbox
	err   error
}

// beginOpening opens the inbox, whoever waits for that; it ends soon after ctx.
func (a *App) beginOpening(ctx context.Context) <-chan opening {
	pending := make(chan opening, 1)
	go func() {
		b, err := a.takeUpInbox(ctx)
		pending <- opening{b, err}
	}()
	return pending
}

// firstOpening waits for what comes of it; for an inbox that gateways share not for long,
// since that has to be found and caught up with, and decisions wait meanwhile.
func firstOpening(f *config.File, pending <-chan opening) (o opening, ended bool) {
	var impatient <-chan time.Time
	if f.Inbox.Shared() {
		patience := time.NewTimer(openPatience)
		defer patience.Stop()
		impatient = patience.C
	}
	select {
	case o = <-pending:
		return o, true
	case <-impatient:
		return opening{err: errCatchingUp}, false
	}
}

// takeUpInbox opens the inbox.
func (a *App) takeUpInbox(ctx context.Context) (*inbox.Inbox, error) {
	f := a.current()
	s, err := a.openStore(ctx, f)
	if err != nil {
		return nil, err
	}
	b, err := inbox.Open(ctx, inbox.Options{
		Store: s, Deliver: a.tracer.Deliver(a.dispatcher.Deliver), Serves: a.serves, Knows: a.knows,
		Lost: pluginhost.Lost, Poison: pluginhost.Poison, Key: keyWithin(f.Inbox.DuplicateWindow), Duplicate: a.duplicate,
		Settings: inboxSettings(f), Logger: a.log, Registerer: a.registry, AppendErrors: a.refused,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if shared, ok := s.(*jetstream.Store); ok {
		a.shared.Store(shared)
	}
	return b, nil
}

// openLater opens the inbox as soon as that can be done; nil where ctx ends before. What
// is pending has begun already.
func (a *App) openLater(ctx context.Context, pending <-chan opening) *inbox.Inbox {
	again := time.NewTicker(openAgain)
	defer again.Stop()
	for {
		if pending == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-again.C:
			}
			pending = a.beginOpening(ctx)
		}
		o := <-pending
		pending = nil
		if o.err != nil {
			a.unopened.Store(&o.err)
			continue
		}
		a.takeOverInbox(ctx, o.inbox)
		return o.inbox
	}
}

// takeOverInbox has an inbox accept events that was opened when the gateway served already.
func (a *App) takeOverInbox(ctx context.Context, b *inbox.Inbox) {
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
