package jetstream_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

func TestOnAServerItKeepsEveryPromiseOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, onServer(t))
}

func TestOnAServerItAnswersAsAStoreInMemoryDoes(t *testing.T) {
	t.Parallel()
	storetest.Model(t, onServer(t))
}

// onServer is one server with an inbox by prefix for each test. It has no Damage; see
// inMemory.
func onServer(t *testing.T) storetest.Implementation {
	t.Helper()
	node := natstest.Start(t, natstest.Options{MaxStore: 64 << 30})
	var made atomic.Int64
	logs := &places[cluster.Options]{of: map[string]cluster.Options{}, make: func() cluster.Options {
		return cluster.Options{
			Servers: []string{node.URL()}, Prefix: fmt.Sprintf("test%d", made.Add(1)), Replicas: 1, MaxBytes: 32 << 20,
		}
	}}
	on := func(dir string, o storetest.Options) jetstream.Options {
		all := options(dir, o)
		all.Cluster = logs.get(dir)
		return all
	}
	return storetest.Implementation{
		Open: func(ctx context.Context, dir string, o storetest.Options) (store.Store, error) {
			return jetstream.Open(ctx, on(dir, o))
		},
		Crash: logs.crash,
		Restore: func(file, dir string) error {
			return jetstream.Seed(context.Background(), on(dir, storetest.Options{}), file, nil)
		},
	}
}
