package jetstream_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/commit"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/internal/chatter"
)

// callers append one event after the other.
const callers = 256

// BenchmarkGateways is what 256 callers append of events, through the committers of as many
// gateways as there are, until each is durable: in a file, and on three servers. Bodies are of [chatter].
func BenchmarkGateways(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		s, err := sqlite.Open(b.Context(), sqlite.Options{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		benchAppend(b, s)
	})
	for gateways := 1; gateways <= 3; gateways++ {
		b.Run(fmt.Sprintf("gateways=%d", gateways), func(b *testing.B) {
			nodes := natstest.NewCluster(b, 3, natstest.Options{MaxStore: 4 << 30})
			var all []store.Journal
			for range gateways {
				s, err := jetstream.Open(b.Context(), jetstream.Options{Dir: b.TempDir(), Cluster: cluster.Options{
					Servers: nodes.URLs(), Replicas: 3, MaxBytes: 2 << 30,
				}})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = s.Close() })
				all = append(all, s)
			}
			benchAppend(b, all...)
		})
	}
}

func benchAppend(b *testing.B, journals ...store.Journal) {
	b.Helper()
	var committers []*commit.Committer
	for _, j := range journals {
		committers = append(committers, commit.New(commit.Options{Journal: j}))
	}
	bodies := chatter.New(1).Take(1 << 13)
	b.ReportAllocs()
	b.ResetTimer()
	var working sync.WaitGroup
	for n := range callers {
		working.Go(func() {
			for i := range (b.N + n) / callers {
				id := fmt.Sprintf("%d-%d", n, i)
				_, err := committers[n%len(committers)].Append(b.Context(), store.Append{Once: true, Plugins: []string{"a"}, Event: store.Event{
					ID: id, Key: "1400000001/Sns/" + id, Command: command, AppID: "1400000001", ClientIP: "203.0.113.7",
					Platform: "RESTAPI", ReceivedAt: time.Now(), Body: bodies[(i*callers+n)%len(bodies)].JSON,
				}})
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	working.Wait()
	b.StopTimer()
	for _, c := range committers {
		if err := c.Close(b.Context()); err != nil {
			b.Error(err)
		}
	}
}
