package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

func TestOnAServerGatewaysShareItAsPromised(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{MaxStore: 64 << 30})
	var made atomic.Int64
	storetest.Shared(t, storetest.SharedImplementation{New: func(t *testing.T, o storetest.Options) storetest.SharedLog {
		t.Helper()
		prefix := fmt.Sprintf("shared%d", made.Add(1))
		return storetest.SharedLog{
			Open: func(ctx context.Context) (store.Shared, error) {
				all := options(t.TempDir(), o)
				all.Cluster = cluster.Options{Servers: []string{node.URL()}, Prefix: prefix, Replicas: 1, MaxBytes: 32 << 20}
				return jetstream.Open(ctx, all)
			},
			Kill: func(s store.Shared) {
				if s, ok := s.(*jetstream.Store); ok {
					must(t, s.Cut())
				}
			},
		}
	}})
}

// member opens a gateway's store on a server.
func member(t *testing.T, node *natstest.Node, prefix string) *jetstream.Store {
	t.Helper()
	s, err := jetstream.Open(t.Context(), jetstream.Options{Dir: t.TempDir(), Cluster: cluster.Options{
		Servers: []string{node.URL()}, Prefix: prefix, Replicas: 1, MaxBytes: 64 << 20,
	}})
	must(t, err)
	t.Cleanup(func() { closed(t, s) })
	return s
}

func TestGatewaysOnOneServerHaveTheSameInbox(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	t.Run("whoever commits", func(t *testing.T) {
		t.Parallel()
		s, other := member(t, node, "whoever"), member(t, node, "whoever")
		story(t, s)
		accept(t, other, 101, 103, "a")
		must(t, s.Await(t.Context(), other.Mark()))
		same(t, "answers", ask(t, s), ask(t, other))
		must(t, s.Offer(t.Context(), "b", []uint64{4}, false)) // which is no entry, and nothing to wait for
		must(t, s.Backup(t.Context(), filepath.Join(t.TempDir(), "backup"), nil))
		same(t, "answers of a third", ask(t, s), ask(t, member(t, node, "whoever")))
	})
	t.Run("from a snapshot", func(t *testing.T) {
		t.Parallel()
		s := member(t, node, "snapshot")
		story(t, s)
		must(t, s.Snapshot(t.Context()))
		same(t, "answers without anything behind it", ask(t, s), ask(t, member(t, node, "snapshot")))
		accept(t, s, 101, 103, "a")
		same(t, "answers", ask(t, s), ask(t, member(t, node, "snapshot")))
		problems, err := s.Check(t.Context(), nil)
		must(t, err)
		same(t, "the problems", []string{}, problems)
	})
	t.Run("with bodies larger than a message", func(t *testing.T) {
		t.Parallel()
		s, other := member(t, node, "large"), member(t, node, "large")
		e := event(1)
		e.Body = noise(3_200_000)
		must(t, s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{"a"}}}}))
		must(t, other.Await(t.Context(), s.Mark()))
		same(t, "answers", ask(t, s), ask(t, other))
	})
}

func TestWithoutItsServerAGatewayRefusesAndGoesOnOnceItIsBack(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	s := member(t, node, "away")
	accept(t, s, 1, 1, "a")
	node.Kill()
	eventually(t, "it says so", func() bool { why, _ := s.Trouble(); return why != "" })
	began := time.Now()
	if err := s.Commit(t.Context(), &store.Batch{}); !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("it commits all the same, after %s: %v", time.Since(began), err)
	}
	same(t, "what it has", 1, len(ask(t, s).Copies))
	node.Start()
	eventually(t, "it commits again", func() bool { return s.Commit(t.Context(), &store.Batch{}) == nil })
	accept(t, s, 2, 2, "a")
	if why, _ := s.Trouble(); why != "" {
		t.Errorf("it is still in trouble: %s", why)
	}
}

func TestAGatewayWhoseLogIsMadeAnewUnderItSaysToRestartIt(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	s := member(t, node, "anew")
	accept(t, s, 1, 1, "a")
	node.Kill()
	node.Wipe()
	node.Start()
	other := member(t, node, "anew")
	eventually(t, "it says so", func() bool { why, _ := s.Trouble(); return strings.Contains(why, "restart the gateway") })
	if err := s.Commit(t.Context(), &store.Batch{}); err == nil {
		t.Error("it takes callbacks still")
	}
	same(t, "what the old view has", 1, len(ask(t, s).Copies))
	accept(t, other, 2, 2, "a")
}

func TestWhatIsBroughtOverIsHandedOut(t *testing.T) {
	t.Parallel()
	from := plain(t)
	accept(t, from, 1, 3, "a")
	must(t, from.Commit(t.Context(), &store.Batch{Results: []store.Result{
		{Plugin: "a", Seq: 2, State: store.Dead, Attempts: 3, Reason: store.Expired, At: event(1).ReceivedAt},
	}}))
	s := member(t, natstest.Start(t, natstest.Options{}), "moved")
	if _, err := jetstream.Import(t.Context(), from, s, nil); err != nil {
		t.Fatal(err)
	}
	claim, err := s.Claim(t.Context(), "a", 10)
	must(t, err)
	same(t, "what is handed out", []uint64{1, 3}, claim.Seqs())
	must(t, claim.Done())
}
