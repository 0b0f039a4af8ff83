package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func TestANewerFormatIsRefusedByName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := open(t, sqlite.Options{Dir: dir, Version: "v9.8.7"}).Close(); err != nil {
		t.Fatal(err)
	}
	if err := query(dir, "PRAGMA user_version = 99"); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Version: "v1.2.3"})
	if err == nil {
		t.Fatal("opened")
	}
	for _, want := range []string{filepath.Join(dir, "inbox.db"), "v9.8.7", "format 99", "v1.2.3", "run the newer one"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

func TestAnotherProgramsDatabaseIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := query(dir, "CREATE TABLE music (title TEXT)"); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("error %v", err)
	}
}

func TestWhatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	occupied := filepath.Join(dir, "file")
	if err := os.WriteFile(occupied, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{occupied, filepath.Join(occupied, "inbox")} {
		if _, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), occupied) {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if unix.Geteuid() == 0 {
		return // no mode keeps root from writing
	}
	shut := filepath.Join(dir, "shut")
	if err := os.Mkdir(shut, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Open(t.Context(), sqlite.Options{Dir: shut}); !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), shut) {
		t.Errorf("error %v", err)
	}
}

func TestAFullStoreTakesResultsAndRecovers(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{MaxBytes: 1 << 20})
	large := func(from int) *store.Batch {
		b := appends(from, from+9, "a")
		for i := range b.Appends {
			b.Appends[i].Event.Body = make([]byte, 1000)
		}
		return b
	}
	n, err := 1, error(nil)
	for ; err == nil; n += 10 {
		if n > 3000 {
			t.Fatal("never full")
		}
		err = s.Commit(t.Context(), large(n))
	}
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "max_bytes") {
		t.Fatalf("error %v", err)
	}
	seqs := make([]uint64, 0, n)
	for last, seq := stats(t, s).LastSeq, uint64(1); seq <= last; seq++ {
		seqs = append(seqs, seq)
	}
	commit(t, s, doneByA(seqs...))
	full := stats(t, s)
	trimmed, err := s.Trim(t.Context(), store.Retention{MaxBytes: 1 << 19})
	if err != nil || trimmed.Events == 0 || trimmed.Events == len(seqs) {
		t.Fatalf("trimmed %+v of %d, %v", trimmed, len(seqs), err)
	}
	if left := stats(t, s); left.SizeBytes >= 1<<19 || left.SizeBytes >= full.SizeBytes || left.Events != int64(len(seqs)-trimmed.Events) {
		t.Errorf("left %+v", left)
	}
	commit(t, s, large(n))
}

func TestAStoreBeyondItsLimitTakesNoRequeue(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, sqlite.Options{Dir: dir})
	commit(t, s, appends(1, 10, "a"))
	_ = s.Close()
	s = open(t, sqlite.Options{Dir: dir, MaxBytes: 1 << 10})
	err := s.Commit(t.Context(), &store.Batch{Requeues: []store.Requeue{{Plugin: "b", Seq: 1}}})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("a requeue: %v", err)
	}
	commit(t, s, doneByA(1))
}

func TestATrimGoesOnWhereCopiesAreStuckAndComesBackToThem(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{})
	commit(t, s, appends(1, 620, "a"))
	b := doneByA()
	for seq := uint64(521); seq <= 620; seq++ {
		b.Results = append(b.Results, doneByA(seq).Results...)
	}
	commit(t, s, b)
	keep := store.Retention{Before: noon().Add(24 * time.Hour), Limit: 20}
	for want := range 5 {
		trimmed, err := s.Trim(t.Context(), keep)
		if err != nil || trimmed.Events != 20 || trimmed.More == (want == 4) {
			t.Fatalf("call %d trimmed %+v, %v", want, trimmed, err)
		}
	}
	commit(t, s, doneByA(7))
	if trimmed, err := s.Trim(t.Context(), keep); err != nil || trimmed.Events != 1 || trimmed.More {
		t.Errorf("trimmed %+v, %v", trimmed, err)
	}
	if left := scan(t, s, store.ScanQuery{}); len(left) != 519 || left[6].Event.Seq != 8 {
		t.Errorf("%d left", len(left))
	}
}
