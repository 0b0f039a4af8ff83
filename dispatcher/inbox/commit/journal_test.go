package commit_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// journal is a [store.Journal] that remembers its commits, and fails or waits as a
// test wants.
type journal struct {
	mu      sync.Mutex
	err     func(b *store.Batch) error
	gate    chan struct{} // a commit takes one from it, where there is a gate
	commits []store.Batch
	tried   int
}

func (j *journal) Commit(ctx context.Context, b *store.Batch) error {
	if j.gate != nil {
		select {
		case <-j.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tried++
	if j.err != nil {
		if err := j.err(b); err != nil {
			return err
		}
	}
	for i := range b.Appends {
		b.Appends[i].Duplicate = b.Appends[i].Event.Key == "again"
	}
	for i := range b.Requeues {
		b.Requeues[i].Queued = true
	}
	j.commits = append(j.commits, store.Batch{
		Appends: slices.Clone(b.Appends), Results: slices.Clone(b.Results),
		Requeues: slices.Clone(b.Requeues), Drops: slices.Clone(b.Drops),
	})
	return nil
}

func (j *journal) mend() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = nil
}

func (j *journal) written() []store.Batch {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.commits)
}

func (j *journal) attempts() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.tried
}

func open(t *testing.T, o commit.Options) *commit.Committer {
	t.Helper()
	c := commit.New(o)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx) // tests that look at how it ends close it themselves
	})
	return c
}

func event(id string) store.Append {
	return store.Append{Event: store.Event{ID: id, Command: "C", Body: []byte(id)}, Plugins: []string{"p"}}
}

func always(err error) func(*store.Batch) error {
	return func(*store.Batch) error { return err }
}
