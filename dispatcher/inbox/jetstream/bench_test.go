package jetstream_test

import (
	"fmt"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/internal/chatter"
)

// BenchmarkCommit commits batches of events, with bodies of [chatter], through one gateway to a cluster of
// three; another follows.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("%d events", size), func(b *testing.B) {
			nodes := natstest.NewCluster(b, 3, natstest.Options{MaxStore: 8 << 30})
			var stores []*jetstream.Store
			for range 2 {
				s, err := jetstream.Open(b.Context(), jetstream.Options{Dir: b.TempDir(), Cluster: cluster.Options{
					Servers: nodes.URLs(), Prefix: "bench", MaxBytes: 4 << 30,
				}})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = s.Close() })
				stores = append(stores, s)
			}
			bodies, n := chatter.New(1).Take(1<<13), 0
			for b.Loop() {
				var batch store.Batch
				for range size {
					n++
					e := event(n)
					e.Body = bodies[n%len(bodies)].JSON
					batch.Appends = append(batch.Appends, store.Append{Event: e, Plugins: []string{"a"}})
				}
				if err := stores[0].Commit(b.Context(), &batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
			if err := stores[1].Await(b.Context(), stores[0].Mark()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
