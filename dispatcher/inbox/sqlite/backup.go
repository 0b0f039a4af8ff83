package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"

	"github.com/switchhook/switchhook/dispatcher/durable"
	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// backupPages is how many pages are copied between two looks at the context.
const backupPages = 256

// Backup writes the store, as it is at this moment, to a new file, synced and checked.
// In the place of inbox.db, with no log of another database beside it, it opens as a
// store. Writers do not wait for it, but the log grows until it is done. Until then the
// file has another name beside its own, and after an error there is none. Progress is
// in pages.
func (s *Store) Backup(ctx context.Context, file string, progress store.Progress) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("back up the inbox to %s: %w", file, err)
		}
	}()
	if progress == nil {
		progress = func(_, _ int64) {}
	}
	if file, err = filepath.Abs(file); err != nil {
		return err //nolint:wrapcheck // it names the path
	}
	if err := absent(file); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".part-*")
	if err != nil {
		return fmt.Errorf("make file: %w", err)
	}
	defer func() {
		err = errors.Join(err, part.Close())
		if err != nil {
			_ = os.Remove(part.Name()) // it is not there any more where only the last step failed
		}
	}()
	pages, err := s.copyTo(ctx, part.Name(), progress)
	if err != nil {
		return err
	}
	if err := part.Sync(); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := verify(ctx, part.Name()); err != nil {
		return err
	}
	if err := publish(part.Name(), file); err != nil {
		return err
	}
	progress(pages, pages)
	return nil
}

func absent(file string) error {
	_, err := os.Lstat(file)
	if err == nil {
		return fmt.Errorf("%w: choose another name", os.ErrExist)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return err //nolint:wrapcheck // it names the path
	}
	return nil
}

// publish gives the finished file its name.
func publish(part, file string) error {
	if err := absent(file); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return err //nolint:wrapcheck // it names the paths
	}
	if err := durable.SyncDir(filepath.Dir(file)); err != nil {
		return errors.Join(fmt.Errorf("sync folder: %w", err), os.Remove(file))
	}
	return nil
}

// copyTo copies the pages. The connection is in a transaction all the while, so that
// what others write does not make it begin again.
func (s *Store) copyTo(ctx context.Context, to string, progress store.Progress) (pages int64, err error) {
	db, err := openReaders(s.path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, fmt.Errorf("open inbox: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	var tables int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	err = conn.Raw(func(driver any) error {
		source, ok := driver.(interface {
			NewBackup(to string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the driver %T makes no backups", driver)
		}
		pages, err = steps(ctx, source.NewBackup, to, progress)
		return err
	})
	return pages, err
}

func steps(ctx context.Context, begin func(string) (*sqlite.Backup, error), to string, progress store.Progress) (pages int64, err error) {
	// What is half written is removed, so that it needs neither a journal nor syncs.
	b, err := begin(source(to, url.Values{"_journal_mode": {"OFF"}, "_synchronous": {"OFF"}}))
	if err != nil {
		return 0, fmt.Errorf("begin: %w", err)
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return 0, err //nolint:wrapcheck // the context's own word
		}
		if more, err = b.Step(backupPages); err != nil {
			return 0, fmt.Errorf("copy: %w", err)
		}
		pages = int64(b.PageCount())
		progress(min(pages-int64(b.Remaining()), pages-1), pages) // the last one is done when all is checked
	}
	return pages, nil
}

// verify reads a backup as one that will not change, which leaves no log beside it.
func verify(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", source(file, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return fmt.Errorf("open what was written: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id int
	var result string
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("open what was written: %w", err)
	}
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&result); err != nil {
		return fmt.Errorf("check what was written: %w", err)
	}
	if result != "ok" || id != applicationID {
		return fmt.Errorf("what was written is not sound (%s): run switchhook inbox check", result)
	}
	return nil
}
