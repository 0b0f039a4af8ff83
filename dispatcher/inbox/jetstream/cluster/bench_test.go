package cluster_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

const (
	benchEvents = 256 // of an entry, and callers that publish by themselves
	benchBody   = 300
	benchRounds = 7
	benchSpan   = 2 * time.Second
)

// BenchmarkAppend compares events that are appended as entries of 256 with as many
// callers who publish one message for each event, with the same guarantee: three
// replicas, each on its disk. Rounds of both take turns, and medians are reported; ratio
// is entries over messages. It takes half a minute; the time per operation says nothing.
func BenchmarkAppend(b *testing.B) {
	servers := natstest.NewCluster(b, 3, natstest.Options{MaxStore: 16 << 30})
	c, err := cluster.Connect(b.Context(), cluster.Options{Servers: servers.URLs(), MaxBytes: 4 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	p := newPlain(b, servers.URLs())
	var entries, messages []float64
	for b.Loop() {
		for range benchRounds {
			messages = append(messages, p.round(b))
			entries = append(entries, appending(b, c))
		}
	}
	b.Logf("events/s as entries of %d: %.0f; as messages: %.0f", benchEvents, entries, messages)
	e, m := median(entries), median(messages)
	b.ReportMetric(e, "entries-events/s")
	b.ReportMetric(m, "messages-events/s")
	b.ReportMetric(e/m, "ratio")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// appending appends one entry after the other, as a group committer does, and returns
// events per second.
func appending(b *testing.B, c *cluster.Cluster) float64 {
	b.Helper()
	e := &logpb.Entry{Batch: &logpb.Batch{}}
	for i := range benchEvents {
		e.Batch.Appends = append(e.GetBatch().GetAppends(), event(fmt.Sprintf("0190b5f2-0000-7000-8000-%012d", i), benchBody).GetBatch().GetAppends()...)
	}
	events := 0
	begun := time.Now()
	for ; time.Since(begun) < benchSpan; events += benchEvents {
		if _, err := c.Append(b.Context(), fmt.Sprintf("%d-%d", begun.UnixNano(), events), []string{"audit"}, e); err != nil {
			b.Fatal(err)
		}
	}
	return float64(events) / time.Since(begun).Seconds()
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
	body := event("", benchBody).GetBatch().GetAppends()[0].GetEvent().GetBody()
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total int
	)
	begun := time.Now()
	for caller := range benchEvents {
		wg.Go(func() {
			done := 0
			for ; time.Since(begun) < benchSpan; done++ {
				id := fmt.Sprintf("%d-%d-%d", begun.UnixNano(), caller, done)
				if _, err := p.js.Publish(ctx, "plain", body, jetstream.WithMsgID(id)); err != nil {
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
