package sqlite

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
	"modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"

	"github.com/switchhook/switchhook/dispatcher/inbox/store"
)

// code is SQLite's word for err, without the details; 0 where it is none of SQLite's.
func code(err error) int {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code() & 0xff
	}
	return 0
}

// harmless reports whether an error says nothing about the disk.
func harmless(err error) bool {
	switch code(err) {
	case 0, sqlitelib.SQLITE_CONSTRAINT, sqlitelib.SQLITE_BUSY:
		return true
	}
	return false
}

// unreadable reports whether an error says that a page of the file is not what it was.
func unreadable(err error) bool {
	switch code(err) {
	case sqlitelib.SQLITE_CORRUPT, sqlitelib.SQLITE_NOTADB:
		return true
	}
	return false
}

// fault adds to err what a caller has to know.
func fault(err error) error {
	full := code(err) == sqlitelib.SQLITE_FULL
	for _, errno := range []error{unix.ENOSPC, unix.EDQUOT, unix.EFBIG} {
		full = full || errors.Is(err, errno)
	}
	if full {
		return fmt.Errorf("%w: %w", err, store.ErrFull)
	}
	return err
}
