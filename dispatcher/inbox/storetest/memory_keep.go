package storetest

import (
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// Subscriptions returns all of them, sorted.
func (m *Memory) Subscriptions(ctx context.Context) ([]store.Subscription, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return slices.Clone(m.data.Subscriptions), nil
}

// Subscribe keeps those that are new.
func (m *Memory) Subscribe(ctx context.Context, s ...store.Subscription) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	for _, one := range s {
		one.Since = kept(one.Since)
		m.data.subscribe(one)
	}
	return nil
}

func (d *memoryData) subscribe(s store.Subscription) {
	if at, ok := slices.BinarySearchFunc(d.Subscriptions, s, compareSubscription); !ok {
		d.Subscriptions = slices.Insert(d.Subscriptions, at, s)
	}
}

func compareSubscription(a, b store.Subscription) int {
	return cmp.Or(cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Pattern, b.Pattern))
}

// Unsubscribe forgets a subscription; waiting copies that it alone covered are dead.
func (m *Memory) Unsubscribe(ctx context.Context, plugin, pattern string) (dead int, err error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	at, ok := slices.BinarySearchFunc(m.data.Subscriptions,
		store.Subscription{Plugin: plugin, Pattern: pattern}, compareSubscription)
	if !ok {
		return 0, fmt.Errorf("unsubscribe %s from %s: %w", plugin, pattern, store.ErrNotFound)
	}
	m.data.Subscriptions = slices.Delete(m.data.Subscriptions, at, at+1)
	for _, e := range m.data.Events {
		c := e.copy(plugin)
		if c == nil || !c.State.Waiting() || m.data.covered(plugin, e.Event.Command) {
			continue
		}
		if (sdk.Claim{Pattern: pattern}).Matches(e.Event.Command) {
			c.State, c.Reason, c.DueAt = store.Dead, store.Unsubscribed, time.Time{}
			dead++
		}
	}
	return dead, nil
}

func (d *memoryData) covered(plugin, command string) bool {
	return slices.ContainsFunc(d.Subscriptions, func(s store.Subscription) bool {
		return s.Plugin == plugin && sdk.Claim{Pattern: s.Pattern}.Matches(command)
	})
}

// Move gives everything of one plugin to another name.
func (m *Memory) Move(ctx context.Context, from, to string) (copies int, err error) {
	if err := m.enter(ctx); err != nil {
		return 0, err
	}
	defer m.mu.Unlock()
	var moving []store.Subscription
	m.data.Subscriptions = slices.DeleteFunc(m.data.Subscriptions, func(s store.Subscription) bool {
		if s.Plugin == from {
			moving = append(moving, s)
		}
		return s.Plugin == from
	})
	for _, s := range moving {
		s.Plugin = to
		m.data.subscribe(s)
	}
	had := 0
	for _, e := range m.data.Events {
		c := e.copy(from)
		if c == nil {
			continue
		}
		had++
		e.Copies = slices.DeleteFunc(e.Copies, func(other *store.Copy) bool { return other == c })
		if e.copy(to) != nil {
			m.data.Size -= copyBytes
			continue
		}
		c.Plugin = to
		e.add(c)
		copies++
	}
	if had+len(moving) == 0 {
		return 0, fmt.Errorf("move %s to %s: %w", from, to, store.ErrNotFound)
	}
	return copies, nil
}

// Trim lets go of finished events, the oldest first.
func (m *Memory) Trim(ctx context.Context, r store.Retention) (store.Trimmed, error) {
	if err := m.enter(ctx); err != nil {
		return store.Trimmed{}, err
	}
	defer m.mu.Unlock()
	m.calls.Trim++
	var trimmed store.Trimmed
	m.data.Events = slices.DeleteFunc(m.data.Events, func(e *memoryEvent) bool {
		old := e.Event.ReceivedAt.Before(r.Before)
		tooMuch := r.MaxBytes > 0 && m.data.Size >= r.MaxBytes
		if !old && !tooMuch || !e.finished() {
			return false
		}
		if r.Limit > 0 && trimmed.Events == r.Limit {
			trimmed.More = true
			return false
		}
		delete(m.data.IDs, e.Event.ID)
		trimmed.Events++
		trimmed.Bytes += e.size()
		m.data.Size -= e.size()
		return true
	})
	return trimmed, nil
}

func (e *memoryEvent) finished() bool {
	return !slices.ContainsFunc(e.Copies, func(c *store.Copy) bool {
		return c.State != store.Done && c.State != store.Dropped
	})
}

// Backup writes everything to a new file, which [RestoreMemory] reads.
func (m *Memory) Backup(ctx context.Context, file string, progress store.Progress) error {
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the test says where
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	err = errors.Join(gob.NewEncoder(out).Encode(m.data), out.Close())
	if err != nil {
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	if progress != nil {
		progress(m.data.Size, m.data.Size)
	}
	return nil
}

// RestoreMemory returns a store with what was backed up to file.
func RestoreMemory(file string, o MemoryOptions) (*Memory, error) {
	in, err := os.Open(file) //nolint:gosec // the test says where
	if err != nil {
		return nil, fmt.Errorf("restore: %w", err)
	}
	m := NewMemory(o)
	err = errors.Join(gob.NewDecoder(in).Decode(&m.data), in.Close())
	if err != nil {
		return nil, fmt.Errorf("restore %s: %w", file, err)
	}
	return m, nil
}

// Check names each event that was damaged.
func (m *Memory) Check(ctx context.Context, progress store.Progress) (problems []string, err error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	for i, e := range m.data.Events {
		if e.Damaged {
			problems = append(problems, fmt.Sprintf("event %d is not what was written", e.Event.Seq))
		}
		if progress != nil {
			progress(int64(i+1), int64(len(m.data.Events)))
		}
	}
	return problems, nil
}
