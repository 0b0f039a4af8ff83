package sqlite_test

import (
	"bytes"
	"database/sql"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestABitThatFlipsInTheMiddleOfTheLogIsReportedWithWhatItCost(t *testing.T) {
	t.Parallel()
	whole, ids := killed(t, 60)
	size := len(read(t, filepath.Join(whole, writeLog)))
	for _, at := range []int{18, 5000, size / 3, size / 2} {
		dir := filepath.Join(t.TempDir(), "inbox")
		copyStore(t, whole, dir)
		change(t, filepath.Join(dir, writeLog), flip(at))
		damagedLog, damagedDB := read(t, filepath.Join(dir, writeLog)), read(t, filepath.Join(dir, database))

		left, integrity := alone(t, dir)
		lost := len(ids) - len(left)
		if integrity != "ok" || lost < 15 || !slices.Equal(left, ids[:len(left)]) {
			t.Fatalf("control: SQLite alone finds %d of %d events, and says %q; it is meant to drop the rest without a word",
				len(left), len(ids), integrity)
		}

		var log bytes.Buffer
		s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		found := loss(t, s)
		// What made the tables is in the log as well, and is lost where its first frames are.
		if more := max(0, examined(t, whole).Commits-len(ids)); found == nil || found.Commits < lost || found.Commits > lost+more ||
			len(left) > 0 && found.Commits != lost {
			t.Errorf("flip at %d: %d events are gone; reported: %+v", at, lost, found)
			closed(t, s)
			continue
		}
		if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, found.Aside) {
			t.Errorf("log: %s", got)
		}
		if !bytes.Equal(read(t, filepath.Join(found.Aside, writeLog)), damagedLog) ||
			!bytes.Equal(read(t, filepath.Join(found.Aside, database)), damagedDB) {
			t.Error("what was put aside is not what was found")
		}
		again := accept(t, s, 1000, 1010)
		if got, corrupt := kept(t, s); corrupt > 0 || !slices.Equal(got, slices.Concat(left, again)) {
			t.Errorf("serving goes on with %d events, %d of them corrupt; want %d", len(got), corrupt, len(left)+10)
		}
		closed(t, s)
	}
}

func TestALossIsCountedToTheCommitWhereverTheBitFlips(t *testing.T) {
	t.Parallel()
	whole, ids := killed(t, 30)
	report, size := examined(t, whole), len(read(t, filepath.Join(whole, writeLog)))
	for range 5 {
		dir := filepath.Join(t.TempDir(), "inbox")
		copyStore(t, whole, dir)
		at, bit := 24+rand.IntN(size*9/10-24), byte(1)<<rand.IntN(8)
		change(t, filepath.Join(dir, writeLog), func(b []byte) []byte { b[at] ^= bit; return b })
		got := examined(t, dir)
		if got.Lost == 0 || got.Commits+got.Lost != report.Commits {
			t.Errorf("bit %#x at %d: %+v, of %d commits", bit, at, got, report.Commits)
		}
		if left, _ := alone(t, dir); len(left) > 0 && got.Lost != len(ids)-len(left) {
			t.Errorf("bit %#x at %d: %+v; SQLite alone has %d of %d events", bit, at, got, len(left), len(ids))
		}
	}
}

// grown returns the files of a killed store whose log was moved into the file once, and
// has three commits since.
func grown(t *testing.T) (dir string, ids []string) {
	t.Helper()
	from := t.TempDir()
	s := openIn(t, from)
	defer closed(t, s)
	ids = accept(t, s, 0, 20)
	db, err := sql.Open("sqlite", filepath.Join(from, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it only moved the log into the file
	if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(FULL)"); err != nil {
		t.Fatal(err)
	}
	ids = append(ids, accept(t, s, 20, 23)...)
	dir = filepath.Join(t.TempDir(), "inbox")
	copyStore(t, from, dir)
	return dir, ids
}

func TestTheGenerationBeforeIsNoLoss(t *testing.T) {
	t.Parallel()
	dir, ids := grown(t)
	report := examined(t, dir)
	if report.Commits != 3 || report.Lost != 0 || report.Frames < 60 {
		t.Fatalf("got %+v, want three commits before the rest of an older log", report)
	}
	s := openIn(t, dir)
	defer closed(t, s)
	if got, _ := kept(t, s); loss(t, s) != nil || !slices.Equal(got, ids) {
		t.Errorf("%d events, loss %+v", len(got), loss(t, s))
	}
}

// SQLite fills up a file that was cut with zeros, as soon as it moves the log into it.
func TestADatabaseThatWasCutIsNoticedThoughItsLogIsWhole(t *testing.T) {
	t.Parallel()
	dir, _ := grown(t)
	change(t, filepath.Join(dir, database), func(b []byte) []byte { return b[:len(b)-4*4096] })
	s := openIn(t, dir)
	defer closed(t, s)
	found := loss(t, s)
	if found == nil || !strings.Contains(found.Detail, "cannot be read") {
		t.Fatalf("got %+v", found)
	}
	if _, err := os.Stat(filepath.Join(found.Aside, database)); err != nil {
		t.Error(err)
	}
	accept(t, s, 1000, 1003)
}

// pageOf returns where the first page of a table or an index begins.
func pageOf(t *testing.T, dir, name string) (at int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := db.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = ?", name).Scan(&at); err != nil {
		t.Fatal(err)
	}
	return (at - 1) * 4096
}

