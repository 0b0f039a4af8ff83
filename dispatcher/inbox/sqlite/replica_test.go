package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/sdk"
)

// follower opens a replica, in a new folder where there is none.
func follower(t *testing.T, o sqlite.Options) *sqlite.Store {
	t.Helper()
	o.Replica = true
	return open(t, o)
}

// tell makes a log of a story: appends with keys that come again, results, operators, and
// a clock that goes on by a minute with each entry.
func tell(rounds int) (log []sqlite.Entry) {
	at := noon()
	add := func(e sqlite.Entry) {
		at = at.Add(time.Minute)
		e.Mark, e.Now, e.Window = uint64(3*len(log)+5), at, 5*time.Minute
		log = append(log, e)
	}
	add(sqlite.Entry{Subscribe: []store.Subscription{
		{Plugin: "a", Pattern: "Sns.*", Since: noon()}, {Plugin: "b", Pattern: command, Since: noon()}, {Plugin: "b", Pattern: other, Since: noon()},
	}})
	for n := range rounds {
		b := appends(5*n+1, 5*n+5, "a", "b")
		b.Appends[1].Event.Command, b.Appends[2].Plugins = other, []string{"b"}
		b.Appends[3].Once, b.Appends[3].Event.Key = true, fmt.Sprintf("key-%d", n%3)
		add(sqlite.Entry{Batch: b})
		var results store.Batch
		for seq := uint64(max(1, 4*n-2)); seq < uint64(4*n+3); seq++ {
			r := store.Result{Plugin: "a", Seq: seq, State: store.State(1 + seq%3), Attempts: 1, At: at, Error: "no"}
			switch r.State {
			case store.Retry:
				r.DueAt = at.Add(time.Minute)
			case store.Dead:
				r.Reason = store.Permanent
			default:
				r.Error = ""
			}
			results.Results = append(results.Results, r, store.Result{Plugin: "b", Seq: seq, State: store.Done, Attempts: 1, At: at})
		}
		results.Requeues = []store.Requeue{{Plugin: "a", Seq: uint64(n), Purpose: sdk.Replay}, {Plugin: "c", Seq: uint64(2 * n)}}
		results.Drops = []store.Drop{{Plugin: "a", Seq: uint64(n + 2)}}
		add(sqlite.Entry{Batch: &results})
	}
	return log
}

func apply(t *testing.T, s *sqlite.Store, log ...sqlite.Entry) {
	t.Helper()
	if err := s.Apply(t.Context(), log); err != nil {
		t.Fatal(err)
	}
}

// answers is what a store says, of all that is the same for the same changes.
type answers struct {
	Copies        []store.Copy
	Waiting       map[string][]store.Copy
	Due           []store.Copy
	Next          time.Time
	Subscriptions []store.Subscription
	Queues        []store.Queue
	Events        int64
	LastSeq       uint64
}

