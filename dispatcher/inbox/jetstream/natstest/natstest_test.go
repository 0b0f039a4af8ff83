package natstest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
)

func TestAServerThatIsKilledKeepsWhatItHasAcknowledged(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	js := dial(t, s.URL())
	stream(t, js, 1)
	publish(t, js, 5)
	s.Kill()
	s.Start()
	if n := stored(t, js); n != 5 {
		t.Errorf("%d messages are left, want 5", n)
	}
}

func TestAServerThatIsWipedKnowsNothing(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	js := dial(t, s.URL())
	stream(t, js, 1)
	s.Stop()
	s.Wipe()
	s.Start()
	eventually(t, "the stream is unknown", func() bool {
		_, err := js.Stream(t.Context(), "KEPT")
		return errors.Is(err, jetstream.ErrStreamNotFound)
	})
}

func TestAServerThatIsHeldAnswersWhenItGoesOn(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	js := dial(t, s.URL())
	stream(t, js, 1)
	s.Pause()
	ack, err := js.PublishAsync("kept", nil)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-ack.Ok():
		t.Error("a server that is held has answered")
	case <-time.After(50 * time.Millisecond):
	}
	s.Resume()
	select {
	case <-ack.Ok():
	case err := <-ack.Err():
		t.Fatal(err)
	}
}

// One cluster for all that may happen to it.
func TestAClusterGoesOnWithoutOneOfItsNodes(t *testing.T) {
	t.Parallel()
	c := natstest.NewCluster(t, 3, natstest.Options{})
	js := dial(t, c.URLs()...)
	stream(t, js, 3)
	c.Settled()
	want := 0
	faults := []struct {
		name       string
		begin, end func(*natstest.Node)
	}{
		{"stopped", (*natstest.Node).Stop, (*natstest.Node).Start},
		{"held", (*natstest.Node).Pause, (*natstest.Node).Resume},
		{"cut off", (*natstest.Node).Cut, (*natstest.Node).Mend},
		{"wiped", func(n *natstest.Node) { n.Kill(); n.Wipe() }, (*natstest.Node).Start},
	}
	for _, f := range faults {
		publish(t, js, 3)
		leader := c.Leader("KEPT")
		f.begin(leader)
		publish(t, js, 3)
		if now := c.Leader("KEPT"); now == leader {
			t.Errorf("%s is %s and leads", leader.Name, f.name)
		}
		f.end(leader)
		c.Settled()
		if want += 6; stored(t, js) != want {
			t.Errorf("after one was %s there are %d messages, want %d", f.name, stored(t, js), want)
		}
	}
}

// A cut lets nothing through: who is asked on the wrong side of it does not say yes.
func TestANodeThatIsCutOffAnswersNobody(t *testing.T) {
	t.Parallel()
	c := natstest.NewCluster(t, 3, natstest.Options{})
	node := c.Nodes[0]
	conn, err := nats.Connect(node.URL(), nats.IgnoreDiscoveredServers())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	node.Cut()
	if err := conn.FlushTimeout(100 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("a node that is cut off was flushed to: %v", err)
	}
	if other, err := nats.Connect(node.URL(), nats.Timeout(100*time.Millisecond)); err == nil {
		other.Close()
		t.Error("a node that is cut off was connected to")
	}
	node.Mend()
	if err := conn.FlushTimeout(time.Minute); err != nil {
		t.Errorf("a node whose cut is mended: %v", err)
	}
}

// dial connects a client that goes on whatever happens.
func dial(t *testing.T, urls ...string) jetstream.JetStream { //nolint:ireturn // the library has no other
	t.Helper()
	conn, err := nats.Connect(urls[0], func(o *nats.Options) error {
		o.Servers, o.MaxReconnect, o.ReconnectWait = urls, -1, 50*time.Millisecond
		o.PingInterval, o.MaxPingsOut = 500*time.Millisecond, 2
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func stream(t *testing.T, js jetstream.JetStream, replicas int) {
	t.Helper()
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}, Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
}

// publish has n messages acknowledged, each asked for as often as it takes.
func publish(t *testing.T, js jetstream.JetStream, n int) {
	t.Helper()
	for range n {
		id := nats.NewInbox()
		eventually(t, "a message is acknowledged", func() bool {
			_, err := js.Publish(t.Context(), "kept", nil, jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
			return err == nil
		})
	}
}

func stored(t *testing.T, js jetstream.JetStream) (n int) {
	t.Helper()
	eventually(t, "the stream tells what it has", func() bool {
		s, err := js.Stream(t.Context(), "KEPT")
		if err != nil {
			return false
		}
		n = int(s.CachedInfo().State.Msgs)
		return true
	})
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(3 * time.Minute); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
