package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// SharedImplementation is a kind of [store.Shared], as [Shared] handles it.
type SharedImplementation struct {
	// New makes what stores have in common, with nothing in it.
	New func(t *testing.T, o Options) SharedLog
}

// SharedLog is what stores have in common.
type SharedLog struct {
	// Open opens another store; the test closes it.
	Open func(ctx context.Context) (store.Shared, error)
	// Kill has a store be cut off without a goodbye: nothing that it says is heard any
	// more. It is closed later, which may fail.
	Kill func(s store.Shared)
}

// sharedPatience bounds what a test of shared stores waits for, beyond what the stores
// themselves say that it takes.
const sharedPatience = 90 * time.Second

// sharedPromises are tests by what they hold shared stores to.
type sharedPromises map[string]func(f *sharedFixture)

// Shared holds stores that gateways share to everything that package store promises of
// them. To what it promises of each, [Run] does.
func Shared(t *testing.T, im SharedImplementation) {
	t.Helper()
	groups := map[string]sharedPromises{
		"Log": logPromises(), "Claim": claimPromises(), "Offer": offerPromises(), "Baton": batonPromises(),
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		for _, name := range slices.Sorted(maps.Keys(groups[group])) {
			t.Run(group+"/"+name, func(t *testing.T) {
				t.Parallel()
				groups[group][name](newSharedFixture(t, im))
			})
		}
	}
}

// sharedFixture is stores under test, and short words for what tests do with them.
type sharedFixture struct {
	*fixture
	log    SharedLog
	mu     sync.Mutex
	killed map[store.Shared]bool
}

func newSharedFixture(t *testing.T, im SharedImplementation) *sharedFixture {
	t.Helper()
	f := &sharedFixture{fixture: newFixture(t, Implementation{}), killed: map[store.Shared]bool{}}
	f.log = im.New(t, Options{DuplicateWindow: time.Hour, Now: f.now})
	return f
}

// join opens a store, and says what it tells.
func (f *sharedFixture) join() (store.Shared, *told) { //nolint:ireturn // whatever is tested
	f.t.Helper()
	s, err := f.log.Open(f.t.Context())
	f.must(err)
	f.t.Cleanup(func() {
		err := s.Close()
		f.mu.Lock()
		defer f.mu.Unlock()
		if err != nil && !f.killed[s] {
			f.t.Errorf("close: %v", err)
		}
	})
	w := &told{}
	s.Watch(w.applied)
	return s, w
}

func (f *sharedFixture) kill(s store.Shared) {
	f.mu.Lock()
	f.killed[s] = true
	f.mu.Unlock()
	f.log.Kill(s)
}

// told is what a store has told.
type told struct {
	mu       sync.Mutex
	events   []store.Event
	own      int
	results  int
	reshaped []string
}

func (w *told) applied(a store.Applied) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reshaped = append(w.reshaped, a.Reshaped...)
	if a.Batch == nil {
		return
	}
	for _, one := range a.Batch.Appends {
		if !one.Duplicate {
			w.events = append(w.events, one.Event)
			if a.Own {
				w.own++
			}
		}
	}
	w.results += len(a.Batch.Results)
}

// ids are those of the events told of, in order; each has the number of its place.
func (w *told) ids() (ids []string, numbers []uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		ids, numbers = append(ids, e.ID), append(numbers, e.Seq)
	}
	return ids, numbers
}

func (w *told) has(plugin string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.reshaped, plugin) || slices.Contains(w.reshaped, "*")
}

// finished counts the results told of.
func (w *told) finished() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.results
}

// commitTo commits b to one of the stores.
func (f *sharedFixture) commitTo(s store.Shared, b store.Batch) store.Batch {
	f.t.Helper()
	f.must(s.Commit(f.t.Context(), &b))
	return b
}

// addTo commits n events for a plugin to one of the stores, in one batch.
func (f *sharedFixture) addTo(s store.Shared, n int, plugin string) (seqs []uint64) {
	f.t.Helper()
	var b store.Batch
	for range n {
		b.Appends = append(b.Appends, store.Append{Event: f.event(added), Plugins: []string{plugin}})
	}
	for _, a := range f.commitTo(s, b).Appends {
		seqs = append(seqs, a.Event.Seq)
	}
	return seqs
}

// claim claims what there is for a plugin.
func (f *sharedFixture) claim(s store.Shared, plugin string) store.Claim { //nolint:ireturn // the interface's own
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), sharedPatience)
	defer cancel()
	c, err := s.Claim(ctx, plugin, 100)
	f.must(err)
	return c
}

// nothing holds a store to having nothing for a plugin for a moment.
func (f *sharedFixture) nothing(s store.Shared, plugin string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 300*time.Millisecond)
	defer cancel()
	if c, err := s.Claim(ctx, plugin, 100); err == nil {
		f.t.Errorf("%v is handed out", c.Seqs())
	}
}

// settled holds a store to handing nothing out, until nothing is in anybody's hands any more.
func (f *sharedFixture) settled(s store.Shared, plugin string) {
	f.t.Helper()
	f.eventually("nothing is in hand", func() bool {
		f.nothing(s, plugin) // somebody has to ask, to find out that there is nothing
		done, last, err := s.Places(f.t.Context(), plugin)
		f.must(err)
		return done >= last
	})
}

// eventually waits until something is so.
func (f *sharedFixture) eventually(what string, so func() bool) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), sharedPatience)
	defer cancel()
	for !so() {
		if !moment(ctx) {
			f.t.Fatalf("%s: not so after %v", what, sharedPatience)
		}
	}
}

// moment waits for one; false where ctx ends first.
func moment(ctx context.Context) bool {
	timer := time.NewTimer(5 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