func ask(t *testing.T, s *sqlite.Store) (said answers) {
	t.Helper()
	said.Copies = scan(t, s, store.ScanQuery{Bodies: true, Limit: 11})
	said.Waiting = map[string][]store.Copy{}
	for _, plugin := range []string{"a", "b", "c", "d"} {
		said.Waiting[plugin] = waiting(t, s, plugin)
	}
	var err error
	said.Due, said.Next, err = s.Due(t.Context(), store.DueQuery{Line: store.Line{Plugin: "a", Commands: []string{command, other}}, Now: noon().Add(20 * time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	if said.Subscriptions, err = s.Subscriptions(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := stats(t, s)
	said.Queues, said.Events, said.LastSeq = st.Queues, st.Events, st.LastSeq
	problems, err := s.Check(t.Context(), nil)
	if err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
	return said
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return // as a rule, and far quicker than what explains a difference
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// perform makes the changes of a log by a plain store's own methods.
func perform(t *testing.T, s *sqlite.Store, clock *time.Time, log []sqlite.Entry) {
	t.Helper()
	for _, e := range log {
		*clock = e.Now
		if e.Batch != nil {
			commit(t, s, e.Batch)
		}
		if err := s.Subscribe(t.Context(), e.Subscribe...); err != nil {
			t.Fatal(err)
		}
	}
}

func batches(log []sqlite.Entry) (all []*store.Batch) {
	for _, e := range log {
		all = append(all, e.Batch)
	}
	return all
}

func TestAReplicaAnswersAsAStoreThatMadeTheChangesItself(t *testing.T) {
	t.Parallel()
	var clock time.Time
	plain := open(t, sqlite.Options{DuplicateWindow: 5 * time.Minute, Now: func() time.Time { return clock }})
	log := tell(12)
	perform(t, plain, &clock, log)
	want, wantBatches := ask(t, plain), batches(log)
	for _, size := range []int{1, 4, 100} {
		t.Run(fmt.Sprintf("%d entries at a time", size), func(t *testing.T) {
			t.Parallel()
			log := tell(12)
			s := follower(t, sqlite.Options{})
			for part := range slices.Chunk(log, size) {
				apply(t, s, part...)
			}
			same(t, "what the commits said", wantBatches, batches(log))
			same(t, "answers", want, ask(t, s))
			if last := log[len(log)-1].Mark; s.Mark() != last {
				t.Errorf("the mark is %d, want %d", s.Mark(), last)
			}
			apply(t, s, tell(12)...)
			same(t, "answers once it was all applied again", want, ask(t, s))
		})
	}
}

func TestAReplicaKnowsWhichEventsAnEntryHasAppended(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	log := tell(4)
	apply(t, s, log...)
	for _, e := range log {
		var want [2]uint64
		if e.Batch != nil {
			for _, a := range e.Batch.Appends {
				if want[0] == 0 {
					want[0] = a.Event.Seq
				}
				want[1] = max(want[1], a.Event.Seq)
			}
		}
		first, last, err := s.Range(t.Context(), e.Mark)
		if got := [2]uint64{first, last}; err != nil || got != want {
			t.Errorf("entry %d: %v, %v, want %v", e.Mark, got, err, want)
		}
	}
}

func TestCopiesAreThoseThatWaitInOrder(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	apply(t, s, tell(30)...)
	var seqs []uint64
	for seq := uint64(200); seq > 0; seq-- {
		seqs = append(seqs, seq, seq)
	}
	for _, plugin := range []string{"a", "b", "c", "nobody"} {
		got, err := s.Copies(t.Context(), plugin, seqs)
		if err != nil {
			t.Fatal(err)
		}
		same(t, plugin, waiting(t, s, plugin), got)
	}
	none, err := s.Copies(t.Context(), "a", nil)
	if err != nil || len(none) != 0 {
		t.Errorf("of no events: %v, %v", none, err)
	}
}

func TestAReplicaTakesChangesFromItsLogAlone(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{})
	ctx := t.Context()
	_, trim := s.Trim(ctx, store.Retention{})
	_, unsubscribe := s.Unsubscribe(ctx, "a", "*")
	_, move := s.Move(ctx, "a", "b")
	for what, err := range map[string]error{
		"commit": s.Commit(ctx, &store.Batch{}), "trim": trim, "unsubscribe": unsubscribe, "move": move,
		"subscribe": s.Subscribe(ctx, store.Subscription{Plugin: "a", Pattern: "*"}),
		"apply":     open(t, sqlite.Options{}).Apply(ctx, nil),
	} {
		if err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnInboxBecomesAReplicaAndAnInboxAgain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "inbox")
	s := open(t, sqlite.Options{Dir: dir})
	story(t, s)
	before := ask(t, s)
	closed(t, s)

	s = follower(t, sqlite.Options{Dir: dir})
	same(t, "answers of the replica", before, ask(t, s))
	if s.Mark() != 0 {
		t.Errorf("the mark of an inbox is %d", s.Mark())
	}
	apply(t, s, sqlite.Entry{Mark: 7, Now: noon(), Batch: appends(201, 203, "a")})
	closed(t, s)

	closed(t, open(t, sqlite.Options{Dir: dir})) // to look at it changes nothing
	s = follower(t, sqlite.Options{Dir: dir})
	if s.Mark() != 7 {
		t.Errorf("the mark is %d, want 7", s.Mark())
	}
	closed(t, s)

	s = open(t, sqlite.Options{Dir: dir})
	commit(t, s, appends(301, 301, "a"))
	commit(t, s, appends(302, 302, "a"))
	closed(t, s)
	s = follower(t, sqlite.Options{Dir: dir})
	if s.Mark() != 0 {
		t.Errorf("the mark is %d, and there is what no log has", s.Mark())
	}
}
