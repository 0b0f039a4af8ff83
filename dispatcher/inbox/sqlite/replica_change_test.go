package sqlite_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// operated is a log in which an operator takes a subscription away, moves plugins, and
// trims, between changes that it depends on and that depend on it.
func operated() []sqlite.Entry {
	log := tell(6)
	add := func(e sqlite.Entry) {
		e.Mark, e.Now = log[len(log)-1].Mark+1, log[len(log)-1].Now
		log = append(log, e)
	}
	fresh := appends(901, 903, "a", "newcomer")
	fresh.Appends[0].Event.Command = "Sns.CallbackPrevFriendAdd"
	add(sqlite.Entry{Batch: fresh})
	add(sqlite.Entry{Unsubscribe: &store.Subscription{Plugin: "a", Pattern: "Sns.*"}})
	add(sqlite.Entry{Unsubscribe: &store.Subscription{Plugin: "b", Pattern: other}})
	add(sqlite.Entry{Unsubscribe: &store.Subscription{Plugin: "nobody", Pattern: "*"}})
	add(sqlite.Entry{Batch: appends(911, 912, "newcomer", "c")})
	add(sqlite.Entry{Move: &sqlite.Move{From: "newcomer", To: "d"}})
	add(sqlite.Entry{Batch: appends(921, 922, "d", "newcomer")})
	add(sqlite.Entry{Move: &sqlite.Move{From: "newcomer", To: "d"}})
	add(sqlite.Entry{Move: &sqlite.Move{From: "b", To: "c"}})
	add(sqlite.Entry{Move: &sqlite.Move{From: "nobody", To: "c"}})
	add(sqlite.Entry{Trim: []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 1000}})
	add(sqlite.Entry{Batch: &store.Batch{Results: []store.Result{
		{Plugin: "d", Seq: 30, State: store.Done, Attempts: 1, At: noon()}, {Plugin: "c", Seq: 29, State: store.Done, Attempts: 1, At: noon()},
	}}})
	return log
}

// outcome is what Apply says of an entry beside its batch.
type outcome struct {
	Count    int
	Bytes    int64
	NotFound bool
}

func outcomes(log []sqlite.Entry) (all []outcome) {
	for _, e := range log {
		all = append(all, outcome{e.Count, e.Bytes, errors.Is(e.Err, store.ErrNotFound)})
	}
	return all
}

// operate makes the changes of operated by a plain store's own methods. Which events a
// trim lets go of is told by a clock there.
func operate(t *testing.T, s *sqlite.Store, clock *time.Time, log []sqlite.Entry) (all []outcome) {
	t.Helper()
	ctx := t.Context()
	for _, e := range log {
		var did outcome
		var err error
		switch {
		case e.Unsubscribe != nil:
			did.Count, err = s.Unsubscribe(ctx, e.Unsubscribe.Plugin, e.Unsubscribe.Pattern)
		case e.Move != nil:
			did.Count, err = s.Move(ctx, e.Move.From, e.Move.To)
		case e.Trim != nil:
			var trimmed store.Trimmed
			trimmed, err = s.Trim(ctx, store.Retention{Before: noon().Add(10 * time.Second)})
			did.Count, did.Bytes = trimmed.Events, trimmed.Bytes
		default:
			perform(t, s, clock, []sqlite.Entry{e})
		}
		if did.NotFound = errors.Is(err, store.ErrNotFound); err != nil && !did.NotFound {
			t.Fatal(err)
		}
		all = append(all, did)
	}
	return all
}

func TestWhatOperatorsDoComesOutAsInAPlainStore(t *testing.T) {
	t.Parallel()
	var clock time.Time
	plain := open(t, sqlite.Options{DuplicateWindow: 5 * time.Minute, Now: func() time.Time { return clock }})
	log := operated()
	want, wantBatches := operate(t, plain, &clock, log), batches(log)
	wantAnswers := ask(t, plain)
	for _, size := range []int{1, 3, 100} {
		log := operated()
		s := follower(t, sqlite.Options{})
		for part := range slices.Chunk(log, size) {
			apply(t, s, part...)
		}
		same(t, "outcomes", want, outcomes(log))
		same(t, "what the commits said", wantBatches, batches(log))
		same(t, "answers", wantAnswers, ask(t, s))
	}
}

// More copies than a plain store takes in one transaction.
func TestALongMoveAndUnsubscribeRunToTheirEnd(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	const n = 4500
	log := []sqlite.Entry{
		{Mark: 1, Now: noon(), Batch: appends(1, n, "a", "b"), Subscribe: []store.Subscription{{Plugin: "b", Pattern: "*"}}},
		{Mark: 2, Now: noon(), Batch: appends(n+1, n+2, "b")},
		{Mark: 3, Now: noon(), Move: &sqlite.Move{From: "a", To: "b"}},
		{Mark: 4, Now: noon(), Move: &sqlite.Move{From: "b", To: "c"}},
		{Mark: 5, Now: noon(), Unsubscribe: &store.Subscription{Plugin: "c", Pattern: "*"}},
	}
	apply(t, s, log...)
	same(t, "outcomes", []outcome{{}, {}, {}, {Count: n + 2}, {Count: n + 2}}, outcomes(log))
	want := []store.Queue{{Plugin: "c", Command: command, Dead: n + 2}}
	same(t, "queues", want, stats(t, s).Queues)
}

