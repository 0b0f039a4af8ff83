package jetstream_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// history is a log in memory, which stores have in common as gateways have a cluster. It
// leaves a place free between two entries, as what is offered does.
type history struct {
	mu        sync.Mutex
	id        string // which a log that is made anew has another of
	records   []written
	first     uint64
	last      uint64
	snapshots map[uint64][]byte
	moved     chan struct{}
	away      bool
	mute      bool      // its servers are there, and too few of them
	turned    time.Time // when it went away, or came back
	newer     uint64    // the entry that a newer gateway wrote
	floor     uint64

	store.Handout                     // there is none but for offers
	offered       map[string][]uint64 // by plugin
}

// written is an entry as it lies there.
type written struct {
	mark uint64
	id   string
	data []byte
}

func newHistory() *history {
	return &history{turned: time.Now(), first: 1, snapshots: map[uint64][]byte{}, offered: map[string][]uint64{}, moved: make(chan struct{})}
}

// client is a gateway's connection to it.
type client struct {
	*history
	closed chan struct{}
	deaf   bool // it is told of nothing that comes
}

func (h *history) connect() *client { return &client{history: h, closed: make(chan struct{})} }

func (h *history) changed() {
	close(h.moved)
	h.moved = make(chan struct{})
}

// set changes it under its lock.
func (h *history) set(change func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change()
	h.changed()
}

func (h *history) reachable() error {
	if h.away || h.mute {
		return fmt.Errorf("nobody answers: %w", cluster.ErrUnreachable)
	}
	return nil
}

func (h *history) Append(ctx context.Context, id string, _ []string, e *logpb.Entry) (uint64, error) {
	data, err := proto.Marshal(e)
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.reachable(); err != nil {
		return 0, err
	}
	h.last += 2
	h.records = append(h.records, written{mark: h.last, id: id, data: data})
	h.changed()
	return h.last, nil
}

func (c *client) Follow(ctx context.Context, after uint64, id string, f func([]cluster.Record) error) error {
	for _, w := range c.written() {
		if w.mark == after && id != "" && w.id != id {
			return cluster.ErrOther
		}
	}
	for {
		records, moved, err := c.next(after)
		if len(records) > 0 {
			if err := f(records); err != nil {
				return err
			}
			after = records[len(records)-1].Mark
			continue
		}
		if err != nil {
			return err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.closed:
			return cluster.ErrUnreachable
		}
	}
}

func (h *history) written() []written {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.records)
}

func (c *client) next(after uint64) (all []cluster.Record, moved chan struct{}, err error) {
	h := c.history
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.away || c.deaf {
		return nil, h.moved, nil
	}
	if h.first > after+1 {
		return nil, nil, fmt.Errorf("it begins at %d: %w", h.first, cluster.ErrGap)
	}
	for _, w := range h.records {
		switch {
		case w.mark <= after:
		case w.mark == h.newer:
			return all, nil, cluster.ErrNewer
		case len(all) < 50:
			e := &logpb.Entry{}
			if err := proto.Unmarshal(w.data, e); err != nil {
				return nil, nil, fmt.Errorf("read: %w", err)
			}
			all = append(all, cluster.Record{Mark: w.mark, ID: w.id, Entry: e, Size: len(w.data)})
		}
	}
	return all, h.moved, nil
}

func (h *history) End(context.Context) (uint64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.records) == 0 {
		return 0, h.reachable()
	}
	return h.records[len(h.records)-1].mark, h.reachable()
}

func (h *history) Bounds(context.Context) (first, last uint64, bytes int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, w := range h.records {
		bytes += int64(len(w.data))
	}
	return h.first, h.last, bytes, h.reachable()
}

func (h *history) Floors(_ context.Context, plugins ...string) (lowest uint64, some bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.floor, h.floor > 0 && len(plugins) > 0, h.reachable()
}

func (h *history) Purge(_ context.Context, upTo uint64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.records = slices.DeleteFunc(h.records, func(w written) bool { return w.mark <= upTo })
	h.first = upTo + 1
	return h.reachable()
}

func (h *history) Save(_ context.Context, mark uint64, file string, _ store.Progress) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	h.set(func() { h.snapshots = map[uint64][]byte{mark: data} })
	return nil
}

func (h *history) Latest(context.Context) (mark uint64, ok bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for mark := range h.snapshots {
		return mark, true, h.reachable()
	}
	return 0, false, h.reachable()
}

func (h *history) Load(_ context.Context, mark uint64, file string, _ store.Progress) error {
	h.mu.Lock()
	data := h.snapshots[mark]
	h.mu.Unlock()
	return os.WriteFile(file, data, 0o600)
}

// Offer takes note of what is offered.
func (h *history) Offer(_ context.Context, plugin string, seqs []uint64, _ bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offered[plugin] = append(h.offered[plugin], seqs...)
	return nil
}

// Baton is nobody's.
func (h *history) Baton(ctx context.Context, _ string, _ func(held context.Context)) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (h *history) LogID() string { return cmp.Or(h.id, "log") }

func (h *history) Status() cluster.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	return cluster.Status{Connected: !h.away, Since: h.turned, LastError: "cut off"}
}

func (c *client) Close() error {
	close(c.closed)
	return nil
}
