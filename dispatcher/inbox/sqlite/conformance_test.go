package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

func TestKeepsEveryPromiseOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, implementation())
}

func TestAgreesWithTheStoreInMemory(t *testing.T) {
	t.Parallel()
	storetest.Model(t, implementation())
}

func implementation() storetest.Implementation {
	return storetest.Implementation{
		Open: func(ctx context.Context, dir string, o storetest.Options) (store.Store, error) {
			s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir, MaxBytes: o.MaxBytes, DuplicateWindow: o.DuplicateWindow, Now: o.Now, Synchronous: sqlite.Off})
			if err != nil {
				return nil, err // not s: a nil *sqlite.Store is no nil store.Store
			}
			return s, nil
		},
		Crash:   func(dir, to string) error { return os.CopyFS(to, os.DirFS(dir)) },
		Restore: func(file, dir string) error { return os.Rename(file, filepath.Join(dir, "inbox.db")) },
		Damage:  damage,
	}
}

// damage changes a row and leaves its sum, as a bit that flips on the disk does.
func damage(dir string, seq uint64) (err error) {
	db, err := sql.Open("sqlite", filepath.Join(dir, "inbox.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	changed, err := db.Exec("UPDATE events SET body = x'7b' || substr(body, 2) || x'7d' WHERE seq = ?", seq)
	if err != nil {
		return err
	}
	if n, err := changed.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("damaged %d events: %w", n, err)
	}
	return nil
}
