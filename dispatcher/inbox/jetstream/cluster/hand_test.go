package cluster_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

// odd is a plugin's name that stands in no subject as it is.
const odd = "au.dit >*/ü"

// fetched waits for what is handed out.
func fetched(t *testing.T, d *cluster.Deliveries, most int) []*cluster.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		all, err := d.Fetch(ctx, most)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 {
			return all
		}
	}
	t.Fatal("nothing is handed out")
	return nil
}

func deliveries(t *testing.T, c *cluster.Cluster, plugin string) *cluster.Deliveries {
	t.Helper()
	d, err := c.Deliveries(t.Context(), plugin)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEntriesAndOffersAreHandedOut(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	d := deliveries(t, c, odd)
	mark, err := c.Append(t.Context(), "one", []string{"mailer", odd}, event("one", 100))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range fetched(t, d, 10) {
		if !one.New || one.Mark != mark || one.Doubt || len(one.Offer) > 0 {
			t.Errorf("%+v is not the entry %d", one, mark)
		}
		if err := errors.Join(one.Keep(), one.Done()); err != nil {
			t.Error(err)
		}
	}
	var seqs []uint64
	for seq := range uint64(600) {
		seqs = append(seqs, 1<<60+seq)
	}
	if err := c.Offer(t.Context(), odd, seqs, mark, true); err != nil {
		t.Fatal(err)
	}
	var offered []uint64
	for len(offered) < len(seqs) {
		for _, one := range fetched(t, d, 10) {
			if one.New || one.Mark != mark || !one.Doubt {
				t.Errorf("%+v is no offer that was made in doubt", one)
			}
			offered = append(offered, one.Offer...)
			if err := one.Done(); err != nil {
				t.Error(err)
			}
		}
	}
	if diff := cmp.Diff(seqs, offered); diff != "" {
		t.Errorf("offered (-) and handed out (+):\n%s", diff)
	}
	eventually(t, "all is done", func() bool {
		done, last, err := c.Places(t.Context(), odd)
		if err != nil {
			t.Fatal(err)
		}
		return done >= last
	})
}

func TestWhatComesWhenNobodyWantsItAnyMoreIsGivenBack(t *testing.T) {
	t.Parallel()
	c := join(t, cluster.Options{Servers: []string{natstest.Start(t, natstest.Options{}).URL()}, Replicas: 1})
	d := deliveries(t, c, "audit")
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan []*cluster.Delivery)
		go func() {
			all, _ := d.Fetch(ctx, 5)
			ended <- all
		}()
		go cancel()
		mark := appendOne(t, c, time.Now().Format(time.RFC3339Nano), event("x", 10))
		all := <-ended
		cancel()
		if len(all) == 0 {
			all = fetched(t, d, 1) // and not only once its time is over
		}
		if all[0].Mark != mark {
			t.Fatalf("entry %d is handed out, want %d", all[0].Mark, mark)
		}
		if err := all[0].Done(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAConsumerOfAnotherShapeIsNotTouched(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	c := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1, Prefix: "other"})
	js := client(t, node.URL())
	config := jetstream.ConsumerConfig{Durable: "deliver-audit", AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute}
	if _, err := js.CreateConsumer(t.Context(), "OTHER_LOG", config); err != nil {
		t.Fatal(err)
	}
	_, err := c.Deliveries(t.Context(), "audit")
	if !errors.Is(err, cluster.ErrShape) || !strings.Contains(err.Error(), "ack wait is 1m0s, and should be 30s") {
		t.Errorf("%v does not say what is unlike", err)
	}
	if err := js.DeleteConsumer(t.Context(), "OTHER_LOG", "deliver-audit"); err != nil {
		t.Fatal(err)
	}
	deliveries(t, c, "audit")
}

func TestABatonGoesFromHandToHand(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	one := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	other := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	has, give, got := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		got <- one.Baton(t.Context(), odd, func(held context.Context) {
			close(has)
			select {
			case <-give:
			case <-held.Done():
				t.Error("it is lost")
			}
		})
	}()
	<-has
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := other.Baton(ctx, odd, func(context.Context) { t.Error("two hold it") }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for it ended with %v", err)
	}
	close(give)
	if err := <-got; err != nil {
		t.Error(err)
	}
	began := time.Now()
	held := false
	if err := other.Baton(t.Context(), odd, func(context.Context) { held = true }); err != nil || !held {
		t.Errorf("it was held: %v, err %v", held, err)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it came after %v, and not at once", took)
	}
}

// Where somebody deletes its consumer, the baton is handed out anew, and whoever had it has
// to find out.
func TestABatonWhoseConsumerIsDeletedIsHeldByOne(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	one := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	other := join(t, cluster.Options{Servers: []string{node.URL()}, Replicas: 1})
	has, lost, got := make(chan struct{}), make(chan struct{}), make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		got <- one.Baton(ctx, "keeper", func(held context.Context) {
			close(has)
			<-held.Done()
			close(lost)
		})
	}()
	<-has
	if err := client(t, node.URL()).DeleteConsumer(t.Context(), "SWITCHHOOK_BATONS", "baton-keeper"); err != nil {
		t.Fatal(err)
	}
	if err := other.Baton(t.Context(), "keeper", func(held context.Context) {
		select {
		case <-lost:
		case <-held.Done():
			t.Error("both lose it")
		case <-time.After(30 * time.Second):
			t.Error("two hold it")
		}
	}); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-got; err != nil {
		t.Error(err)
	}
}
