package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/config"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/sdk"
	"github.com/switchhook/switchhook/sdk/imevent"
)

// leastDrain is what the deliveries under way get at the end, however long the
// callbacks under way took.
const leastDrain = time.Second

// closeInbox ends the deliveries within what is left of the grace, while the plugins
// are still there, and gives the store back. What the end of the grace cuts short is
// delivered again by the next gateway, and no failure of this one. A second call does
// nothing.
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
	if err != nil && grace.Err() != nil && errors.Is(err, grace.Err()) {
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

// inboxReasons says what is wrong with the inbox, for /-/ready: in full, and for other
// machines without paths and the words of plugins. Dead letters are the operator's to
// deal with and no reason, and what waits for a plugin that is down has the plugin's.
func (a *App) inboxReasons() (full, public []string) {
	add := func(reason, detail string) {
		full, public = append(full, reason+": "+detail), append(public, reason+seeInbox)
	}
	b, err := a.opened()
	if err != nil {
		add("events are not accepted", err.Error())
		return full, public
	}
	if problem, since := b.Problem(); problem != "" {
		add("events are not accepted since "+since.UTC().Format(time.RFC3339), problem)
	}
	status, err := a.glance.take(b.Status)
	if err != nil {
		add("the inbox cannot be looked at", err.Error())
		return full, public
	}
	if l := status.Stats.Loss; l != nil {
		add(fmt.Sprintf("the inbox was damaged, and accepted events are lost (found %s)", l.At.UTC().Format(time.RFC3339)),
			l.Detail+"; the damaged files are kept in "+l.Aside)
	}
	waiting := a.waitingForNobody(status)
	for _, plugin := range slices.Sorted(maps.Keys(waiting)) {
		add(fmt.Sprintf("%s for plugin %s, and there is no such plugin", wait(waiting[plugin]), plugin),
			fmt.Sprintf("put its program into plugin_dir, or give them to another: `switchhook inbox subscriptions move %s OTHER`", plugin))
	}
	return full, public
}

func wait(n int64) string {
	if n == 1 {
		return "1 event waits"
	}
	return fmt.Sprintf("%d events wait", n)
}

const seeInbox = ": see `switchhook inbox status` on the gateway's machine"

// waitingForNobody counts what waits for plugins that nobody knows any more. Of the
// others the host says what is wrong.
func (a *App) waitingForNobody(status inbox.Status) map[string]int64 {
	standing := a.standing.Load()
	counts := make(map[string]int64)
	for _, line := range status.Lines {
		if n := line.Ready + line.Retry; n > 0 && !standing.has(line.Plugin) {
			counts[line.Plugin] += n
		}
	}
	return counts
}
