package jetstream

import (
	"context"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Subscribe keeps those that are new. What the view has already is not written again: every
// gateway asks for the same when it starts.
func (s *Store) Subscribe(ctx context.Context, subscriptions ...store.Subscription) error {
	known, err := s.Subscriptions(ctx)
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	fresh := slices.DeleteFunc(slices.Clone(subscriptions), func(one store.Subscription) bool {
		return slices.ContainsFunc(known, func(k store.Subscription) bool {
			return k.Plugin == one.Plugin && k.Pattern == one.Pattern
		})
	})
	if len(fresh) == 0 {
		return nil
	}
	if _, err := s.change(ctx, nil, &sqlite.Entry{Subscribe: fresh}); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

// Unsubscribe forgets a subscription; see [store.Subscriber].
func (s *Store) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	e, err := s.change(ctx, nil, &sqlite.Entry{Unsubscribe: &store.Subscription{Plugin: plugin, Pattern: pattern}})
	if err == nil {
		dead, err = e.Count, e.Err
	}
	if err != nil {
		return dead, fmt.Errorf("unsubscribe %s from %s: %w", plugin, pattern, err)
	}
	return dead, nil
}

// Move gives everything of one plugin to another name; see [store.Subscriber].
func (s *Store) Move(ctx context.Context, from, to string) (copies int, err error) {
	e, err := s.change(ctx, nil, &sqlite.Entry{Move: &sqlite.Move{From: from, To: to}})
	if err == nil {
		copies, err = e.Count, e.Err
	}
	if err != nil {
		return copies, fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	return copies, nil
}

// Trim lets go of finished events, the oldest first. The view of this gateway chooses them;
// those that are not finished in the log's order stay.
func (s *Store) Trim(ctx context.Context, r store.Retention) (store.Trimmed, error) {
	var done store.Trimmed
	limit := r.Limit
	for chosen := 0; ; {
		var seqs []uint64
		more, err := ask(s, func(v *view) (more bool, err error) {
			seqs, more, err = v.Choose(ctx, r)
			return more, err
		})
		if err != nil {
			return done, fmt.Errorf("trim: %w", err)
		}
		if len(seqs) == 0 {
			return done, nil
		}
		e, err := s.change(ctx, nil, &sqlite.Entry{Trim: seqs})
		if err != nil {
			return done, fmt.Errorf("trim: %w", err)
		}
		done.Events, done.Bytes = done.Events+e.Count, done.Bytes+e.Bytes
		if chosen += len(seqs); !more || limit > 0 && chosen >= limit || e.Count == 0 {
			done.More = more && e.Count > 0
			return done, nil
		}
		r.Limit = max(0, limit-chosen)
	}
}
