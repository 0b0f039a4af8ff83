package sqlite

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// chunk is how many copies one transaction of a long change takes, so that commits
// come in between.
const chunk = 2000

// Subscriptions returns all of them, sorted by plugin and pattern.
func (s *Store) Subscriptions(ctx context.Context) (all []store.Subscription, err error) {
	err = s.read(ctx, func(r *reader) (err error) {
		rows, err := r.query("SELECT plugin, pattern, since FROM subscriptions ORDER BY plugin, pattern")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		for rows.Next() {
			var one store.Subscription
			var since int64
			if err := rows.Scan(&one.Plugin, &one.Pattern, &since); err != nil {
				return err //nolint:wrapcheck // wrapped below
			}
			one.Since = instant(since)
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read subscriptions: %w", err)
	}
	return all, nil
}

// Subscribe keeps those that are new.
func (s *Store) Subscribe(ctx context.Context, subscriptions ...store.Subscription) error {
	err := s.write(ctx, func(c *change) error {
		return c.subscribe(subscriptions)
	})
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func (c *change) subscribe(subscriptions []store.Subscription) error {
	for _, one := range subscriptions {
		if _, err := c.w.exec("INSERT INTO subscriptions VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			one.Plugin, one.Pattern, micros(one.Since)); err != nil {
			return err
		}
	}
	return nil
}

// Unsubscribe forgets a subscription. Its waiting copies become dead letters a chunk at
// a time, and the last of them with the subscription itself, so that an end in between
// leaves it to be done again.
func (s *Store) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	for more := true; more; {
		var n int
		err := s.write(ctx, func(c *change) (err error) {
			n, more, err = c.unsubscribe(plugin, pattern)
			return err
		})
		if err != nil {
			return dead, fmt.Errorf("unsubscribe %s from %s: %w", plugin, pattern, err)
		}
		dead += n
	}
	return dead, nil
}

func (c *change) unsubscribe(plugin, pattern string) (dead int, more bool, err error) {
	others, found, err := c.patterns(plugin, pattern)
	if err != nil {
		return 0, false, err
	}
	if !found {
		return 0, false, store.ErrNotFound
	}
	orphans := c.ledger.find(func(q *queue) bool {
		return q.plugin == plugin && sdk.Claim{Pattern: pattern}.Matches(q.command) &&
			!slices.ContainsFunc(others, func(other string) bool { return sdk.Claim{Pattern: other}.Matches(q.command) })
	})
	for _, q := range orphans {
		for _, state := range []store.State{store.Ready, store.Retry} {
			seqs, err := c.w.numbers(indexed(state, " ORDER BY seq LIMIT ?", "seq"), q.id, chunk-dead)
			if err != nil {
				return 0, false, err
			}
			for _, seq := range seqs {
				if err := c.bury(plugin, seq); err != nil {
					return 0, false, err
				}
			}
			if dead += len(seqs); dead >= chunk {
				return dead, true, nil
			}
		}
	}
	_, err = c.w.exec("DELETE FROM subscriptions WHERE plugin = ? AND pattern = ?", plugin, pattern)
	return dead, false, err
}

// patterns returns the plugin's subscriptions but for one, and whether that exists.
func (c *change) patterns(plugin, but string) (others []string, found bool, err error) {
	stmt, err := c.w.stmt("SELECT pattern FROM subscriptions WHERE plugin = ?")
	if err != nil {
		return nil, false, err
	}
	rows, err := stmt.QueryContext(c.w.ctx, plugin)
	if err != nil {
		return nil, false, err //nolint:wrapcheck // the caller says what it was about
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var pattern string
		if err := rows.Scan(&pattern); err != nil {
			return nil, false, err //nolint:wrapcheck // the caller says what it was about
		}
		if pattern == but {
			found = true
		} else {
			others = append(others, pattern)
		}
	}
	return others, found, rows.Err() //nolint:wrapcheck // the caller says what it was about
}

// bury makes a waiting copy the dead letter of a subscription that is gone.
func (c *change) bury(plugin string, seq int64) error {
	q, row, err := c.find(plugin, seq)
	if err == nil && q == nil && c.w.strict {
		err = fmt.Errorf("event %d: an index has a copy that is not there: %w", seq, ErrUnreadable)
	}
	if err != nil || q == nil {
		return err
	}
	old := int(row.state)
	row.state, row.reason, row.due = int64(store.Dead), int64(store.Unsubscribed), 0
	return c.update(q, old, &row)
}

// write does work in a transaction of its own.
func (s *Store) write(ctx context.Context, work func(*change) error) error {
	if err := ctx.Err(); err != nil {
		return err //nolint:wrapcheck // the caller says what it was about
	}
	if s.options.Replica {
		return errReplica
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transactOrHeal(work)
}
