package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestWhatOneGatewayCommitsAllOfThemHave(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s, other := gateway(t, h), gateway(t, h)
	story(t, s)
	must(t, other.Await(t.Context(), s.Mark()))
	same(t, "answers", ask(t, s), ask(t, other))
	accept(t, other, 101, 102, "a")
	must(t, s.Await(t.Context(), other.Mark()))
	same(t, "answers", ask(t, other), ask(t, s))
}

func TestOfOneKeyThatManyGatewaysAcceptAtOnceOneIsKept(t *testing.T) {
	t.Parallel()
	const gateways, keys = 3, 10
	h := newHistory()
	var kept atomic.Int32
	var all sync.WaitGroup
	var stores []*jetstream.Store
	for range gateways {
		stores = append(stores, gateway(t, h))
	}
	for g, s := range stores {
		all.Go(func() {
			for n := range keys {
				e := event(n)
				e.ID = fmt.Sprintf("%d of gateway %d", n, g)
				b := store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{"a"}, Once: true}}}
				if err := s.Commit(t.Context(), &b); err != nil {
					t.Error(err)
				}
				if !b.Appends[0].Duplicate {
					kept.Add(1)
				}
			}
		})
	}
	all.Wait()
	same(t, "how many were kept", int32(keys), kept.Load())
	for _, s := range stores[1:] {
		must(t, s.Await(t.Context(), stores[0].Mark()))
		must(t, stores[0].Await(t.Context(), s.Mark()))
	}
	for _, s := range stores[1:] {
		must(t, s.Await(t.Context(), stores[0].Mark()))
		same(t, "answers", ask(t, stores[0]), ask(t, s))
	}
}

func TestWatchersAreToldOfEveryChangeInOrderBeforeItsCommitReturns(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s, other := gateway(t, h), gateway(t, h)
	var mu sync.Mutex
	var told []uint64
	var reshaped []string
	s.Watch(func(a store.Applied) {
		mu.Lock()
		defer mu.Unlock()
		reshaped = append(reshaped, a.Reshaped...)
		if a.Batch == nil {
			return
		}
		for _, one := range a.Batch.Appends {
			told = append(told, one.Event.Seq)
			if own := one.Event.Seq%2 == 1; own != a.Own {
				t.Errorf("event %d is said to be our own: %v", one.Event.Seq, a.Own)
			}
		}
	})
	for n := 1; n <= 6; n++ {
		by := []*jetstream.Store{other, s}[n%2]
		must(t, by.Await(t.Context(), max(s.Mark(), other.Mark())))
		accept(t, by, n, n, "a")
	}
	must(t, s.Await(t.Context(), other.Mark()))
	if _, err := s.Move(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	same(t, "what was told", []uint64{1, 2, 3, 4, 5, 6}, told)
	same(t, "who was reshaped", []string{"a", "b"}, reshaped)
}

func TestWithoutItsClusterAGatewayRefusesAtOnceAndRecovers(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s := gateway(t, h)
	accept(t, s, 1, 1, "a")
	h.set(func() { h.away = true })
	began := time.Now()
	if err := s.Commit(t.Context(), &store.Batch{}); !errors.Is(err, cluster.ErrUnreachable) || time.Since(began) > 5*time.Second {
		t.Errorf("a commit without a cluster, after %s: %v", time.Since(began), err)
	}
	if why, since := s.Trouble(); why == "" || since.IsZero() {
		t.Errorf("no trouble since %s", since)
	}
	same(t, "what it has", 1, len(ask(t, s).Copies))
	h.set(func() { h.away = false })
	accept(t, s, 2, 2, "a")
	if why, _ := s.Trouble(); why != "" {
		t.Errorf("it is still in trouble: %s", why)
	}
}

func TestWhatAViewCannotApplyIsNeverWritten(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s := gateway(t, h)
	accept(t, s, 1, 1, "a")
	for what, b := range map[string]store.Batch{
		"an event for nobody":   {Appends: []store.Append{{Event: event(2)}}},
		"an attempt that waits": {Results: []store.Result{{Plugin: "a", Seq: 1, State: store.Ready}}},
		"a state of no name":    {Results: []store.Result{{Plugin: "a", Seq: 1, State: 17}}},
		"a reason of no name":   {Results: []store.Result{{Plugin: "a", Seq: 1, State: store.Dead, Reason: 99}}},
		"a purpose of no name":  {Requeues: []store.Requeue{{Plugin: "a", Seq: 1, Purpose: 9}}},
	} {
		_, before, _, _ := h.Bounds(t.Context())
		if err := s.Commit(t.Context(), &b); err == nil {
			t.Errorf("%s was committed", what)
		}
		if _, last, _, _ := h.Bounds(t.Context()); last != before {
			t.Errorf("%s was written", what)
		}
	}
	again := store.Batch{Appends: []store.Append{{Event: event(1), Plugins: []string{"a"}}}}
	if err := s.Commit(t.Context(), &again); err == nil {
		t.Error("an event was kept twice")
	}
	accept(t, s, 2, 2, "a")
}

func TestACommitThatIsNotWaitedForIsNotUndone(t *testing.T) {
	t.Parallel()
	h := newHistory()
	cable := h.connect()
	s, err := jetstream.OpenOn(t.Context(), cable, nil, jetstream.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { closed(t, s) })
	h.set(func() { cable.deaf = true })
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		failed <- s.Commit(ctx, &store.Batch{Appends: []store.Append{{Event: event(1), Plugins: []string{"a"}}}})
	}()
	eventually(t, "the log has it", func() bool { _, last, _, _ := h.Bounds(t.Context()); return last > s.Mark() })
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("it was committed: %v", err)
	}
	h.set(func() { cable.deaf = false })
	eventually(t, "the view has it", func() bool { return len(ask(t, s).Copies) == 1 })
}
