package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// follow follows until it fails by itself, and returns what it was handed.
func follow(t *testing.T, c *cluster.Cluster, after uint64) ([]string, error) {
	t.Helper()
	var got []string
	err := c.Follow(t.Context(), after, "", func(r []cluster.Record) error {
		got = append(got, idsOf(r)...)
		return nil
	})
	return got, err
}

func TestWhatWasPurgedIsAGapForWhoHasItNot(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	marks := appendAll(t, c, ids("e", 10)...)
	if err := c.Purge(t.Context(), marks[4]); err != nil {
		t.Fatal(err)
	}
	first, last, size, err := c.Bounds(t.Context())
	if first != marks[5] || last != marks[9] || size == 0 || err != nil {
		t.Errorf("the log goes from %d to %d in %d bytes, %v", first, last, size, err)
	}
	if _, err := follow(t, c, marks[3]); !errors.Is(err, cluster.ErrGap) {
		t.Errorf("who misses one is told %v", err)
	}
	if got := read(t, c, marks[4], 5); got[0].ID != "e005" {
		t.Errorf("who has all that was purged begins with %s", got[0].ID)
	}
	if err := c.Purge(t.Context(), marks[9]); err != nil {
		t.Fatal(err)
	}
	if first, last, _, err := c.Bounds(t.Context()); first != last+1 || last != marks[9] || err != nil {
		t.Errorf("an empty log goes from %d to %d, %v", first, last, err)
	}
	if _, err := follow(t, c, marks[8]); !errors.Is(err, cluster.ErrGap) {
		t.Errorf("who misses one of an empty log is told %v", err)
	}
	appendAll(t, c, "next")
	if got := read(t, c, marks[9], 1); got[0].ID != "next" {
		t.Errorf("after an empty log comes %s", got[0].ID)
	}
}

func TestWhoFollowsALogThatWasMadeAnewIsTold(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	o := cluster.Options{Servers: []string{node.URL()}, Replicas: 1}
	c := join(t, o)
	appendAll(t, c, ids("e", 10)...)
	from, _ := file(t, 1, 100)
	if err := c.Save(t.Context(), 10, from, nil); err != nil {
		t.Fatal(err)
	}
	if err := client(t, node.URL()).DeleteStream(t.Context(), "SWITCHHOOK_LOG"); err != nil {
		t.Fatal(err)
	}
	other := join(t, o)
	if c.LogID() == "" || c.LogID() == other.LogID() {
		t.Errorf("the old log is %q, and the new one %q", c.LogID(), other.LogID())
	}
	if mark, ok, err := other.Latest(t.Context()); ok || err != nil {
		t.Errorf("the new log has a snapshot of the old one, at %d: %v", mark, err)
	}
	if _, err := follow(t, c, 10); !errors.Is(err, cluster.ErrAnew) {
		t.Errorf("who followed the old one is told %v", err)
	}
}

