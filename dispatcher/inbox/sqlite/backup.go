package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// Backup writes a consistent copy of the store to a new file while it is in use.
func (s *Store) Backup(ctx context.Context, file string, progress store.Progress) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator says where
	if err != nil {
		return fmt.Errorf("back up the inbox: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was synced, or an error is on its way
	if _, err := s.readers.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return errors.Join(fmt.Errorf("back up the inbox to %s: %w", file, err), os.Remove(file))
	}
	if err := errors.Join(f.Sync(), syncDir(filepath.Dir(file))); err != nil {
		return fmt.Errorf("back up the inbox to %s: %w", file, err)
	}
	if progress != nil {
		progress(1, 1)
	}
	return nil
}
