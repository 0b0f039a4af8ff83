package store_test

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/switchhook/switchhook/plugins/blacklist/store"
)

// noon is a moment of which every fraction digit shows.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 123456789, time.UTC)

// row is one line of the table, as a reader with another tool sees it.
type row struct{ App, From, To, State, Since, IP, Platform, ID string }

func open(tb testing.TB, path string) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

func file(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "blacklist.db")
}

// raw is another program's connection to the file.
func raw(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_busy_timeout=10000")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return db
}

func rows(tb testing.TB, path string) []row {
	tb.Helper()
	found, err := raw(tb, path).QueryContext(context.Background(),
		`SELECT app, from_account, to_account, state, since, client_ip, platform, callback_id FROM blacklist ORDER BY 1, 2, 3`)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	var all []row
	for found.Next() {
		var r row
		if err := found.Scan(&r.App, &r.From, &r.To, &r.State, &r.Since, &r.IP, &r.Platform, &r.ID); err != nil {
			tb.Fatal(err)
		}
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return all
}

func apply(tb testing.TB, s *store.Store, c store.Change) int64 {
	tb.Helper()
	changed, err := s.Apply(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	return changed
}

func block(id string, at time.Time, pairs ...store.Pair) store.Change {
	return store.Change{App: "1400000001", State: store.Blocked, Pairs: pairs, At: at, CallbackID: id}
}

func unblock(id string, at time.Time, pairs ...store.Pair) store.Change {
	c := block(id, at, pairs...)
	c.State = store.Unblocked
	return c
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options store.Options
		content string
		want    string // what the error says
	}{
		"names the missing path":            {want: "Options.Path is empty"},
		"names the negative wait":           {options: store.Options{Path: "x.db", BusyTimeout: -1}, want: "Options.BusyTimeout is -1ns"},
		"names the file that is none of it": {options: store.Options{Path: "x.db"}, content: strings.Repeat("not SQLite ", 100), want: "not a database"},
		"names the folder that is a file":   {options: store.Options{Path: "x.db/y.db"}, content: "a", want: "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if test.content != "" {
				if err := os.WriteFile(filepath.Join(dir, "x.db"), []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if test.options.Path != "" {
				test.options.Path = filepath.Join(dir, test.options.Path)
			}
			_, err := store.Open(context.Background(), test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

func TestOpenMakesAFileForThisUserAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a #folder?", "50%20 & more", "blacklist.db")
	s := open(t, path)
	apply(t, s, block("c1", noon, store.Pair{From: "alice", To: "bob"}))
	err := filepath.WalkDir(filepath.Dir(path), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s; it holds accounts and addresses", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestCloseLeavesOneCompleteFile(t *testing.T) {
	t.Parallel()
	path := file(t)
	s, err := store.Open(context.Background(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, s, block("c1", noon, store.Pair{From: "alice", To: "bob"}))
	bystander := raw(t, path) // keeps SQLite from tidying up by itself
	if err := bystander.PingContext(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		t.Errorf("the log still holds %d bytes", info.Size())
	}
	copied := file(t)
	content, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(copied, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if found := rows(t, copied); len(found) != 1 {
		t.Errorf("the file alone holds %d rows, want 1", len(found))
	}
}
