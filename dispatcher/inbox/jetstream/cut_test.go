package jetstream_test

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/natstest"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// deliver handles so many copies of a plugin.
func deliver(t *testing.T, s *jetstream.Store, plugin string, copies int) {
	t.Helper()
	for copies > 0 {
		claim, err := s.Claim(t.Context(), plugin, copies)
		must(t, err)
		var b store.Batch
		for _, seq := range claim.Seqs() {
			b.Results = append(b.Results, store.Result{Plugin: plugin, Seq: seq, State: store.Done, Attempts: 1, At: event(1).ReceivedAt})
		}
		must(t, s.Commit(t.Context(), &b))
		must(t, claim.Done())
		copies -= len(claim.Seqs())
	}
}

// first is the first message that the log still has.
func first(t *testing.T, node *natstest.Node, prefix string) uint64 {
	t.Helper()
	nc, err := nats.Connect(node.URL())
	must(t, err)
	defer nc.Close()
	js, err := natsjs.New(nc)
	must(t, err)
	stream, err := js.Stream(t.Context(), prefix+"_LOG")
	must(t, err)
	return stream.CachedInfo().State.FirstSeq
}

// A plugin that is gone is not asked for what it was handed, or never was. Its consumer stays,
// and with it whatever it needs when it comes back.
func TestAPluginThatIsGoneHoldsTheLogForAsLongAsSomethingWaitsForIt(t *testing.T) {
	t.Parallel()
	node := natstest.Start(t, natstest.Options{})
	s := member(t, node, "gone")
	accept(t, s, 1, 1, "gone", "a")
	deliver(t, s, "gone", 1) // and from here on nobody serves it
	accept(t, s, 2, 2, "gone", "a")
	waiting := s.Mark()
	accept(t, s, 3, 20, "a")
	deliver(t, s, "a", 20)
	cut := func() uint64 {
		must(t, s.Snapshot(t.Context()))
		return first(t, node, "GONE")
	}
	if at := cut(); at > waiting {
		t.Errorf("the log begins with %d, and %d is not handed out yet", at, waiting)
	}
	// It is given up by hand.
	must(t, s.Commit(t.Context(), &store.Batch{Results: []store.Result{
		{Plugin: "gone", Seq: 2, State: store.Dead, Attempts: 1, Reason: store.Expired, At: event(1).ReceivedAt},
	}}))
	eventually(t, "nothing holds the log", func() bool { return cut() > s.Mark() })
	accept(t, s, 21, 21, "gone")
	within, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	claim, err := s.Claim(within, "gone", 10)
	must(t, err)
	same(t, "what it is handed when it is back", []uint64{21}, claim.Seqs())
	must(t, claim.Done())
}