func TestABlockGoesWithTheLastOfItsEvents(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	apply(t, s, sqlite.Entry{Mark: 1, Now: noon(), Batch: appends(1, 3, "a")}, sqlite.Entry{Mark: 2, Now: noon(), Batch: appends(4, 5, "a")},
		sqlite.Entry{Mark: 3, Now: noon(), Batch: doneByA(1, 2, 3, 4)}, sqlite.Entry{Mark: 4, Trim: []uint64{1, 3, 4, 5}})
	is := func(mark, first, last uint64) {
		t.Helper()
		if f, l, err := s.Range(t.Context(), mark); err != nil || f != first || l != last {
			t.Errorf("entry %d: %d to %d, %v, want %d to %d", mark, f, l, err, first, last)
		}
	}
	is(1, 1, 3)
	is(2, 4, 5)
	again := []sqlite.Entry{{Mark: 5, Trim: []uint64{1, 2, 3, 4, 5}}}
	apply(t, s, again...)
	if again[0].Count != 1 {
		t.Errorf("%d events were trimmed, want 1", again[0].Count)
	}
	is(1, 0, 0)
	is(2, 4, 5)
}

// An entry that is in the log twice must not stop whoever follows it.
func TestABatchThatNoStoreWouldTakeIsPassedBy(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	twice := appends(7, 8, "a")
	twice.Appends = append(twice.Appends, twice.Appends[0])
	log := []sqlite.Entry{
		{Mark: 1, Now: noon(), Batch: appends(1, 2, "a")},
		{Mark: 2, Now: noon(), Batch: appends(2, 3, "b")},
		{Mark: 3, Now: noon(), Batch: appends(4, 4, "a")},
		{Mark: 4, Now: noon(), Batch: appends(5, 5)},
		{Mark: 5, Now: noon(), Batch: twice},
		{Mark: 6, Now: noon(), Batch: appends(6, 6, "a")},
	}
	apply(t, s, log...)
	var seqs []uint64
	for _, e := range log {
		seqs = append(seqs, e.Batch.Appends[0].Event.Seq)
		if refused := e.Err != nil; refused != (e.Mark == 2 || e.Mark == 4 || e.Mark == 5) {
			t.Errorf("entry %d: %v", e.Mark, e.Err)
		}
	}
	same(t, "numbers of the events", []uint64{1, 0, 3, 0, 0, 4}, seqs)
	if s.Mark() != 6 || len(waiting(t, s, "b")) != 0 {
		t.Errorf("mark %d, waiting for b: %v", s.Mark(), waiting(t, s, "b"))
	}
	ask(t, s)
}

func TestAKilledReplicaGoesOnFromItsMark(t *testing.T) {
	t.Parallel()
	whole := follower(t, sqlite.Options{})
	apply(t, whole, operated()...)
	want := ask(t, whole)
	for _, cut := range []int{1, 7, 15, 20} {
		dir, to := filepath.Join(t.TempDir(), "inbox"), filepath.Join(t.TempDir(), "inbox")
		s := follower(t, sqlite.Options{Dir: dir})
		apply(t, s, operated()[:cut]...)
		copyStore(t, dir, to)
		s = follower(t, sqlite.Options{Dir: to})
		if st := stats(t, s); !st.Unclean || s.Mark() != operated()[cut-1].Mark {
			t.Errorf("unclean is %t, the mark %d", st.Unclean, s.Mark())
		}
		apply(t, s, operated()...)
		same(t, "answers", want, ask(t, s))
	}
}

func TestABackupOfAReplicaHasItsMark(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	log := operated()
	apply(t, s, log[:9]...)
	dir := t.TempDir()
	if err := s.Backup(t.Context(), filepath.Join(dir, database), nil); err != nil {
		t.Fatal(err)
	}
	ordinary := filepath.Join(t.TempDir(), "inbox")
	copyStore(t, dir, ordinary)

	restored := follower(t, sqlite.Options{Dir: dir})
	if restored.Mark() != log[8].Mark {
		t.Errorf("the mark is %d, want %d", restored.Mark(), log[8].Mark)
	}
	want := ask(t, s)
	plain := open(t, sqlite.Options{Dir: ordinary})
	same(t, "answers of an ordinary inbox", want, ask(t, plain))
	commit(t, plain, appends(951, 952, "a"))
	apply(t, restored, operated()...)
	apply(t, s, operated()...)
	same(t, "answers once both have gone on", ask(t, s), ask(t, restored))
}
