package jetstream_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/cluster"
	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream/logpb"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestAViewThatIsMadeAnewAnswersTheSame(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	story(t, s)
	want := ask(t, s)
	closed(t, s)
	for what, lose := range map[string]func(){
		"where it was lost":            func() { must(t, os.RemoveAll(dir)) },
		"where it cannot be read":      func() { spoil(t, dir) },
		"where it was never finished":  func() { must(t, os.Rename(filepath.Dir(view(t, dir)), filepath.Dir(view(t, dir))+".part")) },
		"where it is as it was before": func() {},
	} {
		lose()
		s := gatewayIn(t, h, dir)
		same(t, "from the log, "+what, want, ask(t, s))
		closed(t, s)
	}

	s = gatewayIn(t, h, dir)
	must(t, s.Snapshot(t.Context()))
	accept(t, s, 101, 103, "a")
	want = ask(t, s)
	closed(t, s)
	if first, _, _, _ := h.Bounds(t.Context()); first < 10 {
		t.Errorf("the log still begins with %d", first)
	}
	for what, lose := range map[string]func(){
		"where it was lost":       func() { must(t, os.RemoveAll(dir)) },
		"where it cannot be read": func() { spoil(t, dir) },
	} {
		lose()
		s := gatewayIn(t, h, dir)
		same(t, "from a snapshot, "+what, want, ask(t, s))
		problems, err := s.Check(t.Context(), nil)
		must(t, err)
		same(t, "the problems", []string{}, problems)
		closed(t, s)
	}
}

func TestAGatewayThatWasAwayForLongGoesOnFromASnapshot(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	old := gatewayIn(t, h, dir)
	accept(t, old, 1, 3, "a")
	closed(t, old)
	s := gateway(t, h)
	accept(t, s, 4, 9, "a")
	must(t, s.Snapshot(t.Context()))
	accept(t, s, 10, 11, "a")
	same(t, "answers", ask(t, s), ask(t, gatewayIn(t, h, dir)))
}

func TestAGapThatOpensWhileAGatewayRunsIsClosedBehindItsBack(t *testing.T) {
	t.Parallel()
	h := newHistory()
	cable := h.connect()
	other, err := jetstream.OpenOn(t.Context(), cable, nil, jetstream.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { closed(t, other) })
	s := gateway(t, h)
	reshaped := make(chan []string, 100)
	other.Watch(func(a store.Applied) { reshaped <- a.Reshaped })
	accept(t, s, 1, 3, "a")
	eventually(t, "the other has them", func() bool { return len(ask(t, other).Copies) == 3 })
	h.set(func() { cable.deaf = true })
	accept(t, s, 4, 9, "a")
	must(t, s.Snapshot(t.Context()))
	accept(t, s, 10, 12, "a")
	h.set(func() { cable.deaf = false })
	eventually(t, "the other has caught up", func() bool { return other.Mark() == s.Mark() })
	same(t, "answers", ask(t, s), ask(t, other))
	if why, _ := other.Trouble(); why != "" {
		t.Errorf("it is still in trouble: %s", why)
	}
	anew := false
	for len(reshaped) > 0 {
		if r := <-reshaped; len(r) == 1 && r[0] == "*" {
			anew = true
		}
	}
	if !anew {
		t.Error("nobody was told that all is anew")
	}
	accept(t, other, 13, 13, "a")
}

func TestAViewThatTurnsOutUnreadableIsMadeAnewWhileTheGatewayRuns(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	accept(t, s, 1, 50, "a")
	closed(t, s) // which moves it all into the file
	s = gatewayIn(t, h, dir)
	want := ask(t, s)
	old := view(t, dir)
	spoil(t, dir)
	seqs := []uint64{1, 2, 25, 50}
	eventually(t, "it is made anew", func() bool {
		copies, err := s.Copies(t.Context(), "a", seqs)
		return err == nil && len(copies) == len(seqs)
	})
	eventually(t, "it has caught up", func() bool { return len(ask(t, s).Copies) == 50 })
	same(t, "answers", want, ask(t, s))
	accept(t, s, 51, 51, "a")
	eventually(t, "the old one is gone", func() bool { _, err := os.Stat(old); return errors.Is(err, os.ErrNotExist) })
}

func TestAGapWithoutASnapshotIsSaid(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	accept(t, s, 1, 3, "a")
	must(t, h.Purge(t.Context(), s.Mark()-1))
	closed(t, s)
	must(t, os.RemoveAll(dir))
	_, err := jetstream.OpenOn(t.Context(), h.connect(), nil, jetstream.Options{Dir: dir})
	if !errors.Is(err, cluster.ErrGap) {
		t.Errorf("it opened without what is gone: %v", err)
	}
}

