package sqlite_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// query changes what is in a closed store, as a failing disk or another version would.
func query(dir, statement string) error {
	db, err := sql.Open("sqlite", filepath.Join(dir, "inbox.db"))
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

// behind changes rows of copies in a closed store without its indexes hearing of it, or
// the indexes without the rows, as a bit that flips does.
func behind(t *testing.T, dir string, statements ...string) {
	t.Helper()
	for _, part := range [][]string{
		{
			"CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE name LIKE 'copies_%'", "PRAGMA writable_schema = ON",
			"DELETE FROM sqlite_schema WHERE name LIKE 'copies_%'",
		},
		statements,
		{
			"PRAGMA writable_schema = ON", "INSERT INTO sqlite_schema SELECT * FROM hidden", "PRAGMA writable_schema = OFF",
			"PRAGMA writable_schema = RESET", "DROP TABLE hidden",
		},
	} {
		db, err := sql.Open("sqlite", filepath.Join(dir, "inbox.db"))
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		for _, statement := range part {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// flips are changes to the copy of event 2, which was ready.
func flips() map[string]string {
	return map[string]string{
		"done":            "UPDATE copies SET state = 2 WHERE seq = 2",
		"retry":           "UPDATE copies SET state = 1 WHERE seq = 2",
		"dead":            "UPDATE copies SET state = 3 WHERE seq = 2",
		"no known state":  "UPDATE copies SET state = 32 WHERE seq = 2",
		"another purpose": "UPDATE copies SET purpose = 1 WHERE seq = 2",
		"another type":    "UPDATE copies SET attempts = 'x' WHERE seq = 2",
		"another event":   "UPDATE copies SET seq = 2 + 1024 WHERE seq = 2",
		"another sum":     "UPDATE copies SET crc = crc + 1 WHERE seq = 2",
	}
}

func TestAFlippedBitInACopyMakesItCorruptAndLosesNothing(t *testing.T) {
	t.Parallel()
	for name, flip := range flips() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, sqlite.Options{Dir: dir})
			commit(t, s, appends(1, 3, "a"))
			_ = s.Close()
			behind(t, dir, flip)
			s = open(t, sqlite.Options{Dir: dir})
			copies := waiting(t, s, "a")
			if len(copies) != 3 || copies[1].Event.Seq != 2 || copies[1].Plugin != "a" || !copies[1].Corrupt {
				t.Fatalf("read %+v", copies)
			}
			commit(t, s, &store.Batch{Results: []store.Result{
				{Plugin: "a", Seq: 1, State: store.Done, Attempts: 1, At: noon()},
				{Plugin: "a", Seq: 2, State: store.Dead, At: noon(), Reason: store.Corrupt},
				{Plugin: "a", Seq: 3, State: store.Retry, Attempts: 1, At: noon(), DueAt: noon()},
			}})
			if _, err := s.Trim(t.Context(), store.Retention{Before: noon().Add(time.Hour)}); err != nil {
				t.Error(err)
			}
			if got := stats(t, s); got.Events != 2 || got.Queues[0].Retry != 1 {
				t.Errorf("stats %+v", got)
			}
		})
	}
}

func TestTheIndexesAreMadeAnewWhereTheyLackWhatWaits(t *testing.T) {
	t.Parallel()
	for name, flip := range flips() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := open(t, sqlite.Options{Dir: dir})
			commit(t, s, appends(1, 3, "a"))
			_ = s.Close()
			// What the indexes have of the third is gone, and the second is damaged.
			behind(t, dir, flip, "CREATE TABLE third AS SELECT * FROM copies WHERE seq = 3", "DELETE FROM copies WHERE seq = 3")
			if err := query(dir, "REINDEX copies_ready"); err != nil {
				t.Fatal(err)
			}
			behind(t, dir, "INSERT INTO copies SELECT * FROM third", "DROP TABLE third")
			s = open(t, sqlite.Options{Dir: dir})
			copies := waiting(t, s, "a")
			if len(copies) != 2 || copies[0].Event.Seq != 1 || copies[1].Event.Seq != 3 || copies[0].Corrupt || copies[1].Corrupt {
				t.Fatalf("read %+v", copies)
			}
			if q := stats(t, s).Queues[0]; q.Ready != 2 || q.Dead != 1 {
				t.Errorf("counts %+v", q)
			}
			commit(t, s, doneByA(1, 3))
		})
	}
}

func TestACommitThatStumblesOverADamagedIndexMendsIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	story(t, s)
	_ = s.Close()
	behind(t, dir, "CREATE TABLE dead AS SELECT * FROM copies WHERE state = 3", "DELETE FROM copies WHERE state = 3")
	if err := query(dir, "REINDEX copies_dead"); err != nil {
		t.Fatal(err)
	}
	behind(t, dir, "INSERT INTO copies SELECT * FROM dead", "DROP TABLE dead")
	s = open(t, sqlite.Options{Dir: dir})
	b := &store.Batch{Drops: []store.Drop{{Plugin: "b", Seq: 3}}}
	if commit(t, s, b); !b.Drops[0].Dropped {
		t.Error("the dead letter is not dropped")
	}
	commit(t, s, doneByA(10, 11))
}

func TestADeadLetterThatOnlySeemsToBeDoneIsNotTrimmed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	commit(t, s, appends(1, 3, "a"))
	b := doneByA(1, 2, 3)
	b.Results[1].State, b.Results[1].Reason = store.Dead, store.Permanent
	commit(t, s, b)
	_ = s.Close()
	behind(t, dir, "UPDATE copies SET state = 2 WHERE seq = 2")
	s = open(t, sqlite.Options{Dir: dir})
	trimmed, err := s.Trim(t.Context(), store.Retention{Before: noon().Add(time.Hour)})
	if err != nil || trimmed.Events != 2 || stats(t, s).Events != 1 {
		t.Errorf("trimmed %+v, %v", trimmed, err)
	}
	if copies := scan(t, s, store.ScanQuery{Bodies: true}); len(copies) != 1 || copies[0].Event.Seq != 2 || !copies[0].Corrupt {
		t.Errorf("left %+v", copies)
	}
}
