package sqlite_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// tamper changes the file of a store by hand.
func tamper(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestABitThatFlipsInARowIsFoundWhereSQLiteFindsNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	ids := accept(t, s, 0, 20)
	closed(t, s)
	change(t, filepath.Join(dir, database), func(b []byte) []byte {
		at := bytes.Index(b, []byte("message 17, message 17, message"))
		if at < 0 {
			t.Fatal("the body is not in the file")
		}
		return flip(at + 3)(b)
	})
	if left, integrity := unaided(t, dir); integrity != "ok" || left != len(ids) {
		t.Fatalf("control: SQLite alone is meant to notice nothing, and says %q of %d events", integrity, left)
	}
	s = openIn(t, dir)
	defer closed(t, s)
	got, corrupt := kept(t, s)
	if want := slices.Delete(slices.Clone(ids), 17, 18); corrupt != 1 || !slices.Equal(got, want) {
		t.Errorf("%d corrupt, %d sound", corrupt, len(got))
	}
	problems, err := s.Check(t.Context(), nil)
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "event 18 ") {
		t.Errorf("check: %q, %v", problems, err)
	}
}

// unaided is what SQLite says of a closed store's file.
func unaided(t *testing.T, dir string) (events int, integrity string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&integrity); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(id) FROM events").Scan(&events); err != nil {
		t.Fatal(err)
	}
	return events, integrity
}

func TestTheCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := openIn(t, whole)
	acceptAtOnce(t, s, 300)
	closed(t, s)
	for name, c := range map[string]struct {
		statement string
		says      string
	}{
		"a copy that is not what was written":   {"UPDATE copies SET attempts = 7 WHERE seq = 5", "the copy of event 5 for archive is not what was written"},
		"an event without copies":               {"DELETE FROM copies WHERE seq = 6", "event 6 has no copies"},
		"a copy without an event":               {"DELETE FROM events WHERE seq = 7", "the copy of event 7 for archive has no event"},
		"copies behind the last event":          {"DELETE FROM events WHERE seq > 298", "the copy of event 300 for archive has no event"},
		"a wrong number of events":              {"UPDATE totals SET events = events + 1", "said to be 301 events, and there are 300"},
		"a latest event that is not the latest": {"UPDATE totals SET last_seq = 9", "the latest event is said to be 9"},
		"a wrong number of copies":              {"UPDATE queues SET ready = ready + 1, dead = dead - 1", "301 copies that are ready, and has 300"},
		"the right number of the wrong copies":  {"UPDATE queues SET waiting = waiting + 1", "has not the copies waiting"},
		"a copy of a plugin that is not known":  {"UPDATE copies SET queue = 77 WHERE seq = 8", "which does not exist"},
		"the name of a plugin that was changed": {"UPDATE queues SET plugin = 'archivf'", "are not what was written"},
		"a body of another type":                {"UPDATE events SET received = 'x' WHERE seq = 9", "event 9 is not what was written"},
	} {
		dir := filepath.Join(t.TempDir(), "inbox")
		copyStore(t, whole, dir)
		s := openIn(t, dir) // which mends what it can, so the damage comes later
		tamper(t, dir, c.statement)
		problems, err := s.Check(t.Context(), nil)
		if err != nil || !slices.ContainsFunc(problems, func(p string) bool { return strings.Contains(p, c.says) }) {
			t.Errorf("%s: %q, %v", name, problems, err)
		}
		closed(t, s)
	}
}

// acceptAtOnce accepts n events in one commit.
func acceptAtOnce(t *testing.T, s *sqlite.Store, n int) {
	t.Helper()
	b := &store.Batch{}
	for i := range n {
		b.Appends = append(b.Appends, store.Append{
			Event:   store.Event{ID: fmt.Sprintf("filled-%06d", i), Command: "C2C.CallbackAfterSendMsg", Body: body(i % 4)},
			Plugins: []string{"archive"},
		})
	}
	if err := s.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func TestTheCheckGoesOnBehindAPageThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	acceptAtOnce(t, s, 300)
	closed(t, s)
	tamper(t, dir, "UPDATE events SET body = 'other' WHERE seq = 290")
	change(t, filepath.Join(dir, database), func(b []byte) []byte {
		page := 0
		for b[page] != 13 || !bytes.Contains(b[page:page+4096], []byte("message 0, message")) {
			page += 4096 // to the first leaf of the events
		}
		b[page] = 99
		return b
	})
	s = openIn(t, dir)
	defer closed(t, s)
	problems, err := s.Check(t.Context(), nil)
	all := strings.Join(problems, "\n")
	if err != nil || !strings.Contains(all, "cannot be read") || !strings.Contains(all, "event 290 is not") {
		t.Errorf("%v:\n%s", err, all)
	}
}

func TestTheCheckOfAStoreInUseFindsNothingAndSaysHowFarItIs(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	defer closed(t, s)
	acceptAtOnce(t, s, 700)
	var writes sync.WaitGroup
	writes.Go(func() { accept(t, s, 1000, 1040) })
	var last, whole int64
	problems, err := s.Check(t.Context(), func(done, total int64) {
		if done*max(1, whole) < last*max(1, total) || done > total {
			t.Errorf("%d of %d after %d of %d", done, total, last, whole)
		}
		last, whole = done, total
	})
	writes.Wait()
	if err != nil || len(problems) > 0 || last != whole {
		t.Errorf("%q, %v, %d of %d", problems, err, last, whole)
	}
	if problems, err = s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("afterwards: %q, %v", problems, err)
	}
}