func TestALogThatWasTakenBackIsRefused(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	accept(t, s, 1, 3, "a")
	closed(t, s)
	again := newHistory()
	accept(t, gateway(t, again), 1, 1, "a")
	_, err := jetstream.OpenOn(t.Context(), again.connect(), nil, jetstream.Options{Dir: dir})
	if err == nil {
		t.Fatal("it opened on a log that ends before its view")
	}
}

func TestWhatANewerGatewayWroteStopsThisOne(t *testing.T) {
	t.Parallel()
	h, dir := newHistory(), t.TempDir()
	s := gatewayIn(t, h, dir)
	accept(t, s, 1, 2, "a")
	h.set(func() { h.newer = h.last + 2 })
	_, err := h.Append(t.Context(), "newer", nil, &logpb.Entry{})
	must(t, err)
	eventually(t, "it says so", func() bool { why, _ := s.Trouble(); return why != "" })
	if err := s.Commit(t.Context(), &store.Batch{}); !errors.Is(err, cluster.ErrNewer) {
		t.Errorf("it takes callbacks still: %v", err)
	}
	same(t, "what it has", 2, len(ask(t, s).Copies))
	closed(t, s)
	if _, err := jetstream.OpenOn(t.Context(), h.connect(), nil, jetstream.Options{Dir: dir}); !errors.Is(err, cluster.ErrNewer) {
		t.Errorf("it opened: %v", err)
	}
}

// A log that was restored from an older backup, and has gone on, is longer than what a view
// has of it, and not the same.
func TestAViewOfALogThatWasRestoredIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	h, old := newHistory(), t.TempDir()
	s := gatewayIn(t, h, old)
	accept(t, s, 1, 5, "a")
	closed(t, s)
	h.set(func() { h.records, h.last = h.records[:3], h.records[2].mark })
	s = gateway(t, h)
	accept(t, s, 11, 19, "a")
	_, err := jetstream.OpenOn(t.Context(), h.connect(), h, jetstream.Options{Dir: old})
	if err == nil || !strings.Contains(err.Error(), "restored from an older backup") || !strings.Contains(err.Error(), "switchhook inbox move") {
		t.Errorf("a gateway goes on with it: %v", err)
	}
}

// Whoever answered OK to it must not start as if it had never been.
func TestWhatWaitsInTheViewOfALogThatIsGoneIsALossUntilItIsMovedAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := gatewayIn(t, newHistory(), dir)
	accept(t, s, 1, 3, "a")
	must(t, s.Commit(t.Context(), &store.Batch{Results: []store.Result{
		{Plugin: "a", Seq: 1, State: store.Dead, Attempts: 1, Reason: store.Permanent, At: event(1).ReceivedAt},
		{Plugin: "a", Seq: 2, State: store.Done, Attempts: 1, At: event(1).ReceivedAt},
	}}))
	old := filepath.Dir(view(t, dir))
	closed(t, s)
	anew := newHistory()
	anew.id = "another"
	s = gatewayIn(t, anew, dir)
	stats, err := s.Stats(t.Context())
	must(t, err)
	if l := stats.Loss; l == nil || l.Left != 2 || l.Aside != old || !strings.Contains(l.Detail, "1 waiting and 1 dead") {
		t.Errorf("of what waits in %s it says %+v", old, l)
	}
	same(t, "what is delivered", 0, len(ask(t, s).Copies))
	must(t, os.Rename(old, old+".moved"))
	if stats, err = s.Stats(t.Context()); err != nil || stats.Loss != nil {
		t.Errorf("it is moved away, and it still says %+v, %v", stats.Loss, err)
	}
	closed(t, s)
	stats, err = gatewayIn(t, anew, dir).Stats(t.Context())
	if must(t, err); stats.Loss != nil {
		t.Errorf("a start later it says %+v", stats.Loss)
	}
}

func TestAViewOfAnotherLogInWhichNothingWaitsIsNoLoss(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := gatewayIn(t, newHistory(), dir)
	accept(t, s, 1, 1, "a")
	must(t, s.Commit(t.Context(), &store.Batch{Results: []store.Result{{Plugin: "a", Seq: 1, State: store.Done, Attempts: 1, At: event(1).ReceivedAt}}}))
	closed(t, s)
	anew := newHistory()
	anew.id = "another"
	stats, err := gatewayIn(t, anew, dir).Stats(t.Context())
	if must(t, err); stats.Loss != nil {
		t.Errorf("it says %+v", stats.Loss)
	}
}
