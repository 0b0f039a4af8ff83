package app_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/app/apptest"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// moved are how many events the inbox has that is moved while it is killed.
const moved = 1000

// fill leaves them in the gateway's own inbox: each third is dead for one of two plugins,
// which nobody serves.
func (r *rig) fill() {
	r.t.Helper()
	s, err := sqlite.Open(r.t.Context(), sqlite.Options{Dir: r.path("data/inbox"), Synchronous: sqlite.Off})
	if err != nil {
		r.t.Fatal(err)
	}
	at, body := time.Now().Add(-time.Hour), fmt.Appendf(nil, `{"CallbackCommand":%q,"Text":%q}`, greeting, strings.Repeat("x", 12<<10))
	var b store.Batch
	for n := range moved {
		b.Appends = append(b.Appends, store.Append{
			Event:   store.Event{ID: fmt.Sprintf("moved-%d", n), Command: greeting, AppID: shopApp, ReceivedAt: at, Body: body},
			Plugins: []string{"obedient", "other"},
		})
		if n%3 == 0 {
			b.Results = append(b.Results, store.Result{Plugin: "other", Seq: uint64(n + 1), State: store.Dead, Attempts: 3, Reason: store.Expired, At: at})
		}
	}
	if err := s.Commit(r.t.Context(), &b); err != nil {
		r.t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		r.t.Fatal(err)
	}
}

// copies are the states of all copies in a store, by event and plugin. What is there twice
// is said so.
func copies(t *testing.T, s store.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	q := store.ScanQuery{Limit: 500}
	for {
		page, err := s.Scan(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Copies {
			of := c.Event.ID + " " + c.Plugin
			all[of] += fmt.Sprintf("%v after %d", c.State, c.Attempts)
		}
		if q.After = page.Next; page.Next == nil {
			return all
		}
	}
}

// sharedInbox is what the cluster has, as a gateway would see it that is new.
func sharedInbox(t *testing.T, node *natstest.Node) *jetstream.Store {
	t.Helper()
	s, err := jetstream.Open(t.Context(), jetstream.Options{
		Dir: t.TempDir(), Cluster: cluster.Options{Servers: []string{node.URL()}, Replicas: 1, MaxBytes: 64 << 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// messages are how many a stream has; none where there is no such stream.
func messages(t *testing.T, js natsjs.JetStream, stream string) uint64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := js.Stream(ctx, stream)
	if err != nil {
		return 0
	}
	return s.CachedInfo().State.Msgs
}

// A move that is killed while it sends is done again: nothing is lost, and nothing there
// twice, neither in a cluster that had nothing nor in one that gateways use.
func TestAMoveThatIsKilledIsDoneAgain(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct {
		used   bool
		stream string
		more   uint64 // messages that it is killed after
	}{
		"into an unused cluster": {false, "SWITCHHOOK_SNAPSHOTS", 5},
		"into one in use":        {true, "SWITCHHOOK_LOG", 4},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			node := natstest.Start(t, natstest.Options{}) // ends after the gateway
			r := durableRig(t, clustered(node.URL(), ""))
			r.install("obedient", "obedient")
			r.write("data/gateway.lock", "") // as a gateway leaves it
			r.fill()
			if tt.used {
				if err := sharedInbox(t, node).Close(); err != nil {
					t.Fatal(err)
				}
			}
			nc, err := nats.Connect(node.URL())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			js, err := natsjs.New(nc)
			if err != nil {
				t.Fatal(err)
			}
			enough := messages(t, js, tt.stream) + tt.more
			move := []string{"inbox", "move", "--from", "data", "--config", "switchhook.yaml"}
			killed := r.spawn(r.switchhook(move...), &apptest.Journal{})
			eventually(t, "some of it is sent", func() bool { return messages(t, js, tt.stream) >= enough })
			node.Pause() // so that it is not quicker than its end
			if killed.Ended() {
				t.Fatalf("the move has ended before it was killed: %v", killed.State())
			}
			killed.Kill()
			node.Resume()

			r.wantSaid("the move, once more", r.wantRun(0, move...), fmt.Sprintf("has %d events", moved), "the old inbox is")
			if left, err := filepath.Glob(r.path("data/.inbox-move*")); err != nil || len(left) != 0 {
				t.Errorf("the moves have left %v behind: %v", left, err)
			}
			aside, err := filepath.Glob(r.path("data/inbox.moved-*"))
			if err != nil || len(aside) != 1 {
				t.Fatalf("the old inbox is %v: %v", aside, err)
			}
			from, err := sqlite.Open(t.Context(), sqlite.Options{Dir: aside[0]})
			if err != nil {
				t.Fatal(err)
			}
			to := sharedInbox(t, node)
			if diff := cmp.Diff(copies(t, from), copies(t, to)); diff != "" {
				t.Errorf("what was moved (-) and what the cluster has (+):\n%s", diff)
			}
			for _, s := range []store.Store{from, to} {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			r.start()
			r.awaitMetric(delivered(greeting, "obedient", "ok"), moved)
		})
	}
}
