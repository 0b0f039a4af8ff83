package sqlite_test

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// A power cut leaves what was synced, and of what was written since any part: blocks in
// any order, at any length of the file. The logs are real ones, as they were after each
// commit, with two that SQLite begins anew.
func TestNoOrderInWhichADiskMayWriteLooksLikeLoss(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	defer closed(t, s)
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it only moved the log into the file
	synced := read(t, filepath.Join(dir, writeLog))
	anew := 0
	for i := range 16 {
		if i == 7 || i == 11 {
			if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(FULL)"); err != nil {
				t.Fatal(err)
			}
		}
		accept(t, s, i, i+1)
		written := read(t, filepath.Join(dir, writeLog))
		if !bytes.Equal(synced[:32], written[:32]) {
			// A new header is synced before anything is written behind it.
			synced = append(bytes.Clone(written[:32]), synced[32:]...)
			anew++
		}
		before := examinedBytes(t, synced)
		for range 6 {
			left := cutPower(synced, written)
			got := examinedBytes(t, left)
			if got.Lost != 0 || got.BrokenHeader || got.Commits < before.Commits || got.Commits > before.Commits+1 {
				t.Fatalf("commit %d, %d commits synced before: %+v", i, before.Commits, got)
			}
		}
		synced = written
	}
	if anew != 2 {
		t.Errorf("the log was begun anew %d times", anew)
	}
	// The control: of several commits that were not synced, the same does look so.
	accept(t, s, 100, 105)
	written, found := read(t, filepath.Join(dir, writeLog)), 0
	for i := 0; i < 3000 && found == 0; i++ {
		found += examinedBytes(t, cutPower(synced, written)).Lost
	}
	if found == 0 {
		t.Error("the disk of this test breaks nothing")
	}
}

// cutPower mixes what is on the disk with what was on its way there.
func cutPower(synced, written []byte) []byte {
	left := make([]byte, max(len(synced), len(written)))
	copy(left, synced)
	block, seldom := 512<<rand.IntN(4), 2+rand.IntN(40)
	for at := 0; at < len(written); at += block {
		if rand.IntN(seldom) > 0 {
			copy(left[at:], written[at:min(len(written), at+block)])
		}
	}
	if len(written) > len(synced) {
		return left[:len(synced)+rand.IntN(len(written)-len(synced)+1)]
	}
	return left
}
