package app

import (
	"context"
	"errors"
	"time"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// leastDrain is what the deliveries under way get at the end, however long the
// callbacks under way took.
const leastDrain = time.Second

// closeInbox ends the deliveries within what is left of the grace, while the plugins
// are still there, and gives the store back. What the end of the grace cuts short, or a
// cluster that is away, is delivered again by the next gateway, and no failure of this
// one. A second call does nothing.
func (a *App) closeInbox(ctx context.Context) error {
	if a.delivered {
		return nil
	}
	a.delivered = true
	a.endKeeping()
	a.keeping.Wait()
	b := a.inbox.Load()
	if b == nil { // it could not be opened all the time
		return nil
	}
	end := a.graceEnd
	if end.IsZero() {
		end = time.Now().Add(a.current().ShutdownGrace)
	}
	if least := time.Now().Add(leastDrain); end.Before(least) {
		end = least
	}
	grace, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	err := b.Close(grace)
	if err != nil && (grace.Err() != nil && errors.Is(err, grace.Err()) || errors.Is(err, cluster.ErrUnreachable)) {
		a.log.WarnContext(ctx, "deliveries were cut short, and are made again by the next gateway", "err", err)
		return nil
	}
	a.log.InfoContext(ctx, "deliveries ended")
	return err
}

// accept is how the core stores an event.
func (a *App) accept(ctx context.Context, cb sdk.Callback, plugins []string) error {
	b, err := a.opened()
	if err != nil {
		a.refused.Inc()
		return notKept(cb.Command, err)
	}
	return b.Accept(ctx, cb, plugins)
}

// keyWithin returns what tells events apart. Without a window none is a duplicate.
func keyWithin(window time.Duration) func(sdk.Callback) (string, bool) {
	return func(cb sdk.Callback) (key string, once bool) {
		key, once = imevent.ContractOf(cb.Command).Key(cb)
		return key, once && window > 0
	}
}

// inboxSettings are the words of the file that a reload takes over.
func inboxSettings(f *config.File) inbox.Settings {
	s := inbox.Settings{
		OnFull: inbox.OnFull(f.Inbox.OnFull), Retention: f.Inbox.Retention, Memory: int64(f.Inbox.Memory),
		Retry:      inbox.Retry{MaxAge: f.Inbox.Retry.MaxAge, MaxBackoff: f.Inbox.Retry.MaxBackoff},
		Deliveries: make(map[string]inbox.Delivery, len(f.Inbox.Deliveries)),
	}
	for pattern, d := range f.Inbox.Deliveries {
		s.Deliveries[pattern] = inbox.Delivery{MaxInFlight: d.MaxInFlight, Timeout: d.Timeout, Order: inbox.Order(d.Order)}
	}
	return s
}
