package storetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// What an event and a copy count beside their texts.
const (
	eventBytes = 128
	copyBytes  = 64
)

// Commit keeps b, or nothing of it.
func (m *Memory) Commit(ctx context.Context, b *store.Batch) error {
	m.commit.Lock()
	defer m.commit.Unlock()
	if err := m.enter(ctx); err != nil {
		return err
	}
	defer m.mu.Unlock()
	m.calls.Commits++
	if m.fail != nil {
		return m.fail
	}
	now := m.options.Now()
	if err := m.admit(b, now); err != nil {
		return err
	}
	for i := range b.Appends {
		m.append(&b.Appends[i], now)
	}
	for i := range b.Results {
		m.data.result(&b.Results[i])
	}
	for i := range b.Requeues {
		m.data.requeue(&b.Requeues[i])
	}
	for i := range b.Drops {
		m.data.drop(&b.Drops[i])
	}
	return nil
}

// admit says whether all of b may be kept; what comes after it cannot fail.
func (m *Memory) admit(b *store.Batch, now time.Time) error {
	size, ids, keys := m.data.Size, map[string]bool{}, map[string]bool{}
	for _, a := range b.Appends {
		if a.Once && (keys[a.Event.Key] || m.seen(a.Event.Key, now)) {
			continue
		}
		if len(a.Plugins) == 0 || ids[a.Event.ID] || m.data.IDs[a.Event.ID] {
			return fmt.Errorf("append event %s: it is for no plugin, or its id is taken", a.Event.ID)
		}
		ids[a.Event.ID] = true
		keys[a.Event.Key] = keys[a.Event.Key] || a.Once
		size += eventSize(a.Event) + copyBytes*int64(len(a.Plugins))
	}
	if len(b.Appends)+len(b.Requeues) > 0 && m.full(size, b.Requeues) {
		return fmt.Errorf("commit %d events: %w", len(b.Appends), store.ErrFull)
	}
	return nil
}

func (m *Memory) full(size int64, requeues []store.Requeue) bool {
	for _, r := range requeues {
		if e := m.data.event(r.Seq); e != nil && e.copy(r.Plugin) == nil {
			size += copyBytes
		}
	}
	return m.options.MaxBytes > 0 && size > m.options.MaxBytes
}

func (m *Memory) seen(key string, now time.Time) bool {
	at, ok := m.data.Seen[key]
	return ok && now.Sub(at) < m.options.DuplicateWindow && at.Sub(now) <= m.options.DuplicateWindow
}

func (m *Memory) append(a *store.Append, now time.Time) {
	a.Event.Seq, a.Duplicate = 0, false
	if a.Once {
		if m.seen(a.Event.Key, now) {
			a.Duplicate = true
			return
		}
		m.data.Seen[a.Event.Key] = now
	}
	m.data.LastSeq++
	a.Event.Seq = m.data.LastSeq
	e := &memoryEvent{Event: a.Event}
	e.Event.ReceivedAt = kept(a.Event.ReceivedAt)
	e.Event.Body = bytes.Clone(a.Event.Body)
	for _, plugin := range a.Plugins {
		if e.copy(plugin) == nil {
			e.add(&store.Copy{Plugin: plugin, Purpose: sdk.Live})
		}
	}
	m.data.Events = append(m.data.Events, e)
	m.data.IDs[e.Event.ID] = true
	m.data.Size += e.size()
}

func (d *memoryData) result(r *store.Result) {
	c := d.copy(r.Plugin, r.Seq)
	r.Changed = c != nil && c.State.Waiting()
	if !r.Changed {
		return
	}
	c.State, c.Attempts, c.LastAt = r.State, r.Attempts, kept(r.At)
	if c.FirstAt.IsZero() {
		c.FirstAt = c.LastAt
	}
	c.DueAt = time.Time{}
	if r.State == store.Retry {
		c.DueAt = kept(r.DueAt)
	}
	c.Reason, c.Error = r.Reason, store.Shortened(r.Error)
}

func (d *memoryData) requeue(r *store.Requeue) {
	r.Queued = false
	e := d.event(r.Seq)
	if e == nil {
		return
	}
	c := e.copy(r.Plugin)
	switch {
	case c == nil:
		c = &store.Copy{Plugin: r.Plugin}
		e.add(c)
		d.Size += copyBytes
	case r.OnlyNew || c.State != store.Done && c.State != store.Dead:
		return
	}
	c.State, c.Purpose = store.Ready, r.Purpose
	c.FirstAt, c.DueAt, c.Reason, c.Error = time.Time{}, time.Time{}, store.NoReason, ""
	r.Queued = true
}

func (d *memoryData) drop(p *store.Drop) {
	c := d.copy(p.Plugin, p.Seq)
	p.Dropped = c != nil && c.State == store.Dead
	if p.Dropped {
		c.State = store.Dropped
	}
}

func (e *memoryEvent) size() int64 {
	return eventSize(e.Event) + copyBytes*int64(len(e.Copies))
}

func eventSize(e store.Event) int64 {
	size := eventBytes + len(e.Body)
	for _, s := range []string{e.ID, e.Key, e.Command, e.AppID, e.ClientIP, e.Platform} {
		size += len(s)
	}
	return int64(size)
}

// kept is t as a store keeps it.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func comparePlugin(c *store.Copy, plugin string) int { return cmp.Compare(c.Plugin, plugin) }
