package storetest

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Waiting returns copies to deliver, in order of acceptance.
func (m *Memory) Waiting(ctx context.Context, q store.WaitingQuery) ([]store.Copy, error) {
	if err := m.enter(ctx); err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	m.calls.Waiting++
	page := bounds{limit: q.Limit, maxBytes: q.MaxBytes}
	for e, c := range m.data.line(q.Line) {
		wanted := c.State == store.Ready || q.Retries && c.State == store.Retry
		if e.Event.Seq > q.After && wanted && !page.add(e, c) {
			break
		}
	}
	return page.copies, nil
}

// Due returns copies whose next attempt is due, and when the earliest of those left
// falls due.
func (m *Memory) Due(ctx context.Context, q store.DueQuery) (copies []store.Copy, next time.Time, err error) {
	if err := m.enter(ctx); err != nil {
		return nil, time.Time{}, err
	}
	defer m.mu.Unlock()
	m.calls.Due++
	type retry struct {
		e   *memoryEvent
		c   *store.Copy
		due time.Time
	}
	var retries []retry
	for e, c := range m.data.line(q.Line) {
		switch {
		case c.State != store.Retry:
		case !q.Latest.IsZero() && c.DueAt.After(q.Latest):
			retries = append(retries, retry{e, c, q.Now})
		default:
			retries = append(retries, retry{e, c, c.DueAt})
		}
	}
	slices.SortStableFunc(retries, func(a, b retry) int { return a.due.Compare(b.due) })
	page := bounds{limit: q.Limit, maxBytes: q.MaxBytes}
	for _, r := range retries {
		if r.due.After(q.Now) || !page.add(r.e, r.c) {
			return page.copies, r.due, nil
		}
	}
	return page.copies, time.Time{}, nil
}

// Scan returns a page of copies.
func (m *Memory) Scan(ctx context.Context, q store.ScanQuery) (store.Page, error) {
	if err := m.enter(ctx); err != nil {
		return store.Page{}, err
	}
	defer m.mu.Unlock()
	m.calls.Scan++
	events := slices.Clone(m.data.Events)
	if q.Newest {
		slices.Reverse(events)
	}
	var page store.Page
	for _, e := range events {
		for _, c := range e.Copies {
			if !after(q, e, c) || !chosen(q.Filter, e, c) {
				continue
			}
			if q.Limit > 0 && len(page.Copies) == q.Limit {
				last := page.Copies[q.Limit-1]
				page.Next = &store.Cursor{Seq: last.Event.Seq, Plugin: last.Plugin}
				return page, nil
			}
			page.Copies = append(page.Copies, e.read(c, q.Bodies))
		}
	}
	return page, nil
}

// Stats returns counts and sizes.
func (m *Memory) Stats(ctx context.Context) (store.Stats, error) {
	if err := m.enter(ctx); err != nil {
		return store.Stats{}, err
	}
	defer m.mu.Unlock()
	m.calls.Stats++
	queues := map[[2]string]*store.Queue{}
	for _, e := range m.data.Events {
		for _, c := range e.Copies {
			name := [2]string{c.Plugin, e.Event.Command}
			if queues[name] == nil {
				queues[name] = &store.Queue{Plugin: c.Plugin, Command: e.Event.Command}
			}
			count(queues[name], e.Event.ReceivedAt, c.State)
		}
	}
	stats := store.Stats{
		Events: int64(len(m.data.Events)), LastSeq: m.data.LastSeq,
		SizeBytes: m.data.Size, MaxBytes: m.options.MaxBytes, DiskFreeBytes: -1, Unclean: m.unclean,
	}
	for _, q := range queues {
		stats.Queues = append(stats.Queues, *q)
	}
	slices.SortFunc(stats.Queues, func(a, b store.Queue) int {
		return cmp.Or(cmp.Compare(a.Plugin, b.Plugin), cmp.Compare(a.Command, b.Command))
	})
	return stats, nil
}

func count(q *store.Queue, received time.Time, s store.State) {
	counters := [...]*int64{&q.Ready, &q.Retry, &q.Done, &q.Dead, &q.Dropped}
	*counters[s]++
	if s.Waiting() && (q.Oldest.IsZero() || received.Before(q.Oldest)) {
		q.Oldest = received
	}
}

// line walks through a line's copies in the order of Seq.
func (d *memoryData) line(l store.Line) iter.Seq2[*memoryEvent, *store.Copy] {
	return func(yield func(*memoryEvent, *store.Copy) bool) {
		for _, e := range d.Events {
			if !slices.Contains(l.Commands, e.Event.Command) {
				continue
			}
			if c := e.copy(l.Plugin); c != nil && !yield(e, c) {
				return
			}
		}
	}
}

// read is the copy as a reader gets it.
func (e *memoryEvent) read(c *store.Copy, body bool) store.Copy {
	read := *c
	read.Event = e.Event
	read.Event.Body = nil
	if body {
		read.Event.Body = bytes.Clone(e.Event.Body)
		read.Corrupt = e.Damaged
	}
	return read
}

// bounds collects copies up to a count and a size; below 1 there is no bound.
type bounds struct {
	limit    int
	maxBytes int64
	copies   []store.Copy
	bytes    int64
}

func (b *bounds) add(e *memoryEvent, c *store.Copy) bool {
	size := int64(len(e.Event.Body))
	if b.limit > 0 && len(b.copies) == b.limit {
		return false
	}
	if b.maxBytes > 0 && len(b.copies) > 0 && b.bytes+size > b.maxBytes {
		return false
	}
	b.copies, b.bytes = append(b.copies, e.read(c, true)), b.bytes+size
	return true
}

// after says whether the copy comes after the scan's cursor.
func after(q store.ScanQuery, e *memoryEvent, c *store.Copy) bool {
	switch {
	case q.After == nil:
		return true
	case e.Event.Seq == q.After.Seq:
		return c.Plugin > q.After.Plugin
	}
	return q.Newest == (e.Event.Seq < q.After.Seq)
}

func chosen(f store.Filter, e *memoryEvent, c *store.Copy) bool {
	ev := &e.Event
	for _, want := range [][2]string{{f.App, ev.AppID}, {f.Plugin, c.Plugin}, {f.ID, ev.ID}, {f.Key, ev.Key}} {
		if want[0] != "" && want[0] != want[1] {
			return false
		}
	}
	return f.Covers(ev.Command) && chosenTime(f, ev.ReceivedAt) && chosenState(f, c)
}

func chosenTime(f store.Filter, received time.Time) bool {
	return (f.Since.IsZero() || !received.Before(f.Since)) && (f.Until.IsZero() || received.Before(f.Until))
}

func chosenState(f store.Filter, c *store.Copy) bool {
	if len(f.States) > 0 && !slices.Contains(f.States, c.State) {
		return false
	}
	return f.Reason == store.NoReason || c.State == store.Dead && c.Reason == f.Reason
}
