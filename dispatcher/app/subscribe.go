package app

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/switchhook/switchhook/dispatcher"
	"github.com/switchhook/switchhook/dispatcher/inbox"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// subscribeAgain is when a subscription that could not be kept is tried again.
const subscribeAgain = 10 * time.Second

// interest is that a plugin wants the events of a pattern.
type interest struct{ plugin, pattern string }

// subscribe keeps in the inbox who wants what, as claims and routes have it, until ctx
// ends. It is nothing that a change of the routes waits for: a new subscription may
// reach far back, and events are kept for whom they are routed to in any case.
func (a *App) subscribe(ctx context.Context, b *inbox.Inbox) {
	had := make(map[interest]bool) // what has been kept before
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-a.stood:
		}
		again = nil
		wanted := a.standing.Load().subscriptions(had, time.Now())
		if err := b.Subscribe(ctx, wanted...); err != nil {
			if ctx.Err() == nil {
				a.log.ErrorContext(ctx, "subscriptions not kept", "subscriptions", len(wanted), "err", err)
			}
			again = time.After(subscribeAgain)
			continue
		}
		for _, s := range wanted {
			had[interest{s.Plugin, s.Pattern}] = true
		}
	}
}

// lookAtSubscriptions has what claims and routes want kept again: there is a new
// standing, or an operator has taken away what is wanted all the same.
func (a *App) lookAtSubscriptions() {
	select {
	case a.stood <- struct{}{}:
	default: // it looks at the latest anyway
	}
}

// subscriptions are those that are to be kept; one that is kept already stays as it
// is. A new plugin says in its configuration from when on it wants its events; one that
// had a subscription, which an operator has ended or moved, wants them from now on: it
// has had the earlier ones.
func (s *standing) subscriptions(had map[interest]bool, now time.Time) []store.Subscription {
	interests := s.interests()
	all := make([]store.Subscription, len(interests))
	for n, i := range interests {
		since := now
		if !had[i] {
			since = now.Add(-s.file.Plugins[i.plugin].Since)
		}
		all[n] = store.Subscription{Plugin: i.plugin, Pattern: i.pattern, Since: since}
	}
	return all
}

// interests says who wants what: by the plugin's claim where it gets all the events
// that the claim covers, else by each command that it gets. Apps make no difference.
func (s *standing) interests() []interest {
	durable := distinct(s.routes)
	partial := make(map[interest]bool)
	for _, r := range durable {
		for name := range s.plugins {
			if claim, ok := s.closest(name, r.Command); ok && !slices.Contains(r.Handlers, name) {
				partial[interest{name, claim}] = true
			}
		}
	}
	found := make(map[interest]bool)
	for _, r := range durable {
		for _, name := range r.Handlers {
			claim, ok := s.closest(name, r.Command)
			switch {
			case ok && !partial[interest{name, claim}]:
				found[interest{name, claim}] = true
			case !ok || !strings.HasSuffix(r.Command, "*"): // else it is what is left of a family, of which no pattern tells
				found[interest{name, r.Command}] = true
			}
		}
	}
	all := make([]interest, 0, len(found))
	for i := range found {
		all = append(all, i)
	}
	slices.SortFunc(all, func(x, y interest) int { return strings.Compare(x.plugin+" "+x.pattern, y.plugin+" "+y.pattern) })
	return all
}

// closest is the plugin's closest claim on a command or on a whole pattern.
func (s *standing) closest(plugin, subject string) (pattern string, ok bool) {
	best := sdk.Claim{}
	for _, c := range s.plugins[plugin].Claims {
		if c.Matches(subject) && (!ok || c.Specificity() > best.Specificity()) {
			best, ok = c, true
		}
	}
	return best.Pattern, ok
}

// distinct keeps the durable routes, one of those that are alike: most apps have the
// same.
func distinct(routes []dispatcher.RouteInfo) []dispatcher.RouteInfo {
	seen := make(map[string]bool)
	return slices.DeleteFunc(slices.Clone(routes), func(r dispatcher.RouteInfo) bool {
		key := r.Command + " " + strings.Join(r.Handlers, " ")
		if r.Mode != dispatcher.ModeDurable || seen[key] {
			return true
		}
		seen[key] = true
		return false
	})
}