func TestAStoreThatCannotTakeAnythingInBeginsAnewAtTheNextStart(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := openIn(t, whole)
	acceptAtOnce(t, s, 300)
	closed(t, s)
	for name, starts := range map[string]int{"events": 1, "queues": 1, "totals": 1, "copies_ready": 1, "events_id": 2} {
		dir := filepath.Join(t.TempDir(), "inbox")
		copyStore(t, whole, dir)
		page := pageOf(t, dir, name)
		change(t, filepath.Join(dir, database), func(b []byte) []byte { clear(b[page : page+4096]); return b })
		s := openIn(t, dir)
		if starts == 2 {
			// Nobody reads this index before something is added to it.
			err := s.Commit(t.Context(), &store.Batch{Appends: []store.Append{{Event: store.Event{ID: "x"}, Plugins: []string{"archive"}}}})
			if err == nil || loss(t, s) != nil {
				t.Errorf("%s: %v, %+v", name, err, loss(t, s))
			}
			closed(t, s)
			s = openIn(t, dir)
		}
		if found := loss(t, s); found == nil || !strings.Contains(found.Detail, "cannot be read") {
			t.Errorf("%s: %+v", name, found)
		}
		accept(t, s, 0, 2)
		closed(t, s)
		if left := entries(t, dir); len(left) != 2 {
			t.Errorf("%s: left %q", name, left)
		}
	}
}

func TestALossIsReportedUntilItsFolderIsGone(t *testing.T) {
	t.Parallel()
	dir, _ := killed(t, 15)
	change(t, filepath.Join(dir, writeLog), func(b []byte) []byte { return flip(len(b) / 2)(b) })
	s := openIn(t, dir)
	first := loss(t, s)
	closed(t, s)
	if first == nil {
		t.Fatal("no loss")
	}
	s = openIn(t, dir)
	defer closed(t, s)
	if again := loss(t, s); again == nil || *again != *first {
		t.Errorf("after a restart: %+v, at first %+v", again, first)
	}
	if err := os.Rename(first.Aside, filepath.Join(dir, "seen")); err != nil {
		t.Fatal(err)
	}
	if got := loss(t, s); got != nil {
		t.Errorf("after the folder was renamed: %+v", got)
	}
}

func TestAStartThatFailsAfterALossWasFoundDoesNotReportItTwice(t *testing.T) {
	t.Parallel()
	dir, _ := killed(t, 15)
	change(t, filepath.Join(dir, writeLog), func(b []byte) []byte { return flip(len(b) / 2)(b) })
	again := filepath.Join(t.TempDir(), "inbox")
	copyStore(t, dir, again)
	s := openIn(t, dir)
	first := loss(t, s)
	closed(t, s)
	// The same files, with the folder there already.
	if err := os.Rename(first.Aside, filepath.Join(again, filepath.Base(first.Aside))); err != nil {
		t.Fatal(err)
	}
	s = openIn(t, again)
	defer closed(t, s)
	if got := loss(t, s); got.Commits != first.Commits || filepath.Base(got.Aside) != filepath.Base(first.Aside) {
		t.Errorf("got %+v, at first %+v", got, first)
	}
}

func TestWhatBreaksAgainAndAgainDoesNotFillTheDisk(t *testing.T) {
	t.Parallel()
	whole, _ := killed(t, 20)
	change(t, filepath.Join(whole, writeLog), func(b []byte) []byte { return flip(len(b) / 2)(b) })
	dir := t.TempDir()
	for i := range 10 {
		copyStore(t, whole, dir)
		change(t, filepath.Join(dir, writeLog), func(b []byte) []byte { return append(b, make([]byte, i)...) }) // another log
		closed(t, openIn(t, dir))
	}
	copies, err := filepath.Glob(filepath.Join(dir, "damaged-*", writeLog))
	if err != nil || len(copies) != 8 {
		t.Errorf("%d copies: %v", len(copies), err)
	}
	s := openIn(t, dir)
	defer closed(t, s)
	if got := loss(t, s); got == nil || !strings.Contains(got.Detail, "were not copied") {
		t.Errorf("got %+v", got)
	}
}

