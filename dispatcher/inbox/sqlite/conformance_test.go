package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchhook/switchhook/dispatcher/inbox/sqlite"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
	"github.com/switchhook/switchhook/dispatcher/inbox/storetest"
)

func TestItKeepsEveryPromiseOfAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, implementation())
}

func TestItAnswersAsAStoreInMemoryDoes(t *testing.T) {
	t.Parallel()
	storetest.Model(t, implementation())
}

func implementation() storetest.Implementation {
	return storetest.Implementation{
		Open: func(ctx context.Context, dir string, o storetest.Options) (store.Store, error) {
			return sqlite.Open(ctx, sqlite.Options{
				Dir: dir, MaxBytes: o.MaxBytes, DuplicateWindow: o.DuplicateWindow, Now: o.Now, Synchronous: sqlite.Off, // no test here cuts the power
			})
		},
		Crash: func(dir, to string) error {
			return errors.Join(
				copyFile(filepath.Join(dir, "inbox.db"), filepath.Join(to, "inbox.db")),
				copyFile(filepath.Join(dir, "inbox.db-wal"), filepath.Join(to, "inbox.db-wal")))
		},
		Restore: func(file, dir string) error { return copyFile(file, filepath.Join(dir, "inbox.db")) },
		Damage: func(dir string, seq uint64) error {
			return query(dir, fmt.Sprintf("UPDATE events SET body = CAST('?' || substr(body, 2) AS BLOB) WHERE seq = %d", seq))
		},
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
