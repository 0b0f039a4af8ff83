package sqlite_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite/walfile"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// The files of a store, as an operator sees them.
const (
	database = "inbox.db"
	writeLog = "inbox.db-wal"
)

func openIn(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Synchronous: sqlite.Off})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// accept commits events one by one, and returns their ids in order.
func accept(t *testing.T, s *sqlite.Store, from, to int) []string {
	t.Helper()
	var ids []string
	for i := from; i < to; i++ {
		id := fmt.Sprintf("id-%05d", i)
		b := &store.Batch{Appends: []store.Append{{
			Event: store.Event{
				ID: id, Command: "Group.CallbackAfterSendMsg", AppID: "1400000000",
				ReceivedAt: time.UnixMicro(1_700_000_000_000_000 + int64(i)), Body: body(i),
			},
			Plugins: []string{"archive"},
		}}}
		if err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func body(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "message %d, ", i), 10+37*i%120) }

// killed returns a folder with the files of a store that a kill has ended after n
// commits: what they hold while it is open.
func killed(t *testing.T, n int) (dir string, ids []string) {
	t.Helper()
	from := t.TempDir()
	s := openIn(t, from)
	defer closed(t, s)
	ids = accept(t, s, 0, n)
	dir = filepath.Join(t.TempDir(), "inbox")
	copyStore(t, from, dir)
	return dir, ids
}

func copyStore(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{database, writeLog} {
		if _, err := os.Stat(filepath.Join(from, name)); err != nil {
			continue // a store that was closed has no log
		}
		if err := os.WriteFile(filepath.Join(to, name), read(t, filepath.Join(from, name)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// change has a file's bytes edited.
func change(t *testing.T, path string, edit func([]byte) []byte) {
	t.Helper()
	if err := os.WriteFile(path, edit(read(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[at] ^= 4; return b }
}

func examined(t *testing.T, dir string) walfile.Report {
	t.Helper()
	b := read(t, filepath.Join(dir, writeLog))
	report, err := walfile.Examine(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// alone returns the ids that SQLite finds without us.
func alone(t *testing.T, dir string) (ids []string, integrity string) {
	t.Helper()
	work := filepath.Join(t.TempDir(), "alone")
	copyStore(t, dir, work)
	db, err := sql.Open("sqlite", filepath.Join(work, database))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // it was only read
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&integrity); err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM events ORDER BY seq")
	if err != nil {
		return nil, integrity
	}
	defer rows.Close() //nolint:errcheck // Err says it
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids, integrity
}

// kept returns the ids of the copies that a store has and can read.
func kept(t *testing.T, s *sqlite.Store) (ids []string, corrupt int) {
	t.Helper()
	q := store.ScanQuery{Limit: 1000, Bodies: true}
	for {
		page, err := s.Scan(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Copies {
			if c.Corrupt {
				corrupt++
				continue
			}
			ids = append(ids, c.Event.ID)
		}
		if page.Next == nil {
			slices.Sort(ids)
			return ids, corrupt
		}
		q.After = page.Next
	}
}

func loss(t *testing.T, s *sqlite.Store) *store.Loss {
	t.Helper()
	stats, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return stats.Loss
}

func examinedBytes(t *testing.T, b []byte) walfile.Report {
	t.Helper()
	report, err := walfile.Examine(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return report
}
