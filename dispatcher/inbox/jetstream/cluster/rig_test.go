package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// join connects to servers until the test ends.
func join(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	c, err := connect(t, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// connect is Connect with a log of a mebibyte or what is told.
func connect(t *testing.T, o cluster.Options) (*cluster.Cluster, error) {
	t.Helper()
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return cluster.Connect(ctx, o)
}

// event is an entry of one event, with a body of that many bytes, which nothing makes shorter.
func event(id string, size int) *logpb.Entry {
	body := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(body)
	return &logpb.Entry{Batch: &logpb.Batch{Appends: []*logpb.Append{{
		Event: &logpb.Event{Id: id, Body: body}, Plugins: []string{"audit"},
	}}}}
}

// append appends entries with ids of their own and returns their marks.
func appendAll(t *testing.T, c *cluster.Cluster, ids ...string) []uint64 {
	t.Helper()
	var marks []uint64
	for _, id := range ids {
		marks = append(marks, appendOne(t, c, id, event(id, 100)))
	}
	return marks
}

func appendOne(t *testing.T, c *cluster.Cluster, id string, e *logpb.Entry) uint64 {
	t.Helper()
	mark, err := c.Append(t.Context(), id, []string{"audit"}, e)
	if err != nil {
		t.Fatalf("append %s: %v", id, err)
	}
	return mark
}

func ids(prefix string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%s%03d", prefix, i))
	}
	return list
}

// read follows until it has n entries.
func read(t *testing.T, c *cluster.Cluster, after uint64, n int) []cluster.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var got []cluster.Record
	enough := errors.New("enough")
	err := c.Follow(ctx, after, "", func(r []cluster.Record) error {
		if got = append(got, r...); len(got) >= n {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Fatalf("followed %d of %d entries: %v", len(got), n, err)
	}
	return got
}

func idsOf(records []cluster.Record) []string {
	var list []string
	for _, r := range records {
		list = append(list, r.ID)
	}
	return list
}

// appendAllIDs appends n entries and returns their ids.
func appendAllIDs(t *testing.T, c *cluster.Cluster, prefix string, n int) []string {
	t.Helper()
	list := ids(prefix, n)
	appendAll(t, c, list...)
	return list
}

// appendStubbornly appends the same until it is told that it is there.
func appendStubbornly(t *testing.T, c *cluster.Cluster, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := c.Append(ctx, id, []string{"audit"}, event(id, 100))
		if err == nil {
			return
		}
		if !errors.Is(err, cluster.ErrUnreachable) || ctx.Err() != nil {
			t.Fatalf("append %s: %v", id, err)
		}
		connected(t, c)
	}
}

// connected waits until a server has us.
func connected(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	eventually(t, "a server has us", func() bool { return c.Status().Connected })
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(2 * time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within two minutes", what)
		}
	}
}

// client is a connection of somebody else's.
func client(t *testing.T, urls ...string) jetstream.JetStream { //nolint:ireturn // the library has no other
	t.Helper()
	nc, err := nats.Connect(strings.Join(urls, ","))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func tick() <-chan time.Time { return time.After(5 * time.Millisecond) }
