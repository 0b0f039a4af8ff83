package courier_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/courier"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// backlog is an archive of events that wait for plugin p, found at once; event n has
// Seq n+1. It counts the bodies that it has given out and that are not delivered.
type backlog struct {
	body    []byte
	command string
	mu      sync.Mutex
	done    []bool
	left    int
	held    atomic.Int64
	most    atomic.Int64
	empty   chan struct{}
}

func newBacklog(n, size int, command string) *backlog {
	return &backlog{body: make([]byte, size), command: command, done: make([]bool, n), left: n, empty: make(chan struct{})}
}

func (b *backlog) Waiting(_ context.Context, q store.WaitingQuery) (copies []store.Copy, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var bytes int64
	for n := int(q.After); n < len(b.done) && len(copies) < q.Limit; n++ {
		if b.done[n] {
			continue
		}
		if bytes += int64(len(b.body)); bytes > q.MaxBytes && len(copies) > 0 {
			break
		}
		copies = append(copies, store.Copy{Plugin: "p", Event: store.Event{
			Seq: uint64(n + 1), ID: strconv.Itoa(n), Command: b.command, Body: b.body,
		}})
	}
	held := b.held.Add(int64(len(copies)))
	b.most.Store(max(b.most.Load(), held))
	return copies, nil
}

func (b *backlog) Due(context.Context, store.DueQuery) (copies []store.Copy, next time.Time, err error) {
	return nil, time.Time{}, nil
}

func (b *backlog) settle(results []store.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range results {
		if b.done[r.Seq-1] {
			panic(fmt.Sprintf("event %d was delivered twice", r.Seq))
		}
		b.done[r.Seq-1] = true
		if b.left--; b.left == 0 {
			close(b.empty)
		}
	}
}

func TestALongBacklogDrainsWithinTheMemoryBound(t *testing.T) {
	t.Parallel()
	const events, size, memory = 100_000, 1000, 300 << 10
	b := newBacklog(events, size, cmdA)
	results := make(chan store.Result, 64)
	c := courier.New(courier.Options{
		Archive: b,
		Deliver: func(context.Context, string, sdk.Callback) (sdk.Reply, error) {
			b.held.Add(-1)
			return sdk.Reply{}, nil
		},
		Report:   func(r store.Result) { results <- r },
		Serves:   func(string, string) string { return "" },
		Settings: courier.Settings{Memory: memory},
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for r := range results {
			batch := store.Batch{Results: []store.Result{r}}
			for n := len(results); n > 0; n-- {
				batch.Results = append(batch.Results, <-results)
			}
			b.settle(batch.Results)
			c.Committed(&batch)
		}
	}()
	c.Start([]store.Queue{{Plugin: "p", Command: cmdA, Ready: events}})
	<-b.empty
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	close(results)
	<-done
	if bytes := b.most.Load() * size; bytes > memory {
		t.Errorf("%d bytes of bodies at once, the bound is %d", bytes, memory)
	}
}

func TestALineThatIsFullOfWhatCannotBeDeliveredStarvesNoOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := newGate()
		r := newRig(t, nil, func(ctx context.Context, plugin string, cb sdk.Callback) error {
			if cb.Command == cmdA {
				return hang.handle(ctx, plugin, cb)
			}
			return nil
		}, func(o *courier.Options) { o.Settings.Memory = 40 << 10 })
		r.start()
		r.accept(cmdA, "first")
		synctest.Wait() // from here on its events are hot
		for i := range 299 {
			r.accept(cmdA, "a"+strconv.Itoa(i))
		}
		synctest.Wait()
		if l := r.line(); l.Memory > 40<<10 || l.Memory < 30<<10 || !l.Behind {
			t.Errorf("the line has %+v of 40 KiB", l)
		}
		for i := range 300 {
			r.accept(cmdB, "b"+strconv.Itoa(i))
			r.accept(cmdC, "c"+strconv.Itoa(i))
		}
		synctest.Wait()
		if states := r.states(); states[store.Done] != 600 {
			t.Errorf("states %v, want all done but those that hang", states)
		}
		hang.open()
		synctest.Wait()
		if states := r.states(); states[store.Done] != 900 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestWhatIsCommittedDuringAReadStaysWithinTheBound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := &slowArchive{}
		r := newRig(t, nil, ok, func(o *courier.Options) {
			slow.Archive = o.Archive
			o.Archive = slow
			o.Settings.Memory = 600 << 10
		})
		r.start()
		hold, entered := make(chan struct{}), make(chan struct{})
		slow.before(func() { close(entered); <-hold })
		r.accept(cmdA, "first")
		<-entered
		for i := range 1000 {
			r.accept(cmdA, strconv.Itoa(i))
		}
		synctest.Wait()
		if l := r.line(); l.Memory > 600<<10 {
			t.Errorf("the line has %+v of 600 KiB", l)
		}
		close(hold)
		synctest.Wait()
		if states := r.states(); states[store.Done] != 1001 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestABodyBeyondTheBoundIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, ok, func(o *courier.Options) { o.Settings.Memory = 1 })
		r.start()
		r.accept(cmdA, string(make([]byte, 1<<20)), "1", "2")
		r.accept(cmdB, "3")
		synctest.Wait()
		if states := r.states(); states[store.Done] != 4 {
			t.Errorf("states %v", states)
		}
		r.close()
	})
}

func TestHeldUpKeysDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, func(_ context.Context, _ string, cb sdk.Callback) error {
			if cb.Attempt == 1 && string(cb.Body[:4]) == "sick" {
				return sdk.RetryAfter(time.Hour, errSick)
			}
			return nil
		}, func(o *courier.Options) {
			byUser(o)
			o.Settings.Memory = 20 << 10
		})
		for i := range 1000 {
			r.accept(cmdA, "sick"+strconv.Itoa(i%5)+"/"+strconv.Itoa(i))
		}
		for i := range 100 {
			r.accept(cmdB, "good/"+strconv.Itoa(i))
		}
		synctest.Wait()
		r.start()
		pass(time.Minute)
		if states := r.states(); states[store.Done] != 100 {
			t.Errorf("states %v, want the good ones done", states)
		}
		pass(1000 * time.Hour)
		if states := r.states(); states[store.Done] != 1100 {
			t.Errorf("states %v", states)
		}
		if problem := newJudge().all(r.deliveries()); problem != "" {
			t.Error(problem)
		}
		r.close()
	})
}
