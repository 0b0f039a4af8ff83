package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// MemoryOptions are what a [Memory] is made from. The zero field means the usual.
type MemoryOptions struct {
	// MaxBytes bounds the store; 0 for no bound. Each event counts with its texts, its
	// body and 128 bytes, and each copy with 64.
	MaxBytes int64
	// DuplicateWindow is how long a key that proves its occurrence is remembered [1 h].
	DuplicateWindow time.Duration
	// Now tells the time, by which the window ends [time.Now].
	Now func() time.Time
}

// Memory is a [store.Store] in memory. It is safe for concurrent use. What it is asked
// for it finds by walking through all it has, so that it can be read at a glance.
type Memory struct {
	options MemoryOptions
	commit  sync.Mutex // held by a commit, and by Hold

	mu      sync.Mutex
	closed  bool
	unclean bool
	left    bool // closed as a kill would
	fail    error
	calls   Calls
	data    memoryData
}

// memoryData is what a real store has in its files.
type memoryData struct {
	LastSeq       uint64
	Size          int64
	Events        []*memoryEvent // by Seq
	IDs           map[string]bool
	Seen          map[string]time.Time // when a key was stored
	Subscriptions []store.Subscription // by plugin and pattern
}

type memoryEvent struct {
	Event   store.Event
	Damaged bool
	Copies  []*store.Copy // by plugin; their Event is empty
}

var (
	_ store.Store = (*Memory)(nil)

	errClosed = errors.New("the store is closed")
)

// NewMemory returns an empty store.
func NewMemory(o MemoryOptions) *Memory {
	if o.DuplicateWindow == 0 {
		o.DuplicateWindow = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Memory{options: o, data: memoryData{IDs: map[string]bool{}, Seen: map[string]time.Time{}}}
}

// Reopen opens the store again, with all it had. Where it was not closed before, or
// left, that is what follows a crash.
func (m *Memory) Reopen() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unclean, m.closed, m.left = !m.closed || m.left, false, false
}

// Close has everything that is asked later fail, until [Memory.Reopen].
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosed
	}
	m.closed = true
	return nil
}

// Leave is Close, and [Memory.Reopen] is then what follows a crash.
func (m *Memory) Leave() error {
	err := m.Close()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = err == nil
	return err
}

// enter begins whatever is asked of the store; the caller unlocks m.mu where there is
// no error.
func (m *Memory) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("ask the store: %w", err)
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return errClosed
	}
	return nil
}

func (d *memoryData) event(seq uint64) *memoryEvent {
	at, ok := slices.BinarySearchFunc(d.Events, seq, compareSeq)
	if !ok {
		return nil
	}
	return d.Events[at]
}

func (d *memoryData) copy(plugin string, seq uint64) *store.Copy {
	if e := d.event(seq); e != nil {
		return e.copy(plugin)
	}
	return nil
}

func (e *memoryEvent) copy(plugin string) *store.Copy {
	at, ok := slices.BinarySearchFunc(e.Copies, plugin, comparePlugin)
	if !ok {
		return nil
	}
	return e.Copies[at]
}

// add puts c in its place; the plugin has none of the event yet.
func (e *memoryEvent) add(c *store.Copy) {
	at, _ := slices.BinarySearchFunc(e.Copies, c.Plugin, comparePlugin)
	e.Copies = slices.Insert(e.Copies, at, c)
}

func compareSeq(e *memoryEvent, seq uint64) int {
	switch {
	case e.Event.Seq < seq:
		return -1
	case e.Event.Seq > seq:
		return 1
	}
	return 0
}
