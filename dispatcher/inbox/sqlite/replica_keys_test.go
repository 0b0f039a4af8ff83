package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

func once(n int) *store.Batch {
	b := appends(n, n, "a")
	b.Appends[0].Once, b.Appends[0].Event.Key = true, "key"
	return b
}

// The store's own clock and window say nothing: gateways would not agree.
func TestDuplicatesAreToldByTheEntrysClockAndWindow(t *testing.T) {
	t.Parallel()
	s := follower(t, sqlite.Options{DuplicateWindow: time.Nanosecond, Now: func() time.Time { return noon().Add(1000 * time.Hour) }})
	log := []sqlite.Entry{
		{Now: noon(), Window: time.Hour, Batch: once(1)},
		{Now: noon().Add(59 * time.Minute), Window: time.Hour, Batch: once(2)},
		{Now: noon().Add(59 * time.Minute), Window: 0, Batch: once(3)},
		{Now: noon().Add(59 * time.Minute), Window: 30 * time.Minute, Batch: once(4)},
		{Now: noon().Add(61 * time.Minute), Window: time.Hour, Batch: once(5)},
		{Now: noon().Add(-time.Hour), Window: time.Hour, Batch: once(6)}, // seen too far in the future
	}
	for i := range log {
		log[i].Mark = uint64(i + 1)
	}
	apply(t, s, log...)
	want := []bool{false, true, false, false, true, false}
	for i, e := range log {
		if got := e.Batch.Appends[0].Duplicate; got != want[i] {
			t.Errorf("entry %d: duplicate is %t, want %t", i+1, got, want[i])
		}
	}
}

// The keys go with the entries, since a plain store's janitor is not there.
func TestKeysAreForgottenOnceTheirWindowIsLongOver(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "inbox")
	s := follower(t, sqlite.Options{Dir: dir})
	for n := range 50 {
		b := once(n)
		b.Appends[0].Event.Key = strconv.Itoa(n)
		apply(t, s, sqlite.Entry{Mark: uint64(n + 1), Now: noon().Add(time.Duration(n) * time.Minute), Window: 5 * time.Minute, Batch: b})
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	var keys int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM seen").Scan(&keys); err != nil || keys != 10 {
		t.Errorf("%d keys are kept, %v, want those of the last 10 minutes", keys, err)
	}
}
