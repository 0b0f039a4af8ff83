package inbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Status tells the inbox at a glance.
func (b *Inbox) Status(ctx context.Context) (Status, error) {
	stats, err := b.options.Store.Stats(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read the inbox's state: %w", err)
	}
	subscriptions, err := b.options.Store.Subscriptions(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read the subscriptions: %w", err)
	}
	s := Status{Stats: stats, Lines: lines(stats.Queues, b.courier.Lines())}
	s.Problem, s.Full, s.Since = b.Problem()
	for _, sub := range subscriptions {
		s.Subscriptions = append(s.Subscriptions, b.subscriptionStatus(sub, stats.Queues))
	}
	return s, nil
}

// lines joins what waits with what the courier does about it.
func lines(queues []store.Queue, under []courier.LineState) []LineStatus {
	var all []LineStatus
	retryAt := map[int]time.Time{} // by line
	of := map[[2]string]int{}      // plugin and command, to the line
	for _, u := range under {
		for _, command := range u.Commands {
			of[[2]string{u.Plugin, command}] = len(all)
		}
		retryAt[len(all)] = u.RetryAt
		all = append(all, LineStatus{
			Line: u.Line, InFlight: u.InFlight, Limit: u.Limit, Why: u.Why, Until: u.Until, LastError: u.LastError,
		})
	}
	for _, q := range queues {
		if q.Waiting()+q.Dead == 0 {
			continue
		}
		at, known := of[[2]string{q.Plugin, q.Command}]
		if !known {
			at = len(all)
			all = append(all, LineStatus{Line: store.Line{Plugin: q.Plugin, Commands: []string{q.Command}}})
		}
		l := &all[at]
		l.Ready, l.Retry, l.Dead = l.Ready+q.Ready, l.Retry+q.Retry, l.Dead+q.Dead
		if !q.Oldest.IsZero() {
			l.Oldest = earlier(l.Oldest, q.Oldest)
		}
	}
	for i := range all {
		all[i].sayRetry(retryAt[i])
	}
	all = slices.DeleteFunc(all, func(l LineStatus) bool { return l.Ready+l.Retry+l.Dead == 0 && l.InFlight == 0 })
	slices.SortFunc(all, func(a, c LineStatus) int {
		return cmp.Or(strings.Compare(a.Plugin, c.Plugin), slices.Compare(a.Commands, c.Commands))
	})
	return all
}

// sayRetry says what a line waits for that nothing keeps from its deliveries but
// that earlier ones have failed.
func (l *LineStatus) sayRetry(at time.Time) {
	if l.Why != "" || l.InFlight > 0 || l.Retry == 0 || at.IsZero() {
		return
	}
	l.Why, l.Until = "the next attempt is not due yet", at
	if l.Ready > 0 {
		l.Why = "one failed and is not due yet: what its order puts behind it waits"
	}
}

// subscriptionStatus says what becomes of a subscription.
func (b *Inbox) subscriptionStatus(s store.Subscription, queues []store.Queue) SubscriptionStatus {
	status := SubscriptionStatus{Subscription: s}
	command := s.Pattern // an exact pattern is a command; else ask about one that it covers
	for _, q := range queues {
		if q.Plugin != s.Plugin || !(sdk.Claim{Pattern: s.Pattern}).Matches(q.Command) {
			continue
		}
		status.Waiting += q.Waiting()
		status.Dead += q.Dead
		command = q.Command
	}
	status.Why = b.options.Serves(s.Plugin, command)
	return status
}

// problemOf says what keeps callbacks from being accepted.
func (b *Inbox) problemOf(s commit.State) string {
	switch s.Kind {
	case commit.Full:
		return fmt.Sprintf("the inbox is full: %v; %s", s.Err, howToMakeRoom)
	case commit.Failing:
		return fmt.Sprintf("the inbox cannot be written: %v; %s", s.Err, b.howToMend())
	default:
		return ""
	}
}

// Problem says why callbacks are not accepted as they should be, whether it is for want
// of room, and since when; it is empty where they are accepted. It asks nobody, so that a
// health check may call it.
func (b *Inbox) Problem() (text string, full bool, since time.Time) {
	s := b.committer.State()
	if s.Kind == commit.OK {
		return "", false, time.Time{}
	}
	return b.problemOf(s), s.Kind == commit.Full, s.Since
}