func TestWhatANewerGatewayWroteIsNotReadWrongly(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	appendAll(t, c, "old")
	m := nats.NewMsg("switchhook.log.entry")
	m.Header.Set(cluster.HeaderFormat, "3")
	if _, err := client(t, node.URL()).PublishMsg(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, err := follow(t, c, 0)
	if !errors.Is(err, cluster.ErrNewer) || !strings.Contains(err.Error(), "upgrade this gateway") {
		t.Errorf("it is told %v", err)
	}
	if diff := cmp.Diff([]string{"old"}, got); diff != "" {
		t.Errorf("what comes before (-) and what was handed over (+):\n%s", diff)
	}
}

func TestAFullLogTakesNothing(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1, MaxBytes: 3 << 20})
	mark := appendOne(t, c, "first", event("first", 900<<10))
	for name, size := range map[string]int{"one message": 990 << 10, "parts": 4 << 20} {
		var err error
		for i := 0; err == nil && i < 10; i++ {
			_, err = c.Append(t.Context(), name+string(rune('a'+i)), nil, event("x", size))
		}
		if !errors.Is(err, store.ErrFull) || errors.Is(err, cluster.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Purge(t.Context(), mark+1); err != nil {
		t.Fatal(err)
	}
	appendOne(t, c, "again", event("again", 900<<10))
}

func TestFloorsAreThoseOfTheSlowestThatIsAskedFor(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	marks := appendAll(t, c, ids("e", 10)...)
	if _, some, err := c.Floors(t.Context(), "fast", "slow"); some || err != nil {
		t.Errorf("without consumers: %t, %v", some, err)
	}
	log, err := client(t, node.URL()).Stream(t.Context(), "SWITCHHOOK_LOG")
	if err != nil {
		t.Fatal(err)
	}
	for name, acks := range map[string]int{"deliver-fast": 10, "deliver-slow": 4, "deliver-gone": 1, "slowest": 0} {
		consumer, err := log.CreateConsumer(t.Context(), jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			t.Fatal(err)
		}
		for range acks {
			m, err := consumer.Next()
			if err != nil {
				t.Fatal(err)
			}
			if err := m.DoubleAck(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if lowest, some, err := c.Floors(t.Context(), "fast", "slow", "slowest"); lowest != marks[3] || !some || err != nil {
		t.Errorf("floors: %d, %t, %v; the slowest is at %d", lowest, some, err, marks[3])
	}
}

func TestFollowingGoesOnThroughKills(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan string, 1000)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Follow(ctx, 0, "", func(r []cluster.Record) error {
			for _, id := range idsOf(r) {
				got <- id
			}
			return nil
		})
	}()
	for _, round := range []string{"a", "b", "c"} {
		want := ids(round, 20)
		for _, id := range want {
			appendStubbornly(t, c, id)
		}
		for _, id := range want {
			if next := <-got; next != id {
				t.Fatalf("%s is followed by %s", id, next)
			}
		}
		node.Kill()
		eventually(t, "nobody has us", func() bool { return !c.Status().Connected })
		if _, err := c.Append(t.Context(), "x", nil, event("x", 1)); !errors.Is(err, cluster.ErrUnreachable) || errors.Is(err, cluster.ErrUnknown) {
			t.Errorf("append without a server: %v", err)
		}
		node.Start()
		connected(t, c)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ends with %v", err)
	}
	if s := c.Status(); s.Reconnects < 3 || s.Server == "" || s.Leader == "" {
		t.Errorf("status: %+v", s)
	}
}

// Who is slow may be overtaken by a purge in the midst of reading.
func TestWhatIsPurgedBeforeItIsReadIsAGap(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	want := ids("e", 60)
	for _, id := range want[:59] {
		appendOne(t, c, id, event(id, 900<<10))
	}
	var got []string
	err := c.Follow(t.Context(), 0, "", func(r []cluster.Record) error {
		if got == nil {
			_, last, _, err := c.Bounds(t.Context())
			if err != nil {
				return err
			}
			if err := c.Purge(t.Context(), last); err != nil {
				return err
			}
			appendOne(t, c, want[59], event(want[59], 100))
		}
		got = append(got, idsOf(r)...)
		return nil
	})
	if !errors.Is(err, cluster.ErrGap) || len(got) >= len(want) {
		t.Errorf("after %d entries: %v", len(got), err)
	}
	if diff := cmp.Diff(want[:len(got)], got); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
}

// A stream that was restored from an older backup has other entries where ours were.
func TestAnotherEntryInThePlaceOfOursIsFound(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	marks := appendAll(t, c, ids("e", 5)...)
	var got []string
	enough := errors.New("enough")
	follow := func(id string) error {
		return c.Follow(t.Context(), marks[2], id, func(r []cluster.Record) error {
			if got = append(got, idsOf(r)...); len(got) >= 2 {
				return enough
			}
			return nil
		})
	}
	if err := follow("x2"); !errors.Is(err, cluster.ErrOther) || len(got) != 0 {
		t.Errorf("after another entry: %v, %v", got, err)
	}
	if err := follow(ids("e", 5)[2]); !errors.Is(err, enough) {
		t.Errorf("after our own: %v", err)
	}
	if diff := cmp.Diff(ids("e", 5)[3:], got); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
	if err := c.Purge(t.Context(), marks[2]); err != nil {
		t.Fatal(err)
	}
	if err := follow("x2"); errors.Is(err, cluster.ErrOther) {
		t.Errorf("after one that is gone: %v", err)
	}
}

// A reader's consumer is in a server's memory, and anybody may remove it.
func TestFollowingGoesOnWithoutItsConsumer(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	log, err := client(t, node.URL()).Stream(t.Context(), "SWITCHHOOK_LOG")
	if err != nil {
		t.Fatal(err)
	}
	want := ids("e", 30)
	appendAll(t, c, want[:10]...)
	var got []string
	enough := errors.New("enough")
	err = c.Follow(t.Context(), 0, "", func(r []cluster.Record) error {
		if got = append(got, idsOf(r)...); len(got) == len(want) {
			return enough
		}
		if len(got)%10 == 0 {
			for name := range log.ConsumerNames(t.Context()).Name() {
				if err := log.DeleteConsumer(t.Context(), name); err != nil {
					return err
				}
			}
			appendAll(t, c, want[len(got):len(got)+10]...)
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Error(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
}

func TestWhatIsNoEntryIsPassedOver(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	js := client(t, node.URL())
	for _, id := range ids("e", 5) {
		appendOne(t, c, id, event(id, 10))
		if _, err := js.Publish(t.Context(), "switchhook.log.offer.audit", nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(ids("e", 5), idsOf(read(t, c, 0, 5))); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
	if got := read(t, c, 4, 3); got[0].ID != "e002" {
		t.Errorf("after an offer comes %s", got[0].ID)
	}
}

// A server that is held says neither yes nor no.
func TestWhatNobodyAnsweredIsToldByItsId(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	appendAll(t, c, "before")
	node.Pause()
	if _, err := c.Append(t.Context(), "held", []string{"audit"}, event("held", 100)); !errors.Is(err, cluster.ErrUnknown) || !errors.Is(err, cluster.ErrUnreachable) {
		t.Errorf("append to a server that is held: %v", err)
	}
	node.Resume()
	appendStubbornly(t, c, "held")
	appendAll(t, c, "after")
	if diff := cmp.Diff([]string{"before", "held", "after"}, idsOf(read(t, c, 0, 3))); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
}

// Who is connected to a server that is held has nothing of the others that go on.
func TestAServerThatIsHeldIsLeft(t *testing.T) {
	t.Parallel()
	servers := natstest.NewCluster(t, 3, natstest.Options{})
	c := join(t, cluster.Options{Servers: servers.URLs()})
	want := appendAllIDs(t, c, "a", 5)
	for _, n := range servers.Nodes {
		if n.Name == c.Status().Server {
			n.Pause()
			defer n.Resume()
		}
	}
	begun := time.Now()
	for _, id := range ids("b", 5) {
		appendStubbornly(t, c, id)
		want = append(want, id)
	}
	t.Logf("it took %v", time.Since(begun))
	if diff := cmp.Diff(want, idsOf(read(t, c, 0, len(want)))); diff != "" {
		t.Errorf("appended (-) and followed (+):\n%s", diff)
	}
}
