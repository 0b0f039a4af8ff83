package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Check reads the table and makes sure that the file is still the one that was
// opened: SQLite would go on writing to a file that was deleted or replaced, and
// what it writes there is lost. It waits for no writer.
func (s *Store) Check(ctx context.Context) error {
	now, err := os.Stat(s.path)
	if err != nil {
		return fmt.Errorf("check blacklist: %w", err)
	}
	if !os.SameFile(s.file, now) {
		return fmt.Errorf("check blacklist: %s was replaced while it was open", s.path)
	}
	var state string
	err = s.reader.QueryRowContext(ctx, "SELECT state FROM blacklist LIMIT 1").Scan(&state)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("check blacklist: %w", fault(ctx, err))
	}
	return nil
}

// Size returns how many bytes the file takes, with the log of what is not yet in it. What
// cannot be looked at takes none; Check says what is wrong with it.
func (s *Store) Size() int64 {
	var size int64
	for _, path := range []string{s.path, s.path + "-wal"} {
		if info, err := os.Stat(path); err == nil {
			size += info.Size()
		}
	}
	return size
}
