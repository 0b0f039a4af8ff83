package commit_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

func TestWhatArrivesDuringACommitSharesTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{gate: make(chan struct{})}
		c := open(t, commit.Options{Journal: j})
		var callers sync.WaitGroup
		for i := range 10 {
			callers.Go(func() {
				if _, err := c.Append(t.Context(), event(strconv.Itoa(i))); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait() // the first is in a commit of its own
		}
		c.Result(store.Result{Plugin: "p", Seq: 1, State: store.Done})
		close(j.gate)
		callers.Wait()
		synctest.Wait()
		commits := j.written()
		if len(commits) != 2 || len(commits[0].Appends) != 1 || len(commits[1].Appends) != 9 || len(commits[1].Results) != 1 {
			t.Errorf("commits: %+v, want one of 1 append, and one of 9 and a result", commits)
		}
	})
}

func TestAnAppendReturnsAfterItsCommitAndNotBefore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{gate: make(chan struct{})}
		var order []string
		c := open(t, commit.Options{Journal: j, OnCommit: func(b *store.Batch) { order = append(order, "committed") }})
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			duplicate, err := c.Append(t.Context(), event("1"))
			if duplicate || err != nil {
				t.Errorf("duplicate %v, err %v", duplicate, err)
			}
			order = append(order, "returned")
		}()
		synctest.Wait()
		select {
		case <-returned:
			t.Fatal("returned before the commit")
		default:
		}
		j.gate <- struct{}{}
		<-returned
		if got := strings.Join(order, " "); got != "committed returned" {
			t.Errorf("order: %s", got)
		}
	})
}

func TestADuplicateIsToldApart(t *testing.T) {
	t.Parallel()
	c := open(t, commit.Options{Journal: &journal{}})
	a := event("1")
	a.Event.Key = "again"
	if duplicate, err := c.Append(t.Context(), a); !duplicate || err != nil {
		t.Errorf("duplicate %v, err %v; want a duplicate", duplicate, err)
	}
	if _, err := c.Append(t.Context(), store.Append{Event: store.Event{Command: "C"}}); err == nil {
		t.Error("an append for no plugin was taken")
	}
}

func TestAFullQueueFailsAtOnce(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]commit.Options{
		"in number": {Queue: 2},
		"in bytes":  {QueueBytes: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{gate: make(chan struct{})}
				o.Journal = j
				c := open(t, o)
				var callers sync.WaitGroup
				for range 3 { // one in the commit, two in the queue, of one byte each
					callers.Go(func() {
						if _, err := c.Append(t.Context(), event("1")); err != nil {
							t.Error(err)
						}
					})
					synctest.Wait()
				}
				_, err := c.Append(t.Context(), event("4"))
				if sdk.KindOf(err) != sdk.KindOverloaded {
					t.Errorf("err %v, want an overloaded fault", err)
				}
				close(j.gate)
				callers.Wait()
				if _, err := c.Append(t.Context(), event("a large one may wait alone")); err != nil {
					t.Errorf("after the queue has emptied: %v", err)
				}
			})
		})
	}
}

func TestBatchesAreBoundedInItemsAndBytes(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]commit.Options{
		"items": {MaxItems: 3},
		"bytes": {MaxBytes: 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				j := &journal{gate: make(chan struct{})}
				o.Journal = j
				c := open(t, o)
				var callers sync.WaitGroup
				for range 8 {
					callers.Go(func() {
						if _, err := c.Append(t.Context(), event("x")); err != nil { // of one byte
							t.Error(err)
						}
					})
					synctest.Wait()
				}
				close(j.gate)
				callers.Wait()
				total := 0
				for _, b := range j.written() {
					total += len(b.Appends)
					if len(b.Appends) > 3 {
						t.Errorf("a commit of %d", len(b.Appends))
					}
				}
				if total != 8 {
					t.Errorf("%d were written, want 8", total)
				}
			})
		})
	}
}

func TestACallerThatLeavesSpoilsNoOther(t *testing.T) {
	t.Parallel()
	j := &journal{}
	c := open(t, commit.Options{Journal: j})
	var callers sync.WaitGroup
	for n := range 32 {
		callers.Go(func() {
			for i := range 200 {
				a := event("x")
				want := i%2 == 0
				if want {
					a.Event.Key = "again"
				}
				ctx, cancel := context.WithCancel(t.Context())
				if n%2 == 0 { // every second caller leaves, at any moment
					go cancel()
				}
				duplicate, err := c.Append(ctx, a)
				cancel()
				switch {
				case errors.Is(err, context.Canceled) && n%2 == 0:
				case err != nil:
					t.Errorf("append: %v", err)
				case duplicate != want:
					t.Errorf("duplicate %v, want %v: an outcome went to the wrong caller", duplicate, want)
				}
			}
		})
	}
	callers.Wait()
}

func TestACallerThatLeavesTheQueueIsNotWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := &journal{gate: make(chan struct{})}
		c := open(t, commit.Options{Journal: j})
		var callers sync.WaitGroup
		callers.Go(func() { _, _ = c.Append(t.Context(), event("first")) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Append(ctx, event("gone"))
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "not written") {
			t.Errorf("err %v", err)
		}
		close(j.gate)
		callers.Wait()
		if _, err := c.Append(t.Context(), event("last")); err != nil {
			t.Error(err)
		}
		for _, b := range j.written() {
			for _, a := range b.Appends {
				if a.Event.ID == "gone" {
					t.Error("it was written")
				}
			}
		}
	})
}

func TestAChangeComesBackFilledInAndItsErrorIsItsOwn(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong order")
	j := &journal{err: func(b *store.Batch) error {
		if len(b.Drops) > 0 {
			return wrong
		}
		return nil
	}}
	c := open(t, commit.Options{Journal: j})
	b := &store.Batch{Requeues: []store.Requeue{{Plugin: "p", Seq: 1}}}
	if err := c.Change(t.Context(), b); err != nil || !b.Requeues[0].Queued {
		t.Errorf("err %v, batch %+v", err, b)
	}
	if err := c.Change(t.Context(), &store.Batch{Drops: []store.Drop{{}}}); !errors.Is(err, wrong) {
		t.Errorf("err %v, want %v", err, wrong)
	}
	if _, err := c.Append(t.Context(), event("1")); err != nil {
		t.Errorf("an append after a change that failed: %v", err)
	}
	ran := false
	if err := c.Exclusive(t.Context(), func(context.Context) error { ran = true; return nil }); err != nil || !ran {
		t.Errorf("exclusive: err %v, ran %v", err, ran)
	}
}
