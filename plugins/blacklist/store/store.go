package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in pure Go
)

// DefaultBusyTimeout is how long a write waits for another process's, where
// Options name no other time.
const DefaultBusyTimeout = 5 * time.Second

// Options say where the blacklist lies and how patient its writers are.
type Options struct {
	// Path is the database file; it and its folder are made when missing,
	// readable by this user alone. It must not be empty.
	Path string
	// BusyTimeout is how long a write waits for another process's lock before
	// it gives up with a fault that may be tried again. A context that ends
	// sooner ends the wait. Zero means DefaultBusyTimeout.
	BusyTimeout time.Duration
	// Logger hears of a changed schema. Nil discards.
	Logger *slog.Logger
}

// Store is an open blacklist. Its methods are safe for concurrent use, also
// against other processes on the same file.
type Store struct {
	path string
	file fs.FileInfo // what Path named when it was opened

	writer *sql.DB // one connection: this process's writes queue here, not in SQLite
	reader *sql.DB // never waits for a writer

	apply      *sql.Stmt
	countEmpty *sql.Stmt
}

// Open opens the blacklist at o.Path, makes it when missing, and brings an older
// schema up to date. A schema newer than this build is used as it is. The
// context bounds the opening alone.
func Open(ctx context.Context, o Options) (*Store, error) {
	path, err := prepare(&o)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open blacklist %s: %w", path, fault(ctx, err)), s.close())
	}
	return s, nil
}

// Close moves what is in the write-ahead log into the file and closes it. No
// other method may be called afterwards or be under way. While another process
// reads, the log is left for it to move, which is no error.
func (s *Store) Close(ctx context.Context) error {
	err := s.reader.Close() // first: an open reader would hold the checkpoint up
	if err == nil {
		_, err = s.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err := errors.Join(err, s.close()); err != nil {
		return fmt.Errorf("close blacklist %s: %w", s.path, err)
	}
	return nil
}

// prepare completes o and sees to it that its file exists.
func prepare(o *Options) (path string, err error) {
	switch {
	case o.Path == "":
		return "", errors.New("open blacklist: Options.Path is empty")
	case o.BusyTimeout < 0:
		return "", fmt.Errorf("open blacklist: Options.BusyTimeout is %s, less than nothing", o.BusyTimeout)
	case o.BusyTimeout == 0:
		o.BusyTimeout = DefaultBusyTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if path, err = filepath.Abs(o.Path); err != nil {
		return "", fmt.Errorf("open blacklist %s: %w", o.Path, err)
	}
	if err := create(path); err != nil {
		return "", fmt.Errorf("make blacklist %s: %w", path, err)
	}
	return path, nil
}

// create makes an empty file that only this user may read; SQLite gives its
// side files the same mode. A file that exists is not touched, not even opened:
// closing it would drop the locks that this process may hold on it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err //nolint:wrapcheck // the caller names the file
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) //nolint:gosec // the operator's own setting
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err //nolint:wrapcheck // the caller names the file
	}
	return f.Close() //nolint:wrapcheck // the caller names the file
}

func (s *Store) open(ctx context.Context, o Options) (err error) {
	busy := strconv.FormatInt(max(1, o.BusyTimeout.Milliseconds()), 10)
	s.writer, err = sql.Open("sqlite", source(s.path, url.Values{
		"_busy_timeout": {busy},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // an answered callback survives a power cut
		"_txlock":       {"immediate"},
	}))
	if err != nil {
		return fmt.Errorf("make writer: %w", err)
	}
	s.writer.SetMaxOpenConns(1)
	s.reader, err = sql.Open("sqlite", source(s.path, url.Values{"_busy_timeout": {busy}, "mode": {"ro"}}))
	if err != nil {
		return fmt.Errorf("make reader: %w", err)
	}
	if err := s.durable(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, o.Logger); err != nil {
		return err
	}
	if s.apply, err = s.writer.PrepareContext(ctx, applySQL); err != nil {
		return fmt.Errorf("prepare apply: %w", err)
	}
	if s.countEmpty, err = s.writer.PrepareContext(ctx, countEmptySQL); err != nil {
		return fmt.Errorf("prepare count: %w", err)
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return fmt.Errorf("look at file: %w", err)
	}
	return s.Check(ctx)
}

// durable refuses a file system on which SQLite silently falls back to a journal
// that two processes could not share as they do here.
func (s *Store) durable(ctx context.Context) error {
	var mode string
	if err := s.writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("read journal mode: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %s, not wal: the file must lie on a local disk", mode)
	}
	return nil
}

func (s *Store) close() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// source names the file to the driver; a path may hold any character.
func source(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return u.String()
}
