package store

import (
	"context"
	"fmt"
	"io/fs"
)

// Statements returns what this build says to the database, by name.
func Statements() map[string]string {
	return map[string]string{"apply": applySQL, "count_empty": countEmptySQL}
}

// Migrations returns the schema's history.
func Migrations() fs.FS { return migrations }

// LimitPages lets the file grow to n pages and no further, as a full disk would.
func (s *Store) LimitPages(ctx context.Context, n int) error {
	_, err := s.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n))
	return err
}

// Fault is what becomes of an error of the database.
func Fault(ctx context.Context, err error) error { return fault(ctx, err) }