func TestALogWhoseEndACrashHasTornIsNoLoss(t *testing.T) {
	t.Parallel()
	whole, ids := killed(t, 30)
	log := read(t, filepath.Join(whole, writeLog))
	commits := examined(t, whole).Commits
	// The last transaction begins where the log still has all commits but one.
	last := len(log)
	for frame := 4096 + 24; examinedBytes(t, log[:last-frame]).Commits >= commits-1; {
		last -= frame
	}
	for range 8 {
		damages := map[string]func([]byte) []byte{
			"cut anywhere":             func(b []byte) []byte { return b[:rand.IntN(len(b))] },
			"a bit in the last commit": func(b []byte) []byte { return flip(last + rand.IntN(len(b)-last))(b) },
			"a blank in the last commit": func(b []byte) []byte {
				at := last + rand.IntN(len(b)-last)
				clear(b[at:min(len(b), at+512)])
				return b
			},
		}
		for name, damage := range damages {
			dir := filepath.Join(t.TempDir(), "inbox")
			copyStore(t, whole, dir)
			change(t, filepath.Join(dir, writeLog), damage)
			if got := examined(t, dir); got.Lost != 0 {
				t.Fatalf("%s: %+v", name, got)
			}
			if rand.IntN(4) > 0 {
				continue // opening takes longer
			}
			left, _ := alone(t, dir)
			s := openIn(t, dir)
			got, corrupt := kept(t, s)
			if l := loss(t, s); l != nil || corrupt > 0 || !slices.Equal(got, left) || !slices.Equal(got, ids[:len(got)]) {
				t.Errorf("%s: loss %+v, %d events, %d corrupt; SQLite alone has %d", name, l, len(got), corrupt, len(left))
			}
			closed(t, s)
		}
	}
}

func TestADatabaseThatCannotBeReadIsPutAsideAndServingBeginsAgain(t *testing.T) {
	t.Parallel()
	whole, ids := killed(t, 15)
	for name, c := range map[string]struct {
		file   string
		damage func([]byte) []byte
		clean  bool
		says   string
	}{
		"its header is damaged, and no log":     {file: database, damage: flip(5), clean: true, says: "cannot be read"},
		"it is empty, and its log is not":       {file: database, damage: func([]byte) []byte { return nil }, says: "is missing or empty"},
		"it was cut, and has no log":            {file: database, damage: func(b []byte) []byte { return b[:len(b)/2] }, clean: true, says: "cannot be read"},
		"its schema's page is noise, no log":    {file: database, damage: func(b []byte) []byte { clear(b[100:4000]); return b }, clean: true, says: "cannot be read"},
		"its log was written by nobody we know": {file: writeLog, damage: func(b []byte) []byte { clear(b[:16]); return b }, says: "the header of the write-ahead log"},
	} {
		dir := filepath.Join(t.TempDir(), "inbox")
		copyStore(t, whole, dir)
		if c.clean {
			closed(t, openIn(t, dir))
		}
		change(t, filepath.Join(dir, c.file), c.damage)
		damaged := read(t, filepath.Join(dir, c.file))
		s := openIn(t, dir)
		found := loss(t, s)
		if found == nil || !strings.Contains(found.Detail, c.says) || !c.clean && found.Commits != 0 && found.Commits < len(ids) {
			t.Errorf("%s: got %+v", name, found)
		} else if len(damaged) > 0 && !bytes.Equal(read(t, filepath.Join(found.Aside, c.file)), damaged) {
			t.Errorf("%s: what was put aside is not what was found", name)
		}
		again := accept(t, s, 1000, 1003)
		if got, _ := kept(t, s); !slices.Equal(got, again) {
			t.Errorf("%s: has %q", name, got)
		}
		if problems, err := s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("%s: check: %q, %v", name, problems, err)
		}
		info, err := os.Stat(filepath.Join(dir, database))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the new file: %v, %v", name, info, err)
		}
		closed(t, s)
	}
}

func TestADatabaseWhosePagesAreAllInTheLogHasLostNothing(t *testing.T) {
	t.Parallel()
	dir, ids := killed(t, 30)
	change(t, filepath.Join(dir, database), flip(5))
	s := openIn(t, dir)
	defer closed(t, s)
	if got, _ := kept(t, s); loss(t, s) != nil || !slices.Equal(got, ids) {
		t.Errorf("%d events, loss %+v", len(got), loss(t, s))
	}
}

func TestAKillLeavesNothingToReport(t *testing.T) {
	t.Parallel()
	dir, ids := killed(t, 20)
	// An index that a dead process has left says nothing that counts.
	if err := os.WriteFile(filepath.Join(dir, database+"-shm"), bytes.Repeat([]byte("noise"), 6554), 0o600); err != nil {
		t.Fatal(err)
	}
	s := openIn(t, dir)
	defer closed(t, s)
	if got, _ := kept(t, s); loss(t, s) != nil || !slices.Equal(got, ids) {
		t.Errorf("%d events, loss %+v", len(got), loss(t, s))
	}
	if problems, err := s.Check(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("check: %q, %v", problems, err)
	}
}
