package cluster_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/internal/chatter"
)

const (
	benchCallers = 256 // who wait for their event to be durable, and then have the next
	benchRounds  = 7
	benchSpan    = 2 * time.Second
)

// BenchmarkAppend compares what 256 callers append as entries, as gateways' committers do,
// with as many callers who publish one message for each event, with the same guarantee:
// three replicas, each on its disk. A gateway alone makes entries of 256, and of two each
// makes entries of 128 meanwhile. Rounds of all take turns, and medians are reported; a ratio is
// over messages. What goes to a node passes a relay of the test, which pays for its bytes in
// either way. Each event is another, as the inbox keeps it, with a body of [chatter]. The
// bench takes a minute; the time per operation says nothing.
func BenchmarkAppend(b *testing.B) {
	servers := natstest.NewCluster(b, 3, natstest.Options{MaxStore: 16 << 30})
	var gateways []*cluster.Cluster
	for range 2 {
		c, err := cluster.Connect(b.Context(), cluster.Options{Servers: servers.URLs(), MaxBytes: 4 << 30})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		gateways = append(gateways, c)
	}
	p := newPlain(b, servers.URLs())
	var messages, one, two []float64
	for b.Loop() {
		for range benchRounds {
			messages = append(messages, p.round(b))
			one = append(one, appending(b, gateways[:1]))
			two = append(two, appending(b, gateways))
		}
	}
	b.Logf("events/s as messages: %.0f; as entries of %d: %.0f; of two gateways, of %d: %.0f",
		messages, benchCallers, one, benchCallers/2, two)
	m, o, w := median(messages), median(one), median(two)
	b.ReportMetric(m, "messages-events/s")
	b.ReportMetric(o, "entries-events/s")
	b.ReportMetric(w, "two-gateways-events/s")
	b.ReportMetric(o/m, "ratio")
	b.ReportMetric(w/m, "two-gateways-ratio")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// lifelike is n events as a gateway appends them.
func lifelike(seed uint64, n int) []*logpb.Append {
	random := rand.New(rand.NewPCG(seed, 0))
	all := make([]*logpb.Append, n)
	for i, body := range chatter.New(seed).Take(n) {
		noise := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64())
		all[i] = &logpb.Append{Plugins: []string{"audit"}, Once: true, Event: &logpb.Event{
			Id:  fmt.Sprintf("0198%s-%s-7%s-9%s-%s", noise[:4], noise[4:8], noise[8:11], noise[11:14], noise[14:26]),
			Key: "1400000001/" + body.Command + "/" + base64.RawURLEncoding.EncodeToString([]byte(noise[:16])), Command: body.Command,
			AppId: "1400000001", ClientIp: fmt.Sprintf("203.0.%d.%d", random.IntN(256), random.IntN(256)),
			Platform: []string{"iOS", "Android", "Web", "RESTAPI"}[random.IntN(4)], ReceivedUnixMicros: 1_795_856_400_000_000 + int64(i)*731, Body: body.JSON,
		}}
	}
	return all
}

// appending has each gateway append one entry after the other, as its group committer does,
// and returns events per second.
func appending(b *testing.B, gateways []*cluster.Cluster) float64 {
	b.Helper()
	size := benchCallers / len(gateways)
	var (
		wg     sync.WaitGroup
		events atomic.Int64
	)
	var made [][]*logpb.Entry
	for i := range gateways {
		var list []*logpb.Entry
		for n := range 16 {
			list = append(list, &logpb.Entry{Batch: &logpb.Batch{Appends: lifelike(uint64(i*100+n), size)}})
		}
		made = append(made, list)
	}
	begun := time.Now()
	for i, c := range gateways {
		wg.Go(func() {
			for n := 0; time.Since(begun) < benchSpan; n++ {
				if _, err := c.Append(b.Context(), fmt.Sprintf("%d-%d-%d", begun.UnixNano(), i, n), []string{"audit"}, made[i][n%len(made[i])]); err != nil {
					b.Error(err)
					return
				}
				events.Add(int64(size))
			}
		})
	}
	wg.Wait()
	return float64(events.Load()) / time.Since(begun).Seconds()
}

// plain publishes a message for each event.
type plain struct {
	js jetstream.JetStream
}

func newPlain(b *testing.B, urls []string) *plain {
	b.Helper()
	nc, err := nats.Connect(urls[0])
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	_, err = js.CreateStream(b.Context(), jetstream.StreamConfig{
		Name: "PLAIN", Subjects: []string{"plain"}, Replicas: 3, MaxBytes: 4 << 30, Discard: jetstream.DiscardNew, Duplicates: 2 * time.Minute,
	})
	if err != nil {
		b.Fatal(err)
	}
	return &plain{js}
}

func (p *plain) round(b *testing.B) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var bodies [][]byte
	for _, a := range lifelike(1, 16*benchCallers) {
		body, err := proto.Marshal(a)
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total int
	)
	begun := time.Now()
	for caller := range benchCallers {
		wg.Go(func() {
			done := 0
			for ; time.Since(begun) < benchSpan; done++ {
				id := fmt.Sprintf("%d-%d-%d", begun.UnixNano(), caller, done)
				if _, err := p.js.Publish(ctx, "plain", bodies[(done*benchCallers+caller)%len(bodies)], jetstream.WithMsgID(id)); err != nil {
					b.Error(err)
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			total += done
		})
	}
	wg.Wait()
	return float64(total) / time.Since(begun).Seconds()
}
