package jetstream_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/jetstream"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// unfinished are the copies that wait or are dead, without the numbers of their events. That
// a replay has forgotten the first attempt of a dead letter cannot be told of a new copy.
func unfinished(all []store.Copy) (some []store.Copy) {
	for _, c := range all {
		if c.State.Waiting() || c.State == store.Dead {
			c.Event.Seq = 0
			if c.State == store.Dead && c.FirstAt.IsZero() {
				c.FirstAt = c.LastAt
			}
			some = append(some, c)
		}
	}
	return some
}

func plain(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: t.TempDir(), Synchronous: sqlite.Off})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func TestWhatIsUnfinishedIsBroughtOverAsItIs(t *testing.T) {
	t.Parallel()
	from := plain(t)
	story(t, from)
	h := newHistory()
	s := gateway(t, h)
	accept(t, s, 201, 203, "a", "z")
	before := len(unfinished(ask(t, s).Copies))

	want := unfinished(ask(t, from).Copies)
	events, err := jetstream.Import(t.Context(), from, s, nil)
	must(t, err)
	if events == 0 {
		t.Error("nothing was brought over")
	}
	got := ask(t, s)
	same(t, "the copies", want, unfinished(got.Copies)[before:])
	same(t, "the subscriptions", ask(t, from).Subscriptions, got.Subscriptions)

	events, err = jetstream.Import(t.Context(), from, s, nil)
	must(t, err)
	same(t, "how many are brought a second time", int64(0), events)
	same(t, "all that there is", got, ask(t, s))
}

// interrupted is a store whose reader gives up after some pages.
type interrupted struct {
	store.Store
	pages int
}

var errInterrupted = errors.New("interrupted")

func (s *interrupted) Scan(ctx context.Context, q store.ScanQuery) (store.Page, error) {
	if s.pages--; s.pages < 0 {
		return store.Page{}, errInterrupted
	}
	return s.Store.Scan(ctx, q)
}

func TestAnInterruptedImportGoesOnWithoutDoubling(t *testing.T) {
	t.Parallel()
	from := plain(t)
	var b store.Batch
	for n := range 500 {
		b.Appends = append(b.Appends, store.Append{Event: event(n), Plugins: []string{"a", "b"}})
		if n%7 == 0 {
			b.Results = append(b.Results, store.Result{Plugin: "a", Seq: uint64(n + 1), State: store.Dead, Attempts: 4, Reason: store.Poison, At: event(n).ReceivedAt})
		}
	}
	must(t, from.Commit(t.Context(), &b))
	h := newHistory()
	s := gateway(t, h)
	first, err := jetstream.Import(t.Context(), &interrupted{from, 3}, s, nil)
	if !errors.Is(err, errInterrupted) || first == 0 {
		t.Errorf("it was not interrupted after %d events: %v", first, err)
	}
	last, err := jetstream.Import(t.Context(), from, s, func(done, total int64) {
		if done > total || total != 1000 {
			t.Errorf("%d of %d copies are done", done, total)
		}
	})
	must(t, err)
	same(t, "how many were brought", int64(500), first+last)
	got := ask(t, s)
	same(t, "the copies", unfinished(ask(t, from).Copies), unfinished(got.Copies))
	ready := map[string][]uint64{}
	for _, c := range got.Copies {
		if c.State == store.Ready {
			ready[c.Plugin] = append(ready[c.Plugin], c.Event.Seq)
		}
	}
	same(t, "what is handed out", ready, h.offered)
}

func TestAClusterBeginsWithABackup(t *testing.T) {
	t.Parallel()
	from := plain(t)
	story(t, from)
	want, file := ask(t, from), filepath.Join(t.TempDir(), "backup")
	must(t, from.Backup(t.Context(), file, nil))
	h := newHistory()
	must(t, jetstream.SeedOn(t.Context(), h.connect(), jetstream.Options{Dir: t.TempDir()}, file))
	s, other := gateway(t, h), gateway(t, h)
	same(t, "answers", want, ask(t, s))
	accept(t, s, 101, 101, "a")
	same(t, "the next number", want.LastSeq+1, ask(t, s).LastSeq)
	must(t, other.Await(t.Context(), s.Mark()))
	same(t, "answers of another", ask(t, s), ask(t, other))

	file = filepath.Join(t.TempDir(), "backup")
	must(t, other.Backup(t.Context(), file, nil))
	again := newHistory()
	must(t, jetstream.SeedOn(t.Context(), again.connect(), jetstream.Options{Dir: t.TempDir()}, file))
	third := gateway(t, again)
	same(t, "answers of another cluster", ask(t, s), ask(t, third))
	accept(t, third, 102, 102, "a")

	for what, h := range map[string]*history{"in use": h, "that was seeded": again, "with an empty inbox": newHistory()} {
		if what == "with an empty inbox" {
			closed(t, gateway(t, h))
		}
		if err := jetstream.SeedOn(t.Context(), h.connect(), jetstream.Options{Dir: t.TempDir()}, file); !errors.Is(err, jetstream.ErrUsed) {
			t.Errorf("a cluster %s was seeded: %v", what, err)
		}
	}
}

func TestWhatIsNoInboxSeedsNothing(t *testing.T) {
	t.Parallel()
	h := newHistory()
	for _, file := range []string{"import_test.go", "nothing.db"} {
		if err := jetstream.SeedOn(t.Context(), h.connect(), jetstream.Options{Dir: t.TempDir()}, file); err == nil {
			t.Errorf("%s is an inbox", file)
		}
	}
	if _, ok, _ := h.Latest(t.Context()); ok {
		t.Error("the cluster has a snapshot")
	}
}
