package sqlite_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

// logged is a store whose changes go through the entries of a log.
type logged struct {
	*sqlite.Store
	o  storetest.Options
	mu sync.Mutex
}

func (l *logged) apply(ctx context.Context, e sqlite.Entry) (sqlite.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Mark, e.Now, e.Window = l.Mark()+1, time.Now(), l.o.DuplicateWindow
	if l.o.Now != nil {
		e.Now = l.o.Now()
	}
	log := []sqlite.Entry{e}
	if err := l.Apply(ctx, log); err != nil {
		return log[0], err
	}
	return log[0], log[0].Err
}

func (l *logged) Commit(ctx context.Context, b *store.Batch) error {
	if err := l.Room(b); err != nil {
		return err
	}
	_, err := l.apply(ctx, sqlite.Entry{Batch: b})
	return err
}

func (l *logged) Subscribe(ctx context.Context, all ...store.Subscription) error {
	_, err := l.apply(ctx, sqlite.Entry{Subscribe: all})
	return err
}

func (l *logged) Unsubscribe(ctx context.Context, plugin, pattern string) (int, error) {
	e, err := l.apply(ctx, sqlite.Entry{Unsubscribe: &store.Subscription{Plugin: plugin, Pattern: pattern}})
	return e.Count, err
}

func (l *logged) Move(ctx context.Context, from, to string) (int, error) {
	e, err := l.apply(ctx, sqlite.Entry{Move: &sqlite.Move{From: from, To: to}})
	return e.Count, err
}

func (l *logged) Trim(ctx context.Context, r store.Retention) (store.Trimmed, error) {
	seqs, more, err := l.Choose(ctx, r)
	if err != nil {
		return store.Trimmed{}, err
	}
	e, err := l.apply(ctx, sqlite.Entry{Trim: seqs})
	return store.Trimmed{Events: e.Count, Bytes: e.Bytes, More: more}, err
}

func TestAReplicaKeepsEveryPromiseOfAStore(t *testing.T) {
	t.Parallel()
	im := implementation()
	im.Open = func(ctx context.Context, dir string, o storetest.Options) (store.Store, error) {
		s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, MaxBytes: o.MaxBytes, Replica: true, Synchronous: sqlite.Off})
		if err != nil {
			return nil, err
		}
		return &logged{Store: s, o: o}, nil
	}
	storetest.Run(t, im)
}
