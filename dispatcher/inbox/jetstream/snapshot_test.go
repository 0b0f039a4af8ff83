package jetstream_test

import (
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// small opens a store on a log of a mebibyte.
func small(t *testing.T, h *history) *jetstream.Store {
	t.Helper()
	s, err := jetstream.OpenOn(t.Context(), h.connect(), h, jetstream.Options{
		Dir: t.TempDir(), Cluster: cluster.Options{MaxBytes: 1 << 20},
	})
	must(t, err)
	t.Cleanup(func() { closed(t, s) })
	return s
}

// fill commits events with large bodies, which are handled at once, until the log holds
// that much.
func fill(t *testing.T, h *history, s *jetstream.Store, bytes int64) {
	t.Helper()
	for n := 1000; ; n++ {
		if _, _, size, _ := h.Bounds(t.Context()); size >= bytes {
			return
		}
		e := event(n)
		e.ID, e.Body = fmt.Sprintf("%s after %d", e.ID, s.Mark()), make([]byte, 20_000)
		must(t, s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{Event: e, Plugins: []string{"a"}}}}))
	}
}

func TestTheKeeperTakesASnapshotWhenTheLogIsHalfFull(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s := small(t, h)
	fill(t, h, s, 400_000)
	must(t, s.KeepOnce(t.Context()))
	if _, ok, _ := h.Latest(t.Context()); ok {
		t.Error("there is a snapshot of a log that has much room")
	}
	fill(t, h, s, 600_000)
	must(t, s.KeepOnce(t.Context()))
	mark, ok, err := h.Latest(t.Context())
	if err != nil || !ok || mark != s.Mark() {
		t.Errorf("the latest snapshot is %d (%v, %v), and the view is at %d", mark, ok, err, s.Mark())
	}
	if _, _, size, _ := h.Bounds(t.Context()); size != 0 {
		t.Errorf("the log still has %d bytes", size)
	}
	if st := s.Status(); st.SnapshotMark != mark || st.SnapshotAt.IsZero() || st.LogMaxBytes != 1<<20 {
		t.Errorf("its status is %+v", st)
	}
	same(t, "answers", ask(t, s), ask(t, small(t, h)))
	must(t, s.KeepOnce(t.Context()))
	accept(t, s, 1, 1, "a")
}

func TestWhatIsBeingHandedOutStaysUntilTheLogNeedsTheRoom(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s := small(t, h)
	h.set(func() { h.floor = 10 })
	fill(t, h, s, 600_000)
	must(t, s.KeepOnce(t.Context()))
	if first, _, _, _ := h.Bounds(t.Context()); first != 11 {
		t.Errorf("the log begins with %d, want 11", first)
	}
	fill(t, h, s, 800_000)
	must(t, s.KeepOnce(t.Context()))
	snapshot, _, _ := h.Latest(t.Context())
	if first, _, _, _ := h.Bounds(t.Context()); first != snapshot+1 {
		t.Errorf("the log begins with %d, and the snapshot is of %d", first, snapshot)
	}
}

func TestAFullLogTakesResultsAndNoEvents(t *testing.T) {
	t.Parallel()
	h := newHistory()
	s := small(t, h)
	fill(t, h, s, 1<<20-1<<16+1) // beyond all but a sixteenth
	e := store.Batch{Appends: []store.Append{{Event: event(1), Plugins: []string{"a"}}}}
	if err := s.Commit(t.Context(), &e); !errors.Is(err, store.ErrFull) {
		t.Errorf("a full log took an event: %v", err)
	}
	must(t, s.Commit(t.Context(), &store.Batch{Results: []store.Result{{Plugin: "a", Seq: 1, State: store.Done, Attempts: 1, At: e.Appends[0].Event.ReceivedAt}}}))
	must(t, s.KeepOnce(t.Context()))
	must(t, s.Commit(t.Context(), &e))
}

// What a disk has spoilt of a view does not become the only one that there is.
func TestADamagedViewIsNoSnapshot(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	accept(t, s, 1, 9, "a")
	want, mark := ask(t, s), s.Mark()
	closed(t, s)
	db, err := sql.Open("sqlite", view(t, dir))
	must(t, err)
	_, err = db.ExecContext(t.Context(), "UPDATE events SET body = x'00' WHERE seq = 5")
	must(t, errors.Join(err, db.Close()))
	s = gatewayIn(t, h, dir)
	if err := s.Snapshot(t.Context()); !errors.Is(err, sqlite.ErrUnreadable) {
		t.Errorf("a snapshot of a damaged view: %v", err)
	}
	if mark, ok, _ := h.Latest(t.Context()); ok {
		t.Errorf("there is a snapshot of %d", mark)
	}
	eventually(t, "the view is made anew", func() bool { return s.Snapshot(t.Context()) == nil })
	must(t, s.Await(t.Context(), mark))
	same(t, "answers of the gateway", want, ask(t, s))
	same(t, "answers of a new one", want, ask(t, gateway(t, h)))
}
