package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// What a damaged replica made up by itself, no other would have.
func TestADamagedReplicaIsUnreadableAndMendsNothing(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"a mark that has changed":        "UPDATE replica SET mark = mark - 1",
		"no mark":                        "DELETE FROM replica",
		"a queue of another name":        "UPDATE queues SET plugin = 'z' WHERE id = 1",
		"a copy that nobody waits for":   "UPDATE copies SET state = 2 WHERE seq = 29",
		"counts that are wrong":          "UPDATE queues SET ready = ready + 1 WHERE id = 1",
		"a file with a page of nonsense": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "inbox")
			s := follower(t, sqlite.Options{Dir: dir})
			apply(t, s, tell(6)...)
			closed(t, s)
			if statement == "" {
				change(t, filepath.Join(dir, database), func(b []byte) []byte {
					clear(b[:4096])
					return b
				})
			} else if err := query(dir, statement); err != nil {
				t.Fatal(err)
			}
			_ = os.Remove(filepath.Join(dir, writeLog))
			before := read(t, filepath.Join(dir, database))
			wantUnreadable(t, dir)
			wantUnreadable(t, dir) // and it stays so
			if after := read(t, filepath.Join(dir, database)); name != "a queue of another name" && len(after) != len(before) {
				t.Error("the file was changed")
			}
			left, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range left {
				if file.IsDir() {
					t.Errorf("%s was put aside", file.Name())
				}
			}
		})
	}
}

func wantUnreadable(t *testing.T, dir string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Replica: true, Synchronous: sqlite.Off})
	if err == nil {
		closed(t, s)
	}
	if !errors.Is(err, sqlite.ErrUnreadable) {
		t.Errorf("opened with %v", err)
	}
}

func TestADamagedLogOfAReplicaIsUnreadable(t *testing.T) {
	t.Parallel()
	dir, to := filepath.Join(t.TempDir(), "inbox"), filepath.Join(t.TempDir(), "inbox")
	s := follower(t, sqlite.Options{Dir: dir})
	for _, e := range tell(6) {
		apply(t, s, e)
	}
	copyStore(t, dir, to)
	change(t, filepath.Join(to, writeLog), func(b []byte) []byte { return flip(len(b) / 2)(b) })
	wantUnreadable(t, to)
}

// The damage is met with while the replica is in use.
func TestAnEntryThatMeetsDamageIsNotApplied(t *testing.T) {
	t.Parallel()
	at := noon()
	for name, e := range map[string]sqlite.Entry{
		"a result":        {Batch: &store.Batch{Results: []store.Result{{Plugin: "a", Seq: 2, State: store.Done, Attempts: 1, At: at}}}},
		"a requeue":       {Batch: &store.Batch{Requeues: []store.Requeue{{Plugin: "a", Seq: 2}}}},
		"a drop":          {Batch: &store.Batch{Drops: []store.Drop{{Plugin: "a", Seq: 2}}}},
		"a trim":          {Trim: []uint64{1, 2}},
		"an unsubscribed": {Unsubscribe: &store.Subscription{Plugin: "a", Pattern: "*"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "inbox")
			s := follower(t, sqlite.Options{Dir: dir})
			apply(t, s, sqlite.Entry{Mark: 1, Now: at, Batch: appends(1, 3, "a"), Subscribe: []store.Subscription{{Plugin: "a", Pattern: "*"}}},
				sqlite.Entry{Mark: 2, Now: at, Batch: doneByA(1)})
			if err := query(dir, "UPDATE copies SET failure = 'x', attempts = 7, purpose = 1 WHERE seq = 2"); err != nil {
				t.Fatal(err)
			}
			first := sqlite.Entry{Mark: 3, Now: at, Batch: appends(4, 5, "a")}
			e.Mark, e.Now = 4, at
			log := []sqlite.Entry{first, e}
			if err := s.Apply(t.Context(), log); !errors.Is(err, sqlite.ErrUnreadable) {
				t.Errorf("applied with %v", err)
			}
			if s.Mark() != 2 || log[0].Batch.Appends[0].Event.Seq != 0 || stats(t, s).LastSeq != 3 {
				t.Errorf("mark %d, seq %d, stats %+v", s.Mark(), log[0].Batch.Appends[0].Event.Seq, stats(t, s))
			}
			apply(t, s, first) // what has nothing to do with it goes on
			if s.Mark() != 3 {
				t.Errorf("mark %d, want 3", s.Mark())
			}
			if _, err := s.Copies(t.Context(), "a", []uint64{1, 2, 3}); !errors.Is(err, sqlite.ErrUnreadable) {
				t.Errorf("read with %v", err)
			}
		})
	}
}

// Where nothing is known to be damaged, an id that is in the way of a batch is looked for.
func TestAnEventInTheWayOfAnotherIsDamage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "inbox")
	s := follower(t, sqlite.Options{Dir: dir})
	apply(t, s, sqlite.Entry{Mark: 1, Now: noon(), Batch: appends(1, 3, "a")})
	if err := query(dir, "UPDATE events SET seq = 4 WHERE seq = 3"); err != nil {
		t.Fatal(err)
	}
	err := s.Apply(t.Context(), []sqlite.Entry{{Mark: 2, Now: noon(), Batch: appends(4, 4, "a")}})
	if !errors.Is(err, sqlite.ErrUnreadable) || s.Mark() != 1 {
		t.Errorf("applied with %v, the mark is %d", err, s.Mark())
	}
}
