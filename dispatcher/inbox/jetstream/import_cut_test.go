package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// cutting is a log that a mover writes to until it is killed: after so many writes. The
// last of them may have come through.
type cutting struct {
	*client
	left    int
	through bool
}

func (c *cutting) Append(ctx context.Context, id string, plugins []string, e *logpb.Entry) (uint64, error) {
	if c.left--; c.left >= 0 {
		return c.client.Append(ctx, id, plugins, e)
	}
	if c.through && c.left == -1 {
		if _, err := c.client.Append(ctx, id, plugins, e); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("killed: %w", cluster.ErrUnreachable)
}

// Offer counts as a write.
func (c *cutting) Offer(ctx context.Context, plugin string, seqs []uint64, doubt bool) error {
	if c.left--; c.left >= 0 || c.through && c.left == -1 {
		return errors.Join(c.history.Offer(ctx, plugin, seqs, doubt), c.cut())
	}
	return c.cut()
}

func (c *cutting) cut() error {
	if c.left >= 0 {
		return nil
	}
	return fmt.Errorf("killed: %w", cluster.ErrUnreachable)
}

// everyState leaves 125 events in a store, with copies in every state that is brought over.
func everyState(t *testing.T) *sqlite.Store {
	t.Helper()
	s, at := plain(t), event(1).ReceivedAt
	must(t, s.Subscribe(t.Context(), store.Subscription{Plugin: "a", Pattern: "Sns.*", Since: at}))
	var b, again store.Batch
	result := func(seq uint64, plugin string, state store.State, attempts int) {
		b.Results = append(b.Results, store.Result{
			Plugin: plugin, Seq: seq, State: state, Attempts: attempts, At: at, DueAt: at.Add(time.Hour), Error: "busy",
		})
	}
	for n := range 125 {
		seq := uint64(n + 1)
		b.Appends = append(b.Appends, store.Append{Event: event(n), Plugins: []string{"a", "b"}})
		switch n % 5 {
		case 1:
			result(seq, "a", store.Retry, 2)
		case 2:
			result(seq, "a", store.Dead, 4)
			b.Results[len(b.Results)-1].Reason = store.Poison
		case 3:
			result(seq, "b", store.Done, 1)
		case 4:
			result(seq, "a", store.Dead, 3)
			b.Results[len(b.Results)-1].Reason = store.Expired
			again.Requeues = append(again.Requeues, store.Requeue{Plugin: "a", Seq: seq, Purpose: 1})
		}
	}
	must(t, s.Commit(t.Context(), &b))
	must(t, s.Commit(t.Context(), &again))
	return s
}

// A move that is killed between any two writes, or in one of which nobody knows whether it
// came through, is done again by another process, with a view of its own: what it has brought
// is there once and as it was.
func TestAnImportThatIsKilledAnywhereIsDoneAgain(t *testing.T) {
	t.Parallel()
	from := everyState(t)
	want := unfinished(ask(t, from).Copies)
	for killed, writes := true, 0; killed; writes++ {
		for _, through := range []bool{false, true} {
			h := newHistory()
			accept(t, gateway(t, h), 1001, 1002, "a") // which uses the cluster
			c := &cutting{client: h.connect(), left: writes, through: through}
			s, err := jetstream.OpenOn(t.Context(), c, c, jetstream.Options{Dir: t.TempDir()})
			must(t, err)
			first, err := jetstream.Import(t.Context(), from, s, nil)
			killed = err != nil
			must(t, s.Close())

			s = gateway(t, h)
			last, err := jetstream.Import(t.Context(), from, s, nil)
			must(t, err)
			if all := first + last; all > 125 || !through && all != 125 {
				t.Errorf("after %d writes: %d events were brought, and then %d", writes, first, last)
			}
			got := ask(t, s)
			same(t, fmt.Sprintf("after %d writes, the last of which came through: %t: the copies", writes, through), want, unfinished(got.Copies)[2:])
			same(t, "the subscriptions", ask(t, from).Subscriptions, got.Subscriptions)
			for plugin, seqs := range h.offered {
				slices.Sort(seqs)
				if once := slices.Compact(slices.Clone(seqs)); len(once) != len(seqs) {
					t.Errorf("after %d writes: %d events are handed out to %s more than once", writes, len(seqs)-len(once), plugin)
				}
			}
		}
	}
}
